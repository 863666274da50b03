//! The engines of the other pools: their ports are theirs, also while they do not listen yet.

use std::path::Path;

use spawner::{PoolDir, Status};

/// An engine of another pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Neighbour {
    pub(crate) pool: String,
    pub(crate) pid: i32,
    pub(crate) port: u16,
}

/// The engines that run below `run_dir` for other pools than `own`. A folder that cannot be read has none.
pub(crate) fn neighbours(run_dir: &Path, own: &str) -> Vec<Neighbour> {
    let names =
        std::fs::read_dir(run_dir).into_iter().flatten().flatten().filter_map(|e| e.file_name().into_string().ok());
    names.filter(|name| name != own).filter_map(|name| neighbour(run_dir, name)).collect()
}

fn neighbour(run_dir: &Path, pool: String) -> Option<Neighbour> {
    if !run_dir.join(&pool).join("record.json").exists() {
        return None;
    }
    let dir = PoolDir::existing(run_dir, &pool).ok()??;
    match spawner::status(&dir).ok()? {
        Status::Running { record, .. } => Some(Neighbour { pool, pid: record.pid, port: record.port }),
        _ => None,
    }
}
