//! Waiting for the exit of an engine, whichever process started it, and what is known of how it exited.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use exec::Exit;

use crate::process::Process;
use crate::process::identity::{Engine, identify, prove, unseen};
use crate::record::Record;
use crate::record::host::Host;
use crate::record::ledger::{self, Entry};
use crate::start::outcome::{self, COLLECTED, Outcome};
use crate::{PoolDir, SpawnError, status};

/// A living engine, held by a pidfd, for one who must know when it ends.
///
/// The descriptor becomes readable when the engine ends, so that one thread can wait for many engines with `poll`,
/// `epoll` or an event loop built on them, and none needs to look from time to time. After that, [`Watch::wait`] with
/// no timeout says how it exited.
#[derive(Debug)]
pub struct Watch {
    process: Process,
    record: Record,
    outcome: Option<Arc<Outcome>>,
}

impl Watch {
    fn new(record: Record, process: Process) -> Self {
        let outcome = outcome::known(&record.instance);
        Self { process, record, outcome }
    }

    /// Sleeps in the kernel until the engine has ended, for at most `timeout`; nothing while it still runs.
    ///
    /// Exit code or signal are always known in the process that started the engine. In any other, before Linux 6.15,
    /// only until the engine's parent has collected it, and [`Exit::Unknown`] after that.
    pub fn wait(&self, timeout: Duration) -> Result<Option<Exit>, SpawnError> {
        if !self.process.wait(timeout)? {
            return Ok(None);
        }
        let seen = self.process.exit()?;
        let collected = |outcome: &Arc<Outcome>| outcome.wait(COLLECTED);
        let known = if seen == Exit::Unknown { self.outcome.as_ref().and_then(collected) } else { None };
        Ok(Some(known.unwrap_or(seen)))
    }

    /// Whether this process started the engine, as its parent, and so learns how it exits on every kernel.
    pub fn is_starter(&self) -> bool {
        self.outcome.is_some()
    }

    /// The record of the engine, as it was when the watch was taken.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// How long the engine has run, by the clock that counts from boot. It goes on counting after the engine's end.
    pub fn uptime(&self) -> Duration {
        status::uptime(self.record.start_ticks)
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.process.as_fd()
    }
}

/// The pidfd alone, for an event loop that owns its descriptors; duplicate [`Watch::as_fd`](AsFd::as_fd) to keep the
/// watch.
impl From<Watch> for OwnedFd {
    fn from(watch: Watch) -> Self {
        watch.process.into_fd()
    }
}

/// Watches the engine of `record`, whoever started it; nothing where it has ended already.
pub fn watch(record: &Record) -> Result<Option<Watch>, SpawnError> {
    match identify(record.clone(), &Host::observe()?)? {
        Engine::Alive(record, process) => Ok(Some(Watch::new(record, process))),
        Engine::Ended(..) | Engine::Gone(..) | Engine::Unproven(..) => Ok(None),
        Engine::Unseen(record, why) => Err(SpawnError::OtherPidNamespace { pool: record.pool, why }),
    }
}

/// Watches the engine of a pool; nothing where none runs by its record. Takes no lock, and looks at no other process.
///
/// # Errors
///
/// [`SpawnError::RecordUnreadable`] where the record is one of another version or its process does not carry its token,
/// and [`SpawnError::OtherPidNamespace`] where the engine cannot be seen from here.
pub fn running(dir: &PoolDir) -> Result<Option<Watch>, SpawnError> {
    let unusable = |why| SpawnError::RecordUnreadable { path: dir.record_file(), why };
    let record = match ledger::read(dir)? {
        Entry::Absent | Entry::Torn(_) => return Ok(None),
        Entry::Foreign(why) => return Err(unusable(why)),
        Entry::Valid(record) => record,
    };
    match prove(dir, record, &Host::observe()?)? {
        Engine::Alive(record, process) => Ok(Some(Watch::new(record, process))),
        Engine::Ended(..) | Engine::Gone(..) => Ok(None),
        Engine::Unproven(_, why) => Err(unusable(why)),
        Engine::Unseen(_, why) => Err(unseen(dir, why)),
    }
}

/// Waits until the engine of `record` has ended, for at most `timeout`; nothing while it still runs.
///
/// Sleeps in the kernel until then. [`Exit::Unknown`] is an engine that another process started and had collected
/// before this was called; a [`Watch`] taken earlier knows more.
pub fn wait_exit(record: &Record, timeout: Duration) -> Result<Option<Exit>, SpawnError> {
    match identify(record.clone(), &Host::observe()?)? {
        Engine::Alive(record, process) => Watch::new(record, process).wait(timeout),
        Engine::Ended(record, exit) => {
            Ok(Some(exit.or_else(|| outcome::exited(&record.instance)).unwrap_or(Exit::Unknown)))
        }
        Engine::Gone(..) | Engine::Unproven(..) => Ok(Some(Exit::Unknown)),
        Engine::Unseen(record, why) => Err(SpawnError::OtherPidNamespace { pool: record.pool, why }),
    }
}
