//! The proof bundle of one preparation: logs and command lines, redacted, in a folder of its own (EP-71).

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use exec::Redactor;
use secrecy::ExposeSecret;
use serde::Serialize;
use spawner::PoolDir;

use crate::Result;
use crate::engine::command_line::CommandLine;

/// How many bundles of a pool are kept.
const KEEP: usize = 8;

/// One bundle.
#[derive(Clone, Debug)]
pub(crate) struct ProofBundle {
    dir: PathBuf,
}

/// What was, or would be, started.
#[derive(Serialize)]
struct Spawn<'a> {
    program: String,
    args: Vec<String>,
    env: Vec<String>,
    secret_env: Vec<&'a str>,
}

impl ProofBundle {
    /// A new bundle; the oldest ones beyond [`KEEP`] are removed, but never that of `running`, the summary's engine.
    pub(crate) fn create(pool: &PoolDir, running: Option<&Path>) -> Result<Self> {
        let root = pool.proof_dir();
        durable::private_dir(&root)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let dir = root.join(format!("{:012}-{:06}", now.as_secs(), now.subsec_micros()));
        durable::private_dir(&dir)?;
        prune(&root, &[Some(dir.as_path()), running]);
        Ok(Self { dir })
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Keeps the logs and records of the engine that is used, whenever it was made.
    pub(crate) fn keep(&self, logs: &[PathBuf]) {
        for log in logs {
            self.copy(log);
        }
    }

    /// Keeps the final command line and environment.
    pub(crate) fn keep_spawn(&self, program: &Path, line: &CommandLine) -> Result<()> {
        let mut redactor = Redactor::new();
        line.secret_env.values().for_each(|value| redactor.add(value.expose_secret()));
        let text = |value: &str| redactor.text(value).into_owned();
        let spawn = Spawn {
            program: text(&program.to_string_lossy()),
            args: line.args.iter().map(|arg| text(arg)).collect(),
            env: line
                .env
                .iter()
                .map(|(name, value)| text(&format!("{}={}", name.to_string_lossy(), value.to_string_lossy())))
                .collect(),
            secret_env: line.secret_env.keys().map(String::as_str).collect(),
        };
        // It is the last thing before the start of an engine, which is not kept waiting for the disk.
        Ok(durable::replace_until_reboot(
            &self.dir.join("spawn.json"),
            &serde_json::to_vec_pretty(&spawn).unwrap_or_default(),
        )?)
    }

    /// A log that cannot be copied is reported, and no reason not to start an engine that is proven.
    fn copy(&self, from: &Path) {
        let to = self.dir.join(from.file_name().unwrap_or_default());
        if let Err(error) = fs::copy(from, &to) {
            tracing::warn!(from = %from.display(), %error, "could not keep a log in the proof bundle");
        }
    }
}

/// Removes the oldest bundles; `kept` are not counted.
fn prune(root: &Path, kept: &[Option<&Path>]) {
    let all = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    let all: Vec<PathBuf> = all.collect();
    for bundle in &all {
        // Of a call that was killed while it wrote there.
        durable::remove_leftovers(bundle).ok();
    }
    let mut all: Vec<PathBuf> = all.into_iter().filter(|path| !kept.contains(&Some(path.as_path()))).collect();
    all.sort();
    for old in all.iter().rev().skip(KEEP - 1) {
        fs::remove_dir_all(old).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EP-71
    #[test]
    fn the_newest_bundles_and_that_of_the_running_engine_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let pool = PoolDir::open(dir.path(), "p").unwrap();
        let running = ProofBundle::create(&pool, None).unwrap();
        let future = pool.proof_dir().join("999999999999-000000");
        durable::private_dir(&future).unwrap();
        let left = running.dir().join(".new-AbC123");
        fs::File::create(&left).unwrap();
        let mut last = None;
        for _ in 0..12 {
            last = Some(ProofBundle::create(&pool, Some(running.dir())).unwrap());
        }
        assert!(!left.exists(), "what a killed writer left");
        assert!(running.dir().exists() && last.unwrap().dir().exists() && future.exists());
        assert_eq!(fs::read_dir(pool.proof_dir()).unwrap().count(), KEEP + 1);
    }
}
