//! Stopping an engine: all of it, in bounded time, and nothing else.

pub(crate) mod end;

use std::time::Duration;

use crate::process::family::{Family, none_unrecorded};
use crate::process::identity::{Engine, identify, unseen};
use crate::record::host::Host;
use crate::record::ledger::{self, Entry};
use crate::record::{Record, State};
use crate::stop::end::{Ended, end};
use crate::{PoolGuard, SpawnError};

/// What a stop found and did. After each of these the pool has no engine and no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// Every process of the engine ended after SIGTERM.
    Graceful,
    /// At least one process needed SIGKILL.
    Forced,
    /// A record stood there, and no process of its engine.
    AlreadyGone,
    /// There was no record.
    NothingRecorded,
}

/// Stops the engine of the locked pool: SIGTERM to each of its processes, up to `grace` for them to end, SIGKILL to
/// those that did not; then removes PID file and record. The logs stay.
///
/// It takes `grace` and ten seconds at most. A second stop finds nothing, and one after a stop that was interrupted
/// does the rest.
pub fn stop(guard: &PoolGuard, grace: Duration) -> Result<Stopped, SpawnError> {
    let dir = guard.dir();
    let record = match ledger::read(dir)? {
        Entry::Absent => {
            none_unrecorded(dir, "there is none")?;
            // A PID file alone is what an interrupted stop or somebody else left; it says nothing about a process.
            ledger::clear(dir)?;
            return Ok(Stopped::NothingRecorded);
        }
        Entry::Torn(why) => {
            none_unrecorded(dir, &why)?;
            tracing::warn!(pool = dir.pool(), why, "removed a record that cannot be read; no engine of the pool runs");
            ledger::clear(dir)?;
            return Ok(Stopped::AlreadyGone);
        }
        Entry::Foreign(why) => return Err(SpawnError::RecordUnreadable { path: dir.record_file(), why }),
        Entry::Valid(record) => record,
    };
    let mut family = match identify(record, &Host::observe()?)? {
        Engine::Unseen(_, why) => return Err(unseen(dir, why)),
        Engine::Alive(record, leader) => {
            let record = Record { state: State::Stopping, ..record };
            if let Err(error) = ledger::rewrite(dir, &record) {
                // A full disk is a reason to stop an engine, not one to keep it.
                tracing::warn!(pool = dir.pool(), %error, "could not note that the engine is being stopped");
            }
            let mut family = Family::of_leader(&record);
            family.add(leader);
            family
        }
        Engine::Ended(record, _) => Family::of_leader(&record),
        Engine::Gone(record, _) => Family::of_token(&record.instance),
    };
    let ended = end(&mut family, grace)?;
    ledger::clear(dir)?;
    let stopped = match ended {
        Ended::Nothing => Stopped::AlreadyGone,
        Ended::Asked => Stopped::Graceful,
        Ended::Forced => Stopped::Forced,
    };
    tracing::info!(pool = dir.pool(), ?stopped, "engine stopped");
    Ok(stopped)
}
