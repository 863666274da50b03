//! A real engine that parses a command line and stops.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use testkit::exec::{self, CommandSpec, Env, ExecError, Exit};

/// A binary, and a folder of files that its flags may name.
pub(crate) struct Binary {
    program: PathBuf,
    folder: tempfile::TempDir,
    /// The flag behind which it stops with status 0.
    end: &'static str,
}

impl Binary {
    /// The oldest releases have no `--version`; they print their help as soon as they read `--help`.
    pub(crate) fn new(program: &str, env: &Env) -> Result<Self, Box<dyn std::error::Error>> {
        let program = std::fs::canonicalize(program)?;
        let folder = env.get("TMPDIR").map_or_else(tempfile::tempdir, tempfile::tempdir_in)?;
        let mut engine = Self { program, folder, end: "--version" };
        if engine.parses(&[], &BTreeMap::new())?.is_err() {
            engine.end = "--help";
        }
        Ok(engine)
    }

    /// A file that exists.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("file.json")
    }

    /// A folder that exists.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn help(&self) -> Result<String, ExecError> {
        let spec = self.command().arg("--help");
        Ok(exec::run(&spec)?.stdout_text().into_owned())
    }

    pub(crate) fn version(&self) -> Result<String, ExecError> {
        let output = exec::run(&self.command().arg("--version"))?;
        let said = output.stdout_text().into_owned() + &output.stderr_tail(9);
        let line = said.lines().find(|l| l.starts_with("version:")).unwrap_or("no version");
        Ok(line.to_owned())
    }

    /// What the engine says against these words, if it does.
    pub(crate) fn parses(
        &self,
        words: &[String],
        secrets: &BTreeMap<String, SecretString>,
    ) -> Result<Result<(), String>, ExecError> {
        // Some flags write to the file they name.
        let made = write(&self.file(), "{}").err();
        if let Some(problem) = made {
            return Ok(Err(problem.to_string()));
        }
        stops(self.command().args(words).arg(self.end), secrets)
    }

    /// The same where the list ends too early: another word would be taken for the missing value.
    pub(crate) fn parses_open(&self, words: &[String]) -> Result<Result<(), String>, ExecError> {
        stops(self.command().args(words), &BTreeMap::new())
    }

    fn command(&self) -> CommandSpec {
        let home = self.folder.path();
        CommandSpec::new(&self.program, Duration::from_secs(5)).env("HOME", home).cwd(home)
    }
}

/// An engine that goes on has parsed its words.
fn stops(mut spec: CommandSpec, secrets: &BTreeMap<String, SecretString>) -> Result<Result<(), String>, ExecError> {
    for (name, value) in secrets {
        spec = spec.env(name.as_str(), value.expose_secret());
    }
    match exec::run(&spec) {
        Ok(output) if output.exit == Exit::Code(0) => Ok(Ok(())),
        Ok(output) => Ok(Err(output.stderr_tail(12))),
        Err(ExecError::TimedOut { .. }) => Ok(Ok(())),
        Err(error) => Err(error),
    }
}

#[expect(clippy::disallowed_methods, reason = "a file in a folder of this run")]
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::write(path, text)
}
