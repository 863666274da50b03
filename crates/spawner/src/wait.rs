//! Waiting for the end of an engine that somebody else started.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use exec::Exit;

use crate::SpawnError;
use crate::process::Process;
use crate::process::identity::{Engine, identify};
use crate::record::Record;
use crate::record::host::Host;

/// A living engine, held by a pidfd, for one who must know when it ends.
///
/// The descriptor becomes readable when the engine ends, so that one thread can wait for many engines with `poll`,
/// `epoll` or an event loop built on them, and none needs to look from time to time.
#[derive(Debug)]
pub struct Watch(Process);

impl Watch {
    /// Sleeps in the kernel until the engine has ended, for at most `timeout`; nothing while it still runs.
    ///
    /// Before Linux 6.15 only the parent of a process learns how it ended: to others this is [`Exit::Unknown`] once the
    /// parent has collected it.
    pub fn wait(&self, timeout: Duration) -> Result<Option<Exit>, SpawnError> {
        if self.0.wait(timeout)? { self.0.exit().map(Some) } else { Ok(None) }
    }
}

impl AsFd for Watch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Watches the engine of `record`, whoever started it; nothing where it has ended already.
pub fn watch(record: &Record) -> Result<Option<Watch>, SpawnError> {
    match identify(record.clone(), &Host::observe()?)? {
        Engine::Alive(_, process) => Ok(Some(Watch(process))),
        Engine::Ended(..) | Engine::Gone(..) | Engine::Unproven(..) => Ok(None),
        Engine::Unseen(record, why) => Err(SpawnError::OtherPidNamespace { pool: record.pool, why }),
    }
}

/// Waits until the engine of `record` has ended, for at most `timeout`; nothing while it still runs.
///
/// Sleeps in the kernel until then. [`Exit::Unknown`] is an engine that had been collected before this was called; a
/// [`Watch`] taken earlier knows more, and [`Running::wait_exit`](crate::Running::wait_exit) knows it always.
pub fn wait_exit(record: &Record, timeout: Duration) -> Result<Option<Exit>, SpawnError> {
    match identify(record.clone(), &Host::observe()?)? {
        Engine::Alive(_, process) => Watch(process).wait(timeout),
        Engine::Ended(_, exit) => Ok(Some(exit.unwrap_or(Exit::Unknown))),
        Engine::Gone(..) | Engine::Unproven(..) => Ok(Some(Exit::Unknown)),
        Engine::Unseen(record, why) => Err(SpawnError::OtherPidNamespace { pool: record.pool, why }),
    }
}
