//! Engines of a pool that worked: what `ensure --previous` starts, and what comes back where a new one fails.
//!
//! The rules: an engine counts once it answered and no proof denied its accelerator; the newest two that differ are
//! kept, so that one that fails never takes the place of one that worked; their builds and proof bundles are not
//! collected.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use miette::Diagnostic;
use serde::{Deserialize, Serialize};
use spawner::PoolDir;

use crate::plan::SCHEMA;
use crate::runtime::{Condition, Instance};
use crate::supply::Facts;
use crate::{Ensured, Error, InstanceKind, PreparedEngine, ProofVerdict};

/// How many are kept.
const KEPT: usize = 2;
/// No such file is larger.
const LARGEST: u64 = 16 << 20;

/// `previous.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct History {
    schema: u32,
    /// Newest first; no two with the same facts.
    proven: Vec<PreparedEngine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    restored: Option<Restored>,
}

/// Why an earlier engine of a pool runs in place of the wanted one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// When, in seconds since 1970.
    pub unix_s: u64,
    /// The stable code of what went wrong with the wanted engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The facts.
    pub message: String,
}

fn file(dir: &Path) -> PathBuf {
    dir.join("previous.json")
}

/// What cannot be read is no history.
fn read(dir: &Path) -> History {
    let bytes = durable::read_regular(&file(dir), LARGEST).ok().flatten();
    let history: History = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    if history.schema == SCHEMA { history } else { History::default() }
}

fn write(dir: &Path, history: &History) {
    let bytes = serde_json::to_vec_pretty(history).unwrap_or_default();
    if let Err(error) = durable::replace_until_reboot(&file(dir), &bytes) {
        tracing::warn!(dir = %dir.display(), %error, "the engine that works could not be remembered");
    }
}

/// Remembers an engine that answers, in a locked pool.
pub(crate) fn proven(dir: &PoolDir, engine: &Ensured) {
    if engine.prepared.proofs.iter().any(|proof| proof.verdict == ProofVerdict::Denied) {
        return;
    }
    let before = read(dir.path());
    let mut history = before.clone();
    history.schema = SCHEMA;
    let known = history.proven.first().is_some_and(|newest| newest.facts == engine.prepared.facts);
    if !known {
        history.restored = None;
    }
    history.proven.retain(|other| other.facts != engine.prepared.facts);
    history.proven.insert(0, engine.prepared.clone());
    history.proven.truncate(KEPT);
    if history != before {
        write(dir.path(), &history);
    }
}

/// Whether this very configuration was seen to work.
pub(crate) fn is_proven(dir: &PoolDir, engine: &Ensured) -> bool {
    read(dir.path()).proven.iter().any(|known| known.facts == engine.prepared.facts)
}

/// The newest engine that worked and is not the one with these facts.
pub(crate) fn other_than(dir: &PoolDir, facts: Option<&Facts>) -> Option<PreparedEngine> {
    read(dir.path()).proven.into_iter().find(|known| facts != Some(&known.facts))
}

/// Why an earlier engine runs in place of the wanted one; none where it does not.
pub(crate) fn restored(dir: &PoolDir) -> Option<Restored> {
    read(dir.path()).restored
}

/// Remembers why an earlier engine was started again.
pub(crate) fn set_restored(dir: &PoolDir, cause: &Error) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let code = cause.code().map(|code| code.to_string());
    let restored = Restored { unix_s: now.as_secs(), code, message: shown(cause) };
    write(dir.path(), &History { restored: Some(restored), ..read(dir.path()) });
}

/// A failure in one line, without what the engine printed: `logs` has that.
pub(crate) fn shown(cause: &Error) -> String {
    let text = cause.to_string();
    exec::Redactor::new().text(text.lines().next().unwrap_or_default()).into_owned()
}

/// A wanted engine that failed.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) facts: Facts,
    /// The engine itself, where its start succeeded.
    pub(crate) instance: Option<InstanceKind>,
}

impl Failed {
    /// Whether what is there now is what the failure left: the failed engine, or what is left of it. Of an engine that was
    /// started nothing is left only where it was stopped: by this call (`stopped`), or by another one.
    pub(crate) fn leaves(&self, now: &Condition, stopped: bool) -> bool {
        let is_it = |instance: &Instance| {
            self.instance.as_ref().is_none_or(|failed| *failed == instance.kind) && instance.facts == self.facts
        };
        match now {
            Condition::Running { instance, .. } => self.instance.is_some() && is_it(instance),
            Condition::Exited { instance, .. } | Condition::Stale { instance, .. } => is_it(instance),
            Condition::Absent => stopped || self.instance.is_none(),
            // Another call stops it, or it is not ours to touch.
            Condition::Stopping { .. } | Condition::Foreign { .. } | Condition::Unreadable { .. } => false,
        }
    }
}

/// Forgets why an earlier engine was started again: what runs is what is wanted.
pub(crate) fn settled(dir: &PoolDir) {
    let history = read(dir.path());
    if history.restored.is_some() {
        write(dir.path(), &History { restored: None, ..history });
    }
}

/// The builds that pools below `run_dir` go back to.
pub(crate) fn builds(run_dir: &Path) -> Vec<String> {
    let pools = std::fs::read_dir(run_dir).into_iter().flatten().flatten();
    pools.flat_map(|pool| read(&pool.path()).proven).filter_map(|engine| engine.build_key).collect()
}

/// The proof bundles of the engines that a pool goes back to.
pub(crate) fn bundles(dir: &PoolDir) -> impl Iterator<Item = PathBuf> {
    read(dir.path()).proven.into_iter().map(|engine| engine.proof_dir)
}

/// An engine that worked, as it is started again; refused by name where a part of it is gone.
pub(crate) fn gone(error: Error) -> Error {
    match error {
        Error::Lifecycle(crate::LifecycleError::Changed { pool, what }) => PreviousError::Gone { pool, what }.into(),
        other => other,
    }
}

/// What became of the wanted engine, where an earlier one came back.
pub(crate) fn went_back(cause: Error, old: std::result::Result<Ensured, Error>) -> Error {
    Error::WentBack(Box::new(WentBack { cause, old: old.map(|old| old.prepared.url) }))
}

/// Why there is no going back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Diagnostic)]
#[non_exhaustive]
pub enum PreviousError {
    /// No engine of the pool, other than the one that runs, was ever seen to answer.
    #[error("pool `{pool}` has no earlier engine that worked")]
    #[diagnostic(
        code(previous::none),
        help(
            "an engine counts once it answered: `ensure --wait`, or `on_failed_proof = \"previous\"`; start what the pool file says: `ensure`"
        )
    )]
    None {
        /// The pool.
        pool: String,
    },
    /// The earlier engine of the pool, or its model, was removed or changed.
    #[error("the earlier engine of pool `{pool}` is no longer what it was: {what}")]
    #[diagnostic(
        code(previous::gone),
        help("nothing was stopped; put its commit and flags into the pool file and build it again: `ensure`")
    )]
    Gone {
        /// The pool.
        pool: String,
        /// What, with the facts.
        what: String,
    },
}

/// A wanted engine that failed, with what became of the one before it. Its code and help are those of the failure.
#[derive(Debug)]
pub struct WentBack {
    cause: Error,
    old: std::result::Result<String, Error>,
}

impl WentBack {
    /// Why the wanted engine failed.
    pub fn cause(&self) -> &Error {
        &self.cause
    }

    /// Where the earlier engine answers, or why it does not.
    pub fn old(&self) -> std::result::Result<&str, &Error> {
        self.old.as_deref()
    }
}

impl std::fmt::Display for WentBack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.old {
            Ok(url) => write!(f, "{}\nthe engine before it runs again: {url}", self.cause),
            Err(error) => write!(f, "{}\nthe engine before it could not be started again: {error}", self.cause),
        }
    }
}

impl std::error::Error for WentBack {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.source()
    }
}

impl Diagnostic for WentBack {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.cause.code()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.cause.help()
    }
}

#[cfg(test)]
mod tests;
