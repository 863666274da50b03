//! Keeping the log of a running engine within its limit.

use std::time::{Duration, Instant};

use crate::host::Host;
use crate::identity::{Engine, identify};
use crate::log::cap_log;
use crate::process::Process;
use crate::{PoolDir, Record, SpawnError};

/// The longest and the shortest pause between two looks at the log's size.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(2));

/// Keeps the log of the engine of `record` within `limit` bytes until that engine has ended.
///
/// A log can pass its limit by what the engine writes in a tenth of a second; one that grows fast is looked at more often.
/// For engines that this process did not start: one that `start` made is tended by the starter's own thread for as long
/// as the starter lives. It blocks, and needs no lock; two that tend one engine do no harm.
pub fn tend_log(dir: &PoolDir, record: &Record, limit: u64) -> Result<(), SpawnError> {
    match identify(record.clone(), &Host::observe()?)? {
        Engine::Alive(_, process) => tend(dir, &process, limit),
        _ => Ok(()),
    }
}

/// The same for a process that is held already. A log that cannot be moved aside is said once, and tried again.
pub(crate) fn tend(dir: &PoolDir, process: &Process, limit: u64) -> Result<(), SpawnError> {
    let (mut pause, mut before, mut told) = (PAUSE.0, 0, false);
    loop {
        let looked = Instant::now();
        if process.wait(pause)? {
            return cap_log(dir, limit).map(drop);
        }
        match cap_log(dir, limit) {
            Ok(_) => told = false,
            Err(error) if !told => {
                told = true;
                tracing::warn!(pool = dir.pool(), %error, "the engine's log could not be kept within its limit");
            }
            Err(_) => {}
        }
        let size = std::fs::symlink_metadata(dir.log_file()).map_or(0, |meta| meta.len());
        pause = next_pause(size.saturating_sub(before), looked.elapsed(), limit.saturating_sub(size));
        before = size;
    }
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
