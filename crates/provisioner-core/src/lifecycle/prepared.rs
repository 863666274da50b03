//! Engines that are prepared and do not run: what a start would find, and whether all of it is still there.
//!
//! The rules: an engine counts that `prepare` prepared last (`prepared.json`) or, where that is older, that ran last; one
//! that runs now with the same facts does not; nothing is started or changed.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use config_schema::PoolId;
use serde::{Deserialize, Serialize};
use spawner::PoolDir;

use crate::runtime::Condition;
use crate::{Lifecycle, PreparedEngine};

/// No such file is larger.
const LARGEST: u64 = 4 << 20;

/// An engine that is prepared and does not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparedPool {
    /// The pool.
    pub pool_id: PoolId,
    /// When it was prepared or started last, in seconds since 1970.
    pub unix_s: u64,
    /// Whether another engine of the pool runs meanwhile.
    pub another_runs: bool,
    /// What is no longer there of what it needs: a sentence each. [`Lifecycle::start`] refuses it then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// The engine.
    pub engine: PreparedEngine,
}

/// Remembers what a `prepare` came to. What cannot be written is only not listed later.
pub(crate) fn remember(dir: &PoolDir, prepared: &PreparedEngine) {
    let bytes = serde_json::to_vec_pretty(prepared).unwrap_or_default();
    if let Err(error) = durable::replace_until_reboot(&file(dir), &bytes) {
        tracing::warn!(pool = dir.pool(), %error, "what was prepared is not remembered");
    }
}

fn file(dir: &PoolDir) -> PathBuf {
    dir.path().join("prepared.json")
}

/// The prepared engines below the run folder that do not run, by the names of their pools.
pub(super) fn all(lifecycle: &Lifecycle) -> Vec<PreparedPool> {
    let entries = std::fs::read_dir(&lifecycle.settings.run_dir).into_iter().flatten().flatten();
    let mut ids: Vec<PoolId> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    ids.sort();
    let mut found = Vec::new();
    for id in ids {
        // What cannot be looked at is for `status` to report.
        let Ok(Some(dir)) = lifecycle.dir(&id) else { continue };
        let Some((unix_s, engine)) = newest(&dir).filter(|(_, engine)| engine.pool_id == id) else { continue };
        let Ok(condition) = lifecycle.runtime().status(&dir) else { continue };
        let runs = match condition {
            Condition::Running { instance, .. } | Condition::Stopping { instance, .. } => Some(instance.facts),
            _ => None,
        };
        if runs.as_ref() == Some(&engine.facts) {
            continue;
        }
        found.push(PreparedPool {
            pool_id: id,
            unix_s,
            another_runs: runs.is_some(),
            missing: missing(&engine),
            engine,
        });
    }
    found
}

/// What was prepared or ran last, with its time.
fn newest(dir: &PoolDir) -> Option<(u64, PreparedEngine)> {
    let of = |path: PathBuf| {
        let modified = std::fs::symlink_metadata(&path).ok()?.modified().ok()?;
        let bytes = durable::read_regular(&path, LARGEST).ok().flatten()?;
        // The summary of an engine that ran has all that a prepared one has.
        let engine: PreparedEngine = serde_json::from_slice(&bytes).ok()?;
        Some((modified, engine))
    };
    let all = [file(dir), dir.summary_file()].into_iter().filter_map(of);
    let (modified, engine) = all.max_by_key(|(modified, _)| *modified)?;
    Some((modified.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(), engine))
}

fn missing(engine: &PreparedEngine) -> Vec<String> {
    let gone = |what: &str, path: &Path| (!path.exists()).then(|| format!("the {what} `{}` is gone", path.display()));
    let program = engine.binary_path.as_deref().and_then(|path| gone("program", path));
    // An engine that others run has its model with it.
    let has_model = !engine.model.path.as_os_str().is_empty();
    let model = has_model.then(|| gone("model", &engine.model.path)).flatten();
    program.into_iter().chain(model).collect()
}
