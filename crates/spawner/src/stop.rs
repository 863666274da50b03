//! Stopping an engine: all of it, in bounded time, and nothing else.

pub(crate) mod end;

use std::path::Path;
use std::time::Duration;

use crate::observe::Life;
use crate::observe::look::{Look, look};
use crate::observe::observe;
use crate::record::ledger;
use crate::record::wait::LockWait;
use crate::record::{Record, State};
use crate::stop::end::{Ended, end};
use crate::{PoolDir, PoolGuard, SpawnError};

/// What a stop found and did. After each of these the pool has no engine and no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Every process of the engine ended after SIGTERM.
    Graceful,
    /// At least one process needed SIGKILL.
    Forced,
    /// A record stood there, and no process of its engine.
    AlreadyGone,
    /// There was no record, and no process that carries the pool's name.
    NothingRecorded,
}

/// Stops the engine of the locked pool: SIGTERM to each of its processes, up to `grace` for them to end, SIGKILL to
/// those that did not; then removes PID file and record. The logs stay.
///
/// An engine that no record leads to is found by the pool's name and run root in its environment, and stopped too.
///
/// It takes `grace` and ten seconds at most. A second stop finds nothing, and one after a stop that was interrupted
/// does the rest.
pub fn stop(guard: &PoolGuard, grace: Duration) -> Result<Stopped, SpawnError> {
    let dir = guard.dir();
    let look = look(dir)?;
    if let Some(error) = look.refusal(dir) {
        return Err(error);
    }
    note(dir, &look);
    let found =
        if look.record.is_some() || look.why.is_some() { Stopped::AlreadyGone } else { Stopped::NothingRecorded };
    let mut stopped = found;
    for mut family in look.families {
        stopped = match end(&mut family, grace)? {
            Ended::Nothing => stopped,
            Ended::Asked if stopped == Stopped::Forced => stopped,
            Ended::Asked => Stopped::Graceful,
            Ended::Forced => Stopped::Forced,
        };
    }
    // A PID file alone is what an interrupted stop or another program left; it says nothing about a process.
    ledger::clear(dir)?;
    tracing::info!(pool = dir.pool(), ?stopped, "engine stopped");
    Ok(stopped)
}

/// Notes in the record that the engine is being stopped, and in the log what is remarkable about what was found.
fn note(dir: &PoolDir, look: &Look) {
    let pool = dir.pool();
    match (look.life, &look.record) {
        (Life::Running | Life::Starting | Life::Stopping, Some(record)) => {
            if let Err(error) = ledger::rewrite(dir, &Record { state: State::Stopping, ..record.clone() }) {
                // A full disk is a reason to stop an engine, not one to keep it.
                tracing::warn!(pool, %error, "could not note that the engine is being stopped");
            }
        }
        (Life::Unrecorded, _) => {
            tracing::warn!(pool, pids = ?look.pids(), "stops an engine of this pool that no record leads to");
        }
        _ => {
            if let Some(why) = look.why.as_ref().filter(|_| look.record.is_none()) {
                tracing::warn!(pool, why, "removed a record that cannot be read; no engine of the pool runs");
            }
            if !look.unreadable.is_empty() {
                let pids = &look.unreadable;
                tracing::warn!(pool, ?pids, "processes of this user that cannot be looked into were not examined");
            }
        }
    }
}

/// Stops the engine of `pool` below `run_root` as [`stop`] does, also where the pool's folder is gone: the folder is
/// made again, for the lock, only where an engine lives. `wait` is how long the pool's lock is waited for.
///
/// # Errors
///
/// Those of [`observe`](crate::observe), [`PoolDir::lock`] and [`stop`].
pub fn stop_pool(run_root: &Path, pool: &str, grace: Duration, wait: &LockWait<'_>) -> Result<Stopped, SpawnError> {
    let dir = match PoolDir::existing(run_root, pool)? {
        Some(dir) => dir,
        None if observe(run_root, pool)?.lives() => PoolDir::open(run_root, pool)?,
        None => return Ok(Stopped::NothingRecorded),
    };
    stop(&dir.lock_with("stop", wait)?, grace)
}
