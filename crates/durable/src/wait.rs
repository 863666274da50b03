//! How a caller waits for a lock: how long at most, whether it can be cancelled, and who hears of the wait.

use std::fmt;
use std::time::Duration;

use cancel::Cancel;

use crate::Holder;

/// Called with the holder of the lock.
type Tell<'a> = Box<dyn FnOnce(&Holder) + 'a>;

/// How to wait for a lock that is held.
pub struct Wait<'a> {
    limit: Duration,
    cancel: Option<Cancel>,
    tell: Option<Tell<'a>>,
}

impl<'a> Wait<'a> {
    /// Waits for `limit` at most.
    pub fn new(limit: Duration) -> Self {
        Self { limit, cancel: None, tell: None }
    }

    /// Stops waiting as soon as the token is cancelled.
    #[must_use]
    pub fn cancel(mut self, cancel: &Cancel) -> Self {
        self.cancel = Some(cancel.clone());
        self
    }

    /// Calls `tell` once when the lock is held by another, as soon as that holder has left its name.
    #[must_use]
    pub fn tell(mut self, tell: impl FnOnce(&Holder) + 'a) -> Self {
        self.tell = Some(Box::new(tell));
        self
    }

    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.as_ref().is_some_and(Cancel::is_cancelled)
    }

    pub(crate) fn take_tell(&mut self) -> Option<Tell<'a>> {
        self.tell.take()
    }

    /// Sleeps, unless the token is or gets cancelled.
    pub(crate) fn pause(&self, pause: Duration) {
        match &self.cancel {
            Some(cancel) => {
                cancel.wait(pause);
            }
            None => std::thread::sleep(pause),
        }
    }
}

impl fmt::Debug for Wait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, cancel, tell } = self;
        f.debug_struct("Wait").field("limit", limit).field("cancel", cancel).field("tell", &tell.is_some()).finish()
    }
}
