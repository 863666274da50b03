//! Keeping the log of a running engine within its limit.
//!
//! Nothing is done while the engine writes nothing: one sleeps in the kernel until the log changes or the engine ends.
//! Whoever tends a log holds the lock on it, so that a second one only waits for the first to be gone.

use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};

use crate::log::cap::{Log, cap_log, claim};
use crate::process::Process;
use crate::process::identity::{Engine, identify};
use crate::record::host::Host;
use crate::{PoolDir, Record, SpawnError};

/// The longest and the shortest pause between two looks at the size of a log that is being written.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(2));

/// How long one sleeps beside a log that is not written, and how long without being told of a write.
const IDLE: (Duration, Duration) = (Duration::from_mins(1), PAUSE.0);

/// How soon the end of another tender is seen.
const RETRY: Duration = Duration::from_millis(500);

/// Keeps the log of the engine of `record` within `limit` bytes until that engine has ended.
///
/// A log can pass its limit by what the engine writes in some milliseconds. For engines that this process did not start,
/// and that were given no [`Tender`](crate::Tender): one that `start` made is tended by the starter's own thread for as
/// long as the starter lives. It blocks, and needs no lock of the pool; two that tend one engine do no harm.
pub fn tend_log(dir: &PoolDir, record: &Record, limit: u64) -> Result<(), SpawnError> {
    match identify(record.clone(), &Host::observe()?)? {
        Engine::Alive(_, process) => tend(dir, &process, limit),
        _ => cap_log(dir, limit).map(drop),
    }
}

/// The same for a process that is held already. A log that cannot be moved aside is said once, and tried again.
pub(crate) fn tend(dir: &PoolDir, process: &Process, limit: u64) -> Result<(), SpawnError> {
    tend_from(dir, process, limit, None)
}

/// The same, beginning with a log that is claimed already.
pub(crate) fn tend_from(
    dir: &PoolDir,
    process: &Process,
    limit: u64,
    mut claimed: Option<Log>,
) -> Result<(), SpawnError> {
    let mut told = false;
    if limit == u64::MAX {
        return process.wait(Duration::MAX).map(drop);
    }
    loop {
        let tended = match claimed.take().map_or_else(|| claim(dir), |log| Ok(Some(log))) {
            Ok(Some(log)) => tend_claimed(dir, process, &log, limit),
            other => other.and_then(|_none| process.wait(RETRY)),
        };
        match tended {
            Ok(false) => {}
            Ok(true) => return Ok(()),
            Err(error) => {
                if !told {
                    told = true;
                    tracing::warn!(pool = dir.pool(), %error, "the engine's log could not be kept within its limit");
                }
                if process.wait(RETRY)? {
                    return Ok(());
                }
            }
        }
    }
}

/// Tends the log until the engine has ended, which is `true`, or the log's path names another file.
fn tend_claimed(dir: &PoolDir, process: &Process, log: &Log, limit: u64) -> Result<bool, SpawnError> {
    let changes = changes(dir);
    let mut pause = PAUSE.1;
    loop {
        let (looked, before) = (Instant::now(), log.size(dir)?);
        if process.wait(pause)? {
            return log.cap(dir, limit).map(|_| true);
        }
        let grown = log.size(dir)?.saturating_sub(before);
        log.cap(dir, limit)?;
        pause = next_pause(grown, looked.elapsed(), limit.saturating_sub(log.size(dir)?));
        if grown == 0 {
            if sleep(process, changes.as_ref())? {
                return log.cap(dir, limit).map(|_| true);
            }
            // Whoever begins to write may write much.
            pause = PAUSE.1;
        }
        if !log.is_current(dir) {
            return Ok(false);
        }
    }
}

/// Tells of each write to the log; nothing where the system has no more of these.
fn changes(dir: &PoolDir) -> Option<OwnedFd> {
    let fd = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
    inotify::add_watch(&fd, dir.log_file(), WatchFlags::MODIFY).ok()?;
    Some(fd)
}

/// Sleeps until something is written or the engine has ended; says whether the latter.
fn sleep(process: &Process, changes: Option<&OwnedFd>) -> Result<bool, SpawnError> {
    let Some(changes) = changes else {
        return process.wait(IDLE.1);
    };
    let ended = process.wait_or(changes.as_fd(), IDLE.0)?;
    // What changed is looked at by the caller; here it is only taken off the list.
    let mut events = [0; 4096];
    while rustix::io::read(changes, &mut events).is_ok_and(|length| length > 0) {}
    Ok(ended)
}

/// Half the time that a log which grew so much so fast needs for what is left to it.
fn next_pause(grown: u64, over: Duration, left: u64) -> Duration {
    let half = u128::from(left / 2) * over.as_nanos() / u128::from(grown.max(1));
    Duration::from_nanos(u64::try_from(half).unwrap_or(u64::MAX)).clamp(PAUSE.1, PAUSE.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(grown: u64, over_ms: u64, left: u64, expected_ms: u64) {
        assert_eq!(next_pause(grown, Duration::from_millis(over_ms), left), Duration::from_millis(expected_ms));
    }

    /// F51
    #[test]
    fn a_flood_is_looked_at_more_often() {
        check(0, 100, 16 << 20, 100);
        check(0, 0, 0, 2);
        check(1 << 20, 100, 1 << 20, 50);
        check(1 << 30, 100, 16 << 20, 2);
        check(u64::MAX, 1, u64::MAX, 2);
        check(1, 1, u64::MAX, 100);
    }
}
