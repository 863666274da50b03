//! A living engine for one who must know when it exits.

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use spawner::PoolDir;

use crate::Result;
use crate::lifecycle::exit::ExitReport;
use crate::runtime::{Instance, Runtime, Watched, Watching};

/// A living engine. Its descriptor becomes readable when the engine exits, so that one thread can wait for many with
/// `poll` or an event loop built on it. Dropping it changes nothing.
#[derive(Debug)]
pub struct Running {
    /// What runs.
    pub instance: Instance,
    watch: Box<dyn Watched>,
    runtime: Arc<dyn Runtime>,
    dir: PoolDir,
}

impl Running {
    /// How long it has run.
    pub fn uptime(&self) -> Duration {
        self.watch.uptime()
    }

    /// Sleeps in the kernel until the engine has exited, for at most `timeout`; how and why it exited, or nothing while
    /// it still runs.
    ///
    /// Before Linux 6.15 only the process that started it learns its exit status; to others it is unknown once that
    /// process has collected it. The cause comes from the engine's log and is known to everyone.
    pub fn wait(&self, timeout: Duration) -> Result<Option<ExitReport>> {
        Ok(self.watch.wait(timeout)?.map(|exit| ExitReport::of(exit, &*self.runtime, &self.dir)))
    }
}

impl AsFd for Running {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.watch.as_fd()
    }
}

pub(crate) fn of(runtime: Arc<dyn Runtime>, dir: PoolDir) -> Result<Option<Running>> {
    let watching = runtime.running(&dir)?;
    Ok(watching.map(|Watching { instance, watch }| Running { instance, watch, runtime, dir }))
}
