//! The engines of the other pools: their ports are theirs, also while they do not listen yet.

use std::path::Path;

use spawner::{PoolDir, Record, Status};

/// The store entries that engines below `run_dir` run from, by key. A collection of the store must leave them.
pub fn builds_in_use(run_dir: &Path) -> Vec<String> {
    records(run_dir).filter_map(|(_, record)| record.fingerprint.get("build").cloned()).collect()
}

/// An engine of another pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Neighbour {
    pub(crate) pool: String,
    pub(crate) pid: i32,
    pub(crate) port: u16,
}

/// The engines that run below `run_dir` for other pools than `own`.
pub(crate) fn neighbours(run_dir: &Path, own: &str) -> Vec<Neighbour> {
    let others = records(run_dir).filter(|(pool, _)| pool != own);
    others.map(|(pool, record)| Neighbour { pool, pid: record.pid, port: record.port }).collect()
}

/// The records of all engines that run below `run_dir`, with their pools. A folder that cannot be read has none.
fn records(run_dir: &Path) -> impl Iterator<Item = (String, Record)> {
    let entries = std::fs::read_dir(run_dir).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter_map(move |pool| {
        if !run_dir.join(&pool).join("record.json").exists() {
            return None;
        }
        let dir = PoolDir::existing(run_dir, &pool).ok()??;
        match spawner::status(&dir).ok()? {
            Status::Running { record, .. } => Some((pool, record)),
            _ => None,
        }
    })
}
