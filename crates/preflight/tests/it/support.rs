//! Programs that say what a test wants and log every call, on a search path of their own.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use exec::{CommandSpec, Env, run};
use tempfile::TempDir;

/// A folder of programs.
pub(crate) struct Host {
    dir: TempDir,
}

impl Host {
    /// A host without programs.
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("bin")).unwrap();
        Self { dir }
    }

    /// A host with everything a build needs.
    pub(crate) fn complete() -> Self {
        Self::new()
            .says("git", "git version 2.39.5")
            .says("cmake", "cmake version 3.25.1")
            .says("ninja", "1.11.1")
            .says("cc", "cc (Debian 12.2.0-14+deb12u1) 12.2.0")
            .says("c++", "c++ (Debian 12.2.0-14+deb12u1) 12.2.0")
    }

    /// The same host with a program that prints this line.
    pub(crate) fn says(self, name: &str, line: &str) -> Self {
        self.program(name, &format!("echo '{line}'"));
        self
    }

    /// The same host without this program.
    pub(crate) fn without(self, name: &str) -> Self {
        fs::remove_file(self.at(&format!("bin/{name}"))).unwrap();
        self
    }

    /// Writes a script. A child process does it: a file that this process has open for writing while another thread
    /// starts a program could not be executed ("text file busy").
    pub(crate) fn program(&self, name: &str, script: &str) {
        let log = self.at("log");
        let text = format!("#!/bin/sh\necho \"${{0##*/}} $*\" >>'{}'\n{script}\n", log.display());
        self.write(name, &text);
    }

    /// Writes an executable file of any content.
    pub(crate) fn write(&self, name: &str, content: &str) {
        let spec = CommandSpec::new("/bin/sh", Duration::from_secs(10))
            .args(["-c", "printf %s \"$2\" >\"$1\" && chmod 755 \"$1\"", "sh"])
            .arg(self.at("bin").join(name))
            .arg(content)
            .env("PATH", "/usr/bin:/bin");
        run(&spec).unwrap().require_success(&spec).unwrap();
    }

    /// The calls since the last time this was asked.
    pub(crate) fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.at("log")).unwrap_or_default().lines().map(str::to_owned).collect();
        let _ = fs::remove_file(self.at("log"));
        calls
    }

    /// The environment in which only this host's programs are found.
    pub(crate) fn env(&self) -> Env {
        Env::from_pairs([("PATH", self.at("bin"))])
    }

    /// A path on this host.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }
}
