//! Waiting for a pool's lock: the wait is reported, and ends when the caller cancels.

use std::time::Duration;

use spawner::{LockWait, PoolDir, PoolGuard};

use crate::event::Reporter;
use crate::{Result, Settings};

/// How long a start waits for another call that starts or stops this pool right now.
const START_PATIENCE: Duration = Duration::from_mins(2);

/// Takes the lock that a start needs; `purpose` is shown to other calls that wait for it.
pub(crate) fn lock(dir: &PoolDir, purpose: &str, settings: &Settings, reporter: &Reporter) -> Result<PoolGuard> {
    let report = |waiting: &spawner::Waiting| reporter.note(None, waiting_for(waiting));
    let cancelled = || settings.cancel.is_cancelled();
    Ok(dir.lock_with(purpose, &LockWait::new(START_PATIENCE).reporting(&report).cancelled_by(&cancelled))?)
}

/// A wait for another call, in words.
pub(crate) fn waiting_for(waiting: &spawner::Waiting) -> String {
    format!("waiting for {}, for {} s at most", waiting.holder, waiting.limit.as_secs())
}
