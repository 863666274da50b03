//! Waiting for the end of an engine that somebody else started.

use std::time::Duration;

use exec::Exit;

use crate::SpawnError;
use crate::host::Host;
use crate::identity::{Engine, identify};
use crate::record::Record;

/// Waits until the engine of `record` has ended, for at most `timeout`; nothing while it still runs.
///
/// Sleeps in the kernel until then. Only the parent of a process learns how it ended: to others this is
/// [`Exit::Unknown`] once the parent has collected it. Who started the engine uses
/// [`Running::wait_exit`](crate::Running::wait_exit).
pub fn wait_exit(record: &Record, timeout: Duration) -> Result<Option<Exit>, SpawnError> {
    match identify(record.clone(), &Host::observe()?)? {
        Engine::Alive(_, process) => {
            if !process.wait(timeout)? {
                return Ok(None);
            }
            Ok(Some(process.facts()?.and_then(|facts| facts.dead).unwrap_or(Exit::Unknown)))
        }
        Engine::Ended(_, exit) => Ok(Some(exit.unwrap_or(Exit::Unknown))),
        Engine::Gone(..) | Engine::NeverRan(_) => Ok(Some(Exit::Unknown)),
        Engine::Unseen(record, why) => Err(SpawnError::OtherPidNamespace { pool: record.pool, why }),
    }
}
