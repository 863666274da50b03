//! Finishing what an interrupted start, stop or replacement left, so that a new start finds room.

use std::time::Duration;

use crate::observe::Life;
use crate::observe::look::{Look, beside, look};
use crate::process::proof;
use crate::record::ledger;
use crate::stop::end::{Ended, end};
use crate::{PoolGuard, Record, SpawnError, State};

/// How long processes that an earlier engine left behind have between SIGTERM and SIGKILL.
const LEFTOVER_GRACE: Duration = Duration::from_secs(2);

/// How long a process may take to end whose starter was killed before it let the program run.
const ORPHANED: Duration = Duration::from_millis(500);

/// What a pool holds after [`settle`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// Its engine runs, with record and PID file.
    Running(Record),
    /// Nothing of an engine lives; these processes, which an earlier one left behind, were ended.
    Free(Vec<i32>),
}

/// Finishes in the locked pool what was interrupted: a start gets its PID file, a stop is completed, and what a dead
/// engine left running is ended. A running engine is left alone.
///
/// [`start`](crate::start) does the same. A caller that chooses the engine's port calls this before, so that the
/// pool's own processes hold no port any more.
///
/// # Errors
///
/// [`SpawnError::RecordUnreadable`] where an engine may run that no record of this version owns, and
/// [`SpawnError::OtherPidNamespace`] where it cannot be seen from here: nothing is ended then.
pub fn settle(guard: &PoolGuard) -> Result<Settled, SpawnError> {
    let dir = guard.dir();
    let mut look = look(dir)?;
    if look.life == Life::Starting && orphaned(&mut look)? {
        look = self::look(dir)?;
    }
    if let Some(error) = look.refusal(dir) {
        return Err(error);
    }
    let pids = look.pids();
    match (look.life, look.record) {
        (Life::Running, Some(record)) => return Ok(Settled::Running(record)),
        (Life::Starting, Some(record)) => {
            tracing::warn!(pool = dir.pool(), pid = record.pid, "took over the engine of an interrupted start");
            ledger::write_pid_file(dir, record.pid)?;
            return Ok(Settled::Running(record));
        }
        (Life::Unrecorded, record) => {
            let exited = record.map(|_| "its engine has exited".to_owned());
            let why = look.why.or(exited).unwrap_or_else(|| "there is none".to_owned());
            let why = format!("{}; `engine-provisioner stop` ends it", beside(&why, &pids));
            return Err(SpawnError::RecordUnreadable { path: dir.record_file(), why });
        }
        (_, record) => {
            let mut ended = false;
            for mut family in look.families {
                ended |= end(&mut family, LEFTOVER_GRACE)? != Ended::Nothing;
            }
            if ended {
                tracing::warn!(pool = dir.pool(), ?pids, "ended processes that an earlier engine left behind");
            }
            if record.is_some_and(|record| record.state == State::Stopping) {
                tracing::warn!(pool = dir.pool(), "finished a stop that was interrupted");
                ledger::clear(dir)?;
            }
        }
    }
    Ok(Settled::Free(pids))
}

/// Whether the process of an interrupted start ends by itself: its starter was killed before it let the program run,
/// and the kernel ends it for that a moment later. Until the program runs it has the environment of its starter.
fn orphaned(look: &mut Look) -> Result<bool, SpawnError> {
    let Some(record) = look.record.as_ref().filter(|record| !proof::has_token(record.pid, &record.instance)) else {
        return Ok(false);
    };
    tracing::debug!(pid = record.pid, "waits for the process of a killed start");
    for family in &mut look.families {
        family.wait_all(ORPHANED)?;
    }
    Ok(true)
}
