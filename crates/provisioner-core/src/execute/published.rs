//! `prepared-engine.json`: the summary of the engine that runs, and of no other: after a reboot there is none.

use std::path::PathBuf;

use spawner::PoolDir;

use crate::proof::manifest;
use crate::runtime::Instance;
use crate::{Ensured, InstanceKind, Result};

/// No summary is larger.
const LARGEST: u64 = 4 << 20;

/// The published summary of the engine that lives as `instance`; none where it is missing or that of another engine.
pub(crate) fn published(instance: &Instance, dir: &PoolDir) -> Option<Ensured> {
    let bytes = durable::read_regular(&dir.summary_file(), LARGEST).ok().flatten()?;
    let mut ensured: Ensured = serde_json::from_slice(&bytes).ok()?;
    // Schema 1 names a process and nothing else.
    if let (None, Some(process)) = (&ensured.instance, &ensured.process) {
        ensured.instance = Some(InstanceKind::Process { pid: process.pid });
        ensured.started_unix_s = process.started_unix_s;
    }
    let same = ensured.instance.as_ref() == Some(&instance.kind) && ensured.started_unix_s == instance.started_unix_s;
    same.then_some(ensured)
}

/// The published summary of the engine whose process this is.
pub(crate) fn of_pid(pid: i32, dir: &PoolDir) -> Option<Ensured> {
    let bytes = durable::read_regular(&dir.summary_file(), LARGEST).ok().flatten()?;
    let ensured: Ensured = serde_json::from_slice(&bytes).ok()?;
    (ensured.pid() == Some(pid)).then_some(ensured)
}

/// The proof bundle of the engine that runs.
pub(crate) fn proof_of(running: Option<&Instance>, dir: &PoolDir) -> Option<PathBuf> {
    Some(published(running?, dir)?.prepared.proof_dir)
}

/// Publishes a summary: readers see the one before or this one. A copy goes to its proof bundle.
pub(crate) fn write(ensured: &Ensured, dir: &PoolDir) -> Result<()> {
    let bytes = serde_json::to_vec_pretty(ensured).unwrap_or_default();
    let proof = &ensured.prepared.proof_dir;
    if proof.is_dir() {
        durable::replace_until_reboot(&proof.join("prepared-engine.json"), &bytes)?;
        manifest::reseal(proof)?;
    }
    Ok(durable::replace_until_reboot(&dir.summary_file(), &bytes)?)
}

/// Takes the summary back before the engine it describes is stopped or another one is started. Where that fails, its
/// process id still says that it is of another engine.
pub(crate) fn withdraw(dir: &PoolDir) {
    std::fs::remove_file(dir.summary_file()).ok();
}
