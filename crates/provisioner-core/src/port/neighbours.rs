//! The engines of the other pools: their ports are theirs, also while they do not listen yet.

use std::path::Path;

use crate::execute::published;
use crate::lifecycle::previous;
use crate::pool::desired::Desired;
use crate::{Error, Reservation, Result};
use config_schema::Engine;
use spawner::{PoolDir, Record, Status};

/// The store entries that engines below `run_dir` run from, and those that their pools go back to, by key. A collection of the store must leave them.
pub fn builds_in_use(run_dir: &Path) -> Vec<String> {
    let run = records(run_dir, None).filter_map(|(_, record)| record.fingerprint.get("build").cloned());
    run.chain(previous::builds(run_dir)).collect()
}

/// Refuses an engine of this version where the pool wants one version on this host, and an engine of its kind of another
/// pool is of another one. A pool whose summary is gone is not known.
pub(crate) fn check_version(desired: &Desired, run_dir: &Path, engine: Engine, version: &str) -> Result<()> {
    if !desired.same_version || version.is_empty() {
        return Ok(());
    }
    for peer in neighbours(run_dir, desired.pool_id.as_str()) {
        let Some(dir) = PoolDir::existing(run_dir, &peer.pool)? else { continue };
        let Some(summary) = peer.pid.and_then(|pid| published::of_pid(pid, &dir)) else { continue };
        if summary.prepared.engine == engine && summary.prepared.engine_version != version {
            return Err(Error::EngineVersion {
                pool: desired.pool_id.clone(),
                version: version.to_owned(),
                peer: peer.pool,
                runs: summary.prepared.engine_version,
            });
        }
    }
    Ok(())
}

/// An engine of another pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Neighbour {
    pub(crate) pool: String,
    /// Its process; none of a pool that is started by the same call.
    pub(crate) pid: Option<i32>,
    pub(crate) port: u16,
}

/// The engines that run below `run_dir` for other pools than `own`, whose record is not read.
pub(crate) fn neighbours(run_dir: &Path, own: &str) -> Vec<Neighbour> {
    of(run_dir, Some(own))
}

/// The ports that other pools than `own` are going to take.
pub(crate) fn reserved(reservations: &[Reservation], own: &str) -> Vec<Neighbour> {
    let others = reservations.iter().filter(|other| other.pool.as_str() != own);
    others.filter_map(|other| Some(Neighbour { pool: other.pool.to_string(), pid: None, port: other.port? })).collect()
}

/// The engines that run below `run_dir`.
pub(crate) fn engines(run_dir: &Path) -> Vec<Neighbour> {
    of(run_dir, None)
}

fn of(run_dir: &Path, own: Option<&str>) -> Vec<Neighbour> {
    let engines = records(run_dir, own);
    engines.map(|(pool, record)| Neighbour { pool, pid: Some(record.pid), port: record.port }).collect()
}

/// The records of the engines that run below `run_dir`, with their pools, but that of `own`. A folder that cannot be read
/// has none.
fn records(run_dir: &Path, own: Option<&str>) -> impl Iterator<Item = (String, Record)> {
    let entries = std::fs::read_dir(run_dir).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(move |pool| own != Some(pool)).filter_map(move |pool| {
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
