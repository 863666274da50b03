//! What a running engine uses, asked only when somebody wants to know.

mod together;

pub use together::{living, vitals_of_all};

use crate::port::listener::{Listener, listener};
use crate::process::family::Family;
use crate::process::identity::{Engine, identify};
use crate::record::host::Host;
use crate::{Record, SpawnError};

/// What a running engine consists of and uses at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vitals {
    /// Its processes, the leader first: by these numbers a GPU's driver tells whose memory is whose.
    pub pids: Vec<i32>,
    /// Memory that they hold in RAM, in bytes; what several share is counted for each.
    pub rss_bytes: u64,
    /// Who listens on its port. [`Listener::Nobody`] is an engine that is still starting.
    pub listener: Listener,
}

/// Looks at the processes of the engine of `record`; nothing where it does not run.
pub fn vitals(record: &Record) -> Result<Option<Vitals>, SpawnError> {
    let Some((record, pids)) = family(record)? else { return Ok(None) };
    let rss_bytes = pids.iter().map(|pid| rss(*pid)).sum();
    Ok(Some(Vitals { pids, rss_bytes, listener: listener(&record)? }))
}

/// Returns the processes of the engine of `record` alone, the leader first; nothing where it does not run. Neither its memory
/// nor the kernel's tables of sockets are read, which takes milliseconds.
pub fn pids(record: &Record) -> Result<Option<Vec<i32>>, SpawnError> {
    Ok(family(record)?.map(|(_, pids)| pids))
}

/// Returns the leader of the engine of `record`; nothing where it does not run. No other process is looked at.
pub fn leader(record: &Record) -> Result<Option<i32>, SpawnError> {
    Ok(match identify(record.clone(), &Host::observe()?)? {
        Engine::Alive(record, _) => Some(record.pid),
        _ => None,
    })
}

fn family(record: &Record) -> Result<Option<(Record, Vec<i32>)>, SpawnError> {
    let Engine::Alive(record, leader) = identify(record.clone(), &Host::observe()?)? else {
        return Ok(None);
    };
    let mut family = Family::of_leader(&record);
    family.add(leader);
    family.sweep()?;
    let pids = family.pids();
    Ok(Some((record, pids)))
}

/// The resident memory of a process; none where it has just ended.
fn rss(pid: i32) -> u64 {
    let pages =
        procfs::process::Process::new(pid).and_then(|process| process.statm()).map_or(0, |statm| statm.resident);
    pages.saturating_mul(procfs::page_size())
}
