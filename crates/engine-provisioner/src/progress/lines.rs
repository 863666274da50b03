//! Progress in a pipe: a line for each step, and one now and then for a step that takes long.

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanDuration};
use provisioner_core::Unit;

use crate::progress::steps::{Reached, Step};

/// How often a pipe is given a line about steps that take long.
const PAUSE: Duration = Duration::from_secs(10);

/// When the last line was printed.
pub(crate) struct Lines(Mutex<Instant>);

impl Lines {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Instant::now()))
    }

    /// A step began or has come further; `pool` begins the line where several pools are worked on.
    pub(crate) fn on(&self, step: &Step, pool: &str) {
        match &step.progress {
            None => self.phase(step.name, pool),
            Some(reached) if self.is_due() => say(&format!("  {pool}{}: {}", step.id, further(step, reached))),
            Some(_) => {}
        }
    }

    /// Something begins.
    fn phase(&self, name: &str, pool: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        say(&format!("{pool}{name} ..."));
    }

    /// Whether nothing was printed for a while; if so, it counts as printed.
    fn is_due(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.elapsed() >= PAUSE;
        if due {
            *last = Instant::now();
        }
        due
    }
}

/// Prints a line to standard error. A reader that is gone does not end the work.
pub(crate) fn say(line: &str) {
    writeln!(anstream::stderr(), "{line}").ok();
}

fn further(step: &Step, reached: &Reached) -> String {
    let Reached { done, total, unit, what, .. } = reached;
    let percent = total.map(|total| format!(" ({} %)", done.saturating_mul(100) / total.max(1))).unwrap_or_default();
    let after = step.begin.elapsed().as_secs();
    let left = left(reached);
    match (unit, total) {
        (Unit::Seconds, _) => format!("{what}, {done} s"),
        (Unit::Steps, Some(total)) => format!("{done}/{total}{percent} after {after} s{left}"),
        (Unit::Steps, None) => format!("{done} after {after} s{left}"),
        (Unit::Bytes, _) => format!("{}{percent} after {after} s{left}", HumanBytes(*done)),
    }
}

/// How long the rest takes, where that is known.
pub(crate) fn left(reached: &Reached) -> String {
    let left = reached.left_s.map(Duration::from_secs);
    left.map(|left| format!(", {} left", HumanDuration(left))).unwrap_or_default()
}
