//! `prepared-engine.json`: the summary of the engine that runs, and of no other: after a reboot there is none.

use std::path::PathBuf;

use spawner::{PoolDir, Record};

use crate::{Ensured, Result};

/// No summary is larger.
const LARGEST: u64 = 4 << 20;

/// The published summary of the engine that this record speaks of; none where it is missing or that of another engine.
pub fn published(record: &Record, dir: &PoolDir) -> Option<Ensured> {
    let bytes = durable::read_regular(&dir.summary_file(), LARGEST).ok().flatten()?;
    let ensured: Ensured = serde_json::from_slice(&bytes).ok()?;
    let process = &ensured.process;
    (process.pid == record.pid && process.started_unix_s == record.started_unix_s).then_some(ensured)
}

/// The proof bundle of the engine that runs.
pub(crate) fn proof_of(record: Option<&Record>, dir: &PoolDir) -> Option<PathBuf> {
    Some(published(record?, dir)?.prepared.proof_dir)
}

/// Publishes a summary: readers see the one before or this one. A copy goes to its proof bundle.
pub(crate) fn write(ensured: &Ensured, dir: &PoolDir) -> Result<()> {
    let bytes = serde_json::to_vec_pretty(ensured).unwrap_or_default();
    durable::replace_until_reboot(&ensured.prepared.proof_dir.join("prepared-engine.json"), &bytes)?;
    Ok(durable::replace_until_reboot(&dir.summary_file(), &bytes)?)
}

/// Takes the summary back before the engine it speaks of is stopped or another one is started. Where that fails, its
/// process id still says that it is of another engine.
pub(crate) fn withdraw(dir: &PoolDir) {
    std::fs::remove_file(dir.summary_file()).ok();
}
