//! The record of an engine that others run: written so that a pool has one engine, whichever way that runs.
//!
//! The rule: nothing here starts, signals or asks anything; a record of a process or container is never replaced while
//! that may live.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::record::host::Host;
use crate::record::ledger;
use crate::start::random_hex;
use crate::{PoolGuard, PoolRecord, RecordedEngine, Settled, SpawnError, State, settle};

/// An engine that others run, as a pool uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteEngine {
    /// Where it answers.
    pub url: String,
    /// The host of that address.
    pub host: String,
    /// The port of that address.
    pub port: u16,
    /// What the caller compares a later request with; no secret.
    pub fingerprint: BTreeMap<String, String>,
}

/// Records in the locked pool that it uses this engine from now on; an earlier record of a remote engine is replaced. The
/// record is durable when this returns.
///
/// # Errors
///
/// [`SpawnError::AlreadyRunning`] where a process of this pool runs, those of [`settle`] where one may run, and those of
/// the record's file.
pub fn record_remote(guard: &PoolGuard, engine: RemoteEngine) -> Result<PoolRecord, SpawnError> {
    let dir = guard.dir();
    let remote = ledger::recorded(dir)?.is_some_and(|record| matches!(record.engine, RecordedEngine::Remote { .. }));
    if !remote && let Settled::Running(record) = settle(guard)? {
        let (pool, host) = (record.pool, record.host);
        return Err(SpawnError::AlreadyRunning { pool, pid: record.pid, host, port: record.port });
    }
    let here = Host::observe()?;
    let record = PoolRecord {
        pool: dir.pool().to_owned(),
        instance: random_hex()?,
        state: State::Running,
        engine: RecordedEngine::Remote { url: engine.url },
        boot_id: here.boot_id,
        uid: here.uid,
        argv: Vec::new(),
        host: engine.host,
        port: engine.port,
        fingerprint: engine.fingerprint,
        started_unix_s: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
    };
    ledger::write_any(dir, &record)?;
    Ok(record)
}

/// Removes the record of a remote engine from the locked pool; returns whether there was one. A record of another kind is
/// left as it is.
///
/// # Errors
///
/// Where the file cannot be read or removed.
pub fn forget_remote(guard: &PoolGuard) -> Result<bool, SpawnError> {
    let dir = guard.dir();
    match ledger::recorded(dir)?.map(|record| record.engine) {
        Some(RecordedEngine::Remote { .. }) => ledger::clear(dir).map(|()| true),
        _ => Ok(false),
    }
}
