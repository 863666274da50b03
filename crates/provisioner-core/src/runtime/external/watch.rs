//! A watch of an engine whose exit cannot be seen from here.

use std::io::{PipeReader, PipeWriter, pipe};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use exec::Exit;

use crate::runtime::Watched;
use crate::{Error, Result};

/// A descriptor that never becomes readable: who must know what the engine does asks for its status.
#[derive(Debug)]
pub(super) struct Endless {
    reads: PipeReader,
    /// While it is open, there is nothing to read and no end.
    _held: PipeWriter,
    used_before: Duration,
    since: Instant,
}

impl Endless {
    pub(super) fn new(used_before: Duration) -> Result<Self> {
        let (reads, held) =
            pipe().map_err(|source| Error::from(spawner::SpawnError::System { call: "pipe", source }))?;
        Ok(Self { reads, _held: held, used_before, since: Instant::now() })
    }
}

impl AsFd for Endless {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reads.as_fd()
    }
}

impl Watched for Endless {
    fn wait(&self, timeout: Duration) -> Result<Option<Exit>> {
        std::thread::sleep(timeout);
        Ok(None)
    }

    fn uptime(&self) -> Duration {
        self.used_before.saturating_add(self.since.elapsed())
    }
}
