//! Ending every process of an engine: asked first, forced after the grace, and not done until none is left.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::SpawnError;
use crate::process::family::Family;

/// How long the kernel may take to end a process after SIGKILL.
pub(crate) const KILL_WAIT: Duration = Duration::from_secs(10);

/// How long known members are waited for before new ones are looked for: a process that has not been asked yet may have
/// been forked since. Doubled each time, up to the second.
const SWEEP: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// What it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// There was no process.
    Nothing,
    /// All ended after SIGTERM.
    Asked,
    /// At least one needed SIGKILL.
    Forced,
}

/// Ends the family. Each process gets SIGTERM once, has until `grace` is over, and then gets SIGKILL; a grace of zero
/// begins with SIGKILL. When this returns without an error, no member is left.
pub(crate) fn end(family: &mut Family, grace: Duration) -> Result<Ended, SpawnError> {
    let mut ended = Ended::Nothing;
    for (signal, limit) in [(Signal::TERM, grace), (Signal::KILL, KILL_WAIT)] {
        if limit.is_zero() {
            continue;
        }
        let started = Instant::now();
        let mut pause = SWEEP.0;
        loop {
            if !family.sweep()? {
                return Ok(ended);
            }
            // A tender that has not ended by now hangs, and its engine is gone.
            let hangs = signal == Signal::TERM && pause > SWEEP.0 && family.is_over();
            if hangs || started.elapsed() >= limit {
                break;
            }
            if family.ask(signal)? {
                ended = if signal == Signal::KILL { Ended::Forced } else { Ended::Asked };
            }
            if let Some(error) = family.barred() {
                return Err(error);
            }
            family.wait_all(pause.min(limit.saturating_sub(started.elapsed())))?;
            pause = (pause * 2).min(SWEEP.1);
        }
    }
    Err(SpawnError::Survivors { pids: family.pids(), waited: KILL_WAIT })
}
