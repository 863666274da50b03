//! The proof bundle of one preparation: logs and command lines, redacted, in a folder of its own (EP-71).

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use config_schema::PoolId;
use exec::Redactor;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::{Value, json};
use spawner::PoolDir;

use crate::engine::command_line::CommandLine;
use crate::lifecycle::previous;
use crate::proof::manifest;
use crate::{Plan, PreparedEngine, Result};

/// How many bundles of a pool are kept.
const KEEP: usize = 8;
/// How much of a log is kept, in bytes.
const LARGEST_LOG: u64 = 8 << 20;

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
    /// A new bundle; the oldest ones beyond [`KEEP`] are removed, but never that of `running`, the summary's engine, nor
    /// those of engines that the pool goes back to.
    pub(crate) fn create(pool: &PoolDir, running: Option<&Path>) -> Result<Self> {
        let root = pool.proof_dir();
        durable::private_dir(&root)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let dir = root.join(format!("{:012}-{:06}", now.as_secs(), now.subsec_micros()));
        durable::private_dir(&dir)?;
        let kept: Vec<PathBuf> =
            previous::bundles(pool).chain([dir.clone()]).chain(running.map(Path::to_owned)).collect();
        prune(&root, &kept);
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

    /// Keeps what is known of tools and GPUs, and the proofs so far.
    pub(crate) fn keep_facts(&self, plan: &Plan, summary: &PreparedEngine) -> Result<()> {
        // Of an engine that was built before, its own record says more than the plan.
        let build = durable::read_regular(&self.dir.join("build.json"), LARGEST_LOG).ok().flatten();
        let build: Option<Value> = build.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let built_with = build.as_ref().and_then(|build| build.pointer("/inputs/tools")).cloned();
        let planned = || plan.steps.iter().find_map(|step| step.inputs.as_ref()?.get("tools").cloned());
        let tools = built_with.or_else(planned);
        let PreparedEngine { accelerator, devices, device_mask, driver, toolkit, architectures, .. } = summary;
        let gpu = json!({
            "accelerator": accelerator, "devices": devices, "device_mask": device_mask, "driver": driver, "toolkit": toolkit,
            "architectures": architectures,
        });
        self.put("tools.json", &tools)?;
        self.put("gpu.json", &gpu)
    }

    /// Keeps the plan that is executed.
    pub(crate) fn keep_plan(&self, plan: &Plan) -> Result<()> {
        self.put("plan.json", plan)
    }

    /// Writes down the digests of all files: the last thing.
    pub(crate) fn seal(&self, pool: &PoolId, run_id: &str) {
        if let Err(error) = manifest::seal(&self.dir, pool, run_id) {
            tracing::warn!(dir = %self.dir.display(), %error, "the proof bundle could not be sealed");
        }
    }

    fn put(&self, name: &str, document: &impl Serialize) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(document).unwrap_or_default();
        Ok(durable::replace_until_reboot(&self.dir.join(name), &bytes)?)
    }

    /// A log that cannot be copied is reported, and no reason not to start an engine that is proven.
    fn copy(&self, from: &Path) {
        let to = self.dir.join(from.file_name().unwrap_or_default());
        if let Err(error) = copy_bounded(from, &to) {
            tracing::warn!(from = %from.display(), %error, "could not keep a log in the proof bundle");
        }
    }
}

/// Copies a file; of a long one the beginning and the end.
fn copy_bounded(from: &Path, to: &Path) -> std::io::Result<()> {
    let mut source = fs::File::open(from)?;
    let size = source.metadata()?.len();
    if size <= LARGEST_LOG {
        return fs::copy(from, to).map(drop);
    }
    let half = LARGEST_LOG / 2;
    let mut target = fs::File::create(to)?;
    std::io::copy(&mut (&mut source).take(half), &mut target)?;
    writeln!(target, "\n[{} bytes of {size} are left out here]", size - LARGEST_LOG)?;
    source.seek(SeekFrom::Start(size - half))?;
    std::io::copy(&mut source.take(half), &mut target).map(drop)
}

/// Removes the oldest bundles; `kept` are not counted.
fn prune(root: &Path, kept: &[PathBuf]) {
    let all = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    let all: Vec<PathBuf> = all.collect();
    for bundle in &all {
        // Of a call that was killed while it wrote there.
        durable::remove_leftovers(bundle).ok();
    }
    let mut all: Vec<PathBuf> = all.into_iter().filter(|path| !kept.contains(path)).collect();
    all.sort();
    for old in all.iter().rev().skip(KEEP - 1) {
        fs::remove_dir_all(old).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EP-71: a log without bound is kept by its beginning and its end.
    #[test]
    fn a_long_log_is_cut_in_its_middle() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        let mut log = b"first line\n".to_vec();
        log.resize(usize::try_from(LARGEST_LOG).unwrap() + 1000, b'x');
        log.extend(b"last line");
        durable::replace(&from, &log).unwrap();
        copy_bounded(&from, &to).unwrap();
        let kept = fs::read(&to).unwrap();
        assert!(kept.starts_with(b"first line") && kept.ends_with(b"last line"));
        assert!((kept.len() as u64) < LARGEST_LOG + 100);
        let text = String::from_utf8(kept).unwrap();
        assert!(text.contains("[1020 bytes of 8389628 are left out here]") || text.contains("bytes of"), "no mark");
    }

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
