//! One pool file in a folder of its own, and the program as a person calls it.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use exec::{CommandSpec, Env, Exit, run};
use serde_json::Value;
use tempfile::TempDir;

/// What the program said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    /// Standard output as the one JSON document it has to be.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Standard error as the JSON lines it has to be.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Value> {
        let lines = self.stderr.lines();
        lines.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
    }

    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }
}

/// A folder with a pool file; whatever engine it has is stopped in the end.
pub(crate) struct Place {
    dir: TempDir,
    env: Env,
}

impl Place {
    /// A pool that can run: the small project, its model, two free ports.
    pub(crate) fn new() -> Self {
        let place = Self::bare();
        let repo = testkit::tiny_llama_repo(place.path());
        let model = testkit::tiny_model(place.path());
        place.write(&pool(&repo.path, &model, &ports()));
        place
    }

    /// An empty folder.
    pub(crate) fn bare() -> Self {
        let env = Env::current().without("RUST_LOG").without("ENGINE_PROVISIONER_CACHE_DIR");
        Self { dir: tempfile::tempdir().unwrap(), env: env.without("ENGINE_PROVISIONER_RUN_DIR") }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn pool_file(&self) -> PathBuf {
        self.path().join("pools.toml")
    }

    #[expect(clippy::disallowed_methods, reason = "no other process reads it while it is written")]
    pub(crate) fn write(&self, text: &str) {
        fs::write(self.pool_file(), text).unwrap();
    }

    /// Replaces a piece of the pool file, which has to be there.
    #[track_caller]
    pub(crate) fn edit(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.pool_file()).unwrap();
        assert!(text.contains(from), "no `{from}` in {text}");
        self.write(&text.replace(from, to));
    }

    #[must_use]
    pub(crate) fn env(mut self, name: &str, value: impl Into<std::ffi::OsString>) -> Self {
        self.env = std::mem::take(&mut self.env).with(name, value);
        self
    }

    /// Calls the program with the pool file.
    pub(crate) fn call(&self, words: &[&str]) -> Said {
        let file = self.pool_file();
        self.call_bare(&[words, &["--config", &file.to_string_lossy()]].concat())
    }

    /// Calls the program with the pool file and further variables.
    pub(crate) fn call_with(&self, words: &[&str], env: &[(&str, &str)]) -> Said {
        let mut spec = CommandSpec::new(env!("CARGO_BIN_EXE_engine-provisioner"), Duration::from_mins(2));
        for (name, value) in env {
            spec = spec.env(name, value);
        }
        let file = self.pool_file();
        self.run(spec, &[words, &["--config", &file.to_string_lossy()]].concat(), &[])
    }

    /// Calls the program with these words alone, from another folder.
    pub(crate) fn call_bare(&self, words: &[&str]) -> Said {
        self.call_bare_last(words, &[])
    }

    /// The same with words after `--`.
    pub(crate) fn call_bare_last(&self, words: &[&str], last: &[&str]) -> Said {
        let spec = CommandSpec::new(env!("CARGO_BIN_EXE_engine-provisioner"), Duration::from_mins(2));
        self.run(spec, words, last)
    }

    /// Calls the program through another one, whose arguments end where the program's begin.
    pub(crate) fn run(&self, mut spec: CommandSpec, words: &[&str], last: &[&str]) -> Said {
        for (name, value) in self.env.iter() {
            spec = spec.env(name, value);
        }
        spec = spec.arg("--cache-dir").arg(self.path().join("cache")).arg("--run-dir").arg(self.run_dir());
        spec = spec.args(words.iter().copied());
        if !last.is_empty() {
            spec = spec.arg("--").args(last.iter().copied());
        }
        let output = run(&spec).unwrap();
        let Exit::Code(code) = output.exit else { panic!("{output:?}") };
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        Said { code, stdout: output.stdout_text().into_owned(), stderr }
    }

    /// The program as a process of its own, in a group of its own, for a test that signals it.
    pub(crate) fn process(&self, words: &[&str]) -> std::process::Child {
        let mut command = self.command(&[], words);
        command.arg("--config").arg(self.pool_file());
        command.stdout(Stdio::piped()).spawn().unwrap()
    }

    /// The program with these words and no streams, run by another one if `through` names that and its arguments.
    #[expect(clippy::disallowed_methods, reason = "`exec` ends what it runs; here the test does")]
    pub(crate) fn command(&self, through: &[&str], words: &[&str]) -> std::process::Command {
        let all: Vec<&str> = through.iter().copied().chain([env!("CARGO_BIN_EXE_engine-provisioner")]).collect();
        let mut command = std::process::Command::new(all[0]);
        command.env_clear().envs(self.env.iter()).process_group(0).args(&all[1..]);
        command.arg("--cache-dir").arg(self.path().join("cache")).arg("--run-dir").arg(self.run_dir()).args(words);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    pub(crate) fn run_dir(&self) -> PathBuf {
        self.path().join("run")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let pools = fs::read_dir(self.run_dir()).into_iter().flatten().flatten();
        for pool in pools.filter(|pool| pool.path().join("record.json").exists()) {
            self.call_bare(&["stop", "--pool", &pool.file_name().to_string_lossy()]);
        }
    }
}

/// The pool file's text of a pool of another name.
pub(crate) fn named(text: &str, id: &str) -> String {
    text.replace("id = \"tiny\"", &format!("id = \"{id}\""))
}

/// So many ports on which nothing listens.
pub(crate) fn free_ports(count: usize) -> Vec<u16> {
    let free: Vec<_> = (0..count).map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    free.iter().map(|listener| listener.local_addr().unwrap().port()).collect()
}

/// Two ports that nobody listens on.
pub(crate) fn ports() -> [u16; 2] {
    let free = [0, 0].map(|_| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    free.map(|listener| listener.local_addr().unwrap().port())
}

pub(crate) fn pool(repo: &Path, model: &Path, ports: &[u16]) -> String {
    let (repo, model) = (repo.display(), model.display());
    format!(
        r#"
[[pools]]
id = "tiny"
engine = "llamacpp"
model = "tiny"

[pools.provisioning]
mode = "source"
accelerator = "cpu"
ports = {ports:?}
flags = []

[pools.provisioning.source]
repo = "{repo}"
ref = "main"

[pools.provisioning.model]
ref = "{model}"
"#
    )
}

/// A pool file with an archive in place of its source.
pub(crate) fn of_archive(text: &str, url: &str, checksum: Option<&str>) -> String {
    let at = text.find("[pools.provisioning.source]").unwrap();
    let model = text.find("[pools.provisioning.model]").unwrap();
    let sum = checksum.map(|sum| format!("checksum = \"{sum}\"\n")).unwrap_or_default();
    let mode = "\"binary\"\nallow_binary_downloads = true";
    let head = text[..at].replace("\"source\"", mode);
    format!("{head}[pools.provisioning.binary]\nurl = \"{url}\"\n{sum}\n{}", &text[model..])
}

/// An archive as a pool file names its digest.
pub(crate) fn sum(archive: &Path) -> String {
    format!("sha256:{}", testkit::shell("sha256sum <\"$1\" | cut -d' ' -f1", &[archive]).trim())
}

/// The server of the small project, with what it needs, in an archive: `bin/llama-server`.
pub(crate) fn server_archive(place: &Place, name: &str) -> PathBuf {
    let built = place.call(&["prepare", "--json"]).done().json();
    let program = PathBuf::from(built["binary_path"].as_str().unwrap());
    let archive = place.path().join(name);
    let entry = program.parent().unwrap().parent().unwrap();
    testkit::shell("tar -caf \"$1\" -C \"$2\" bin", &[&archive, entry]);
    archive
}
