//! How long a crashed engine waits for its restart: twice as long after each crash, until one has run for a while.

use std::time::Duration;

/// No pause is longer.
const LONGEST: Duration = Duration::from_mins(1);

/// An engine that ran for this long before it crashed is no part of a series of crashes.
const STEADY: Duration = Duration::from_mins(5);

/// The series of crashes of one pool.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    crashes: u32,
}

impl Backoff {
    pub(crate) fn new(first: Duration) -> Self {
        Self { first, crashes: 0 }
    }

    /// The pause after a crash of an engine that had run for `uptime`.
    pub(crate) fn next(&mut self, uptime: Duration) -> Duration {
        if uptime >= STEADY {
            self.crashes = 0;
        }
        let pause = self.first.saturating_mul(1 << self.crashes.min(16)).min(LONGEST);
        self.crashes = self.crashes.saturating_add(1);
        pause
    }
}
