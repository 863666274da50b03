//! Waiting for a lock of a pool: for how long, who is told for whom one waits, and what breaks the wait off.

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use durable::{DurableError, Lock};

use crate::SpawnError;

/// How long a wait lasts before it is reported.
const REPORT_AFTER: Duration = Duration::from_secs(1);

/// The shortest and the longest pause between two tries.
const PAUSE: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// A wait that has lasted for a second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Who holds the lock and what for, in the holder's own words.
    pub holder: String,
    /// For how long it was waited so far.
    pub waited: Duration,
    /// For how long it will be waited at most.
    pub limit: Duration,
}

/// How a lock is waited for.
#[derive(Clone, Copy)]
pub struct LockWait<'a> {
    limit: Duration,
    report: &'a dyn Fn(&Waiting),
    cancelled: &'a dyn Fn() -> bool,
}

impl<'a> LockWait<'a> {
    /// Waits for `limit` at most; nothing is reported, and nothing cancels it.
    pub fn new(limit: Duration) -> Self {
        Self { limit, report: &|_| (), cancelled: &|| false }
    }

    /// Calls `report` once, when the wait has lasted for one second.
    #[must_use]
    pub fn reporting(self, report: &'a dyn Fn(&Waiting)) -> Self {
        Self { report, ..self }
    }

    /// Asks `cancelled` at least every 50 ms, and breaks off with [`SpawnError::Cancelled`] once it says so.
    #[must_use]
    pub fn cancelled_by(self, cancelled: &'a dyn Fn() -> bool) -> Self {
        Self { cancelled, ..self }
    }

    /// Takes the lock at `path`; `purpose` is shown to those that wait for it.
    pub(crate) fn acquire(&self, path: &Path, purpose: &str) -> Result<Lock, SpawnError> {
        let started = Instant::now();
        let (mut pause, mut reported) = (PAUSE.0, false);
        loop {
            // Asked first: a call that was cancelled already takes no lock.
            if (self.cancelled)() {
                return Err(SpawnError::Cancelled { what: format!("the wait for `{}`", path.display()) });
            }
            if let Some(lock) = Lock::try_acquire(path, purpose)? {
                return Ok(lock);
            }
            let waited = started.elapsed();
            if waited >= self.limit {
                return Err(DurableError::LockTimeout { path: path.into(), holder: Lock::holder(path), waited }.into());
            }
            if waited >= REPORT_AFTER && !reported {
                reported = true;
                let waiting = Waiting { holder: Lock::holder(path).to_string(), waited, limit: self.limit };
                tracing::info!(path = %path.display(), holder = %waiting.holder, "waiting for a lock");
                (self.report)(&waiting);
            }
            std::thread::sleep(pause.min(self.limit.saturating_sub(waited)));
            pause = (pause * 2).min(PAUSE.1);
        }
    }
}

impl fmt::Debug for LockWait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LockWait").field("limit", &self.limit).finish_non_exhaustive()
    }
}
