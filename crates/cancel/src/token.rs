//! The token itself: a flag for those who check, and a condition variable for those who sleep.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

/// A cancellation token. Clones share one state; two tokens are equal when they share it.
#[derive(Clone, Default)]
pub struct Cancel(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// Cancelled with this one. Those that are gone are forgotten when the next one is made.
    children: Mutex<Vec<Weak<Self>>>,
    cancelled: AtomicBool,
    /// Held while the flag is set and while a sleeper decides to sleep, so that no wake-up is lost.
    gate: Mutex<()>,
    changed: Condvar,
}

/// The token was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cancelled;

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cancelled")
    }
}

impl std::error::Error for Cancelled {}

impl Cancel {
    /// A token that is not cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// A token that is cancelled with this one, and can be cancelled without it: for a part of the work that ends
    /// early.
    #[must_use]
    pub fn child(&self) -> Self {
        let child = Self::new();
        let mut children = self.0.children.lock().unwrap_or_else(PoisonError::into_inner);
        children.retain(|known| known.strong_count() > 0);
        children.push(Arc::downgrade(&child.0));
        drop(children);
        // A cancelling thread sets the flag before it looks at the children: one of the two sees the other.
        if self.is_cancelled() {
            child.cancel();
        }
        child
    }

    /// Cancels the token and its children for good, and wakes every thread that waits on one of them. Not for signal
    /// handlers: it takes a lock.
    pub fn cancel(&self) {
        let gate = self.0.gate.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.cancelled.store(true, Ordering::SeqCst);
        drop(gate);
        self.0.changed.notify_all();
        let children = std::mem::take(&mut *self.0.children.lock().unwrap_or_else(PoisonError::into_inner));
        for child in children.iter().filter_map(Weak::upgrade) {
            Self(child).cancel();
        }
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Fails once it was cancelled: `cancel.check()?` between two steps.
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }

    /// Sleeps for `duration`, or until the token is cancelled; returns whether it was cancelled. A duration that
    /// exceeds what the clock can express is a wait without limit.
    pub fn wait(&self, duration: Duration) -> bool {
        if self.is_cancelled() {
            return true;
        }
        let end = Instant::now().checked_add(duration);
        let mut gate = self.0.gate.lock().unwrap_or_else(PoisonError::into_inner);
        while !self.is_cancelled() {
            gate = match end.map(|end| end.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => return false,
                Some(left) => self.0.changed.wait_timeout(gate, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.0.changed.wait(gate).unwrap_or_else(PoisonError::into_inner),
            };
        }
        true
    }
}

impl PartialEq for Cancel {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Cancel {}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancel").field("cancelled", &self.is_cancelled()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    #[test]
    fn a_wait_without_a_cancel_takes_its_time() {
        let (cancel, begin) = (Cancel::new(), Instant::now());
        assert!(!cancel.wait(Duration::from_millis(30)));
        assert!(begin.elapsed() >= Duration::from_millis(30));
        assert_eq!(cancel.check(), Ok(()));
        assert!(!cancel.wait(Duration::ZERO));
    }

    #[test]
    fn a_cancel_is_permanent_and_shared() {
        let cancel = Cancel::new();
        let clone = cancel.clone();
        clone.cancel();
        clone.cancel();
        assert!(cancel.is_cancelled() && cancel.wait(LONG) && cancel.wait(Duration::MAX));
        assert_eq!(cancel.check(), Err(Cancelled));
        assert_eq!(cancel, clone);
        assert_ne!(cancel, Cancel::new());
        assert_eq!(format!("{cancel:?}"), "Cancel { cancelled: true, .. }");
    }

    /// Many sleepers, many times: none misses the wake-up, whichever side comes first.
    #[test]
    fn no_wake_up_is_lost() {
        let begin = Instant::now();
        for round in 0..200 {
            let cancel = Cancel::new();
            std::thread::scope(|scope| {
                let sleepers: Vec<_> = [LONG, Duration::MAX, LONG]
                    .into_iter()
                    .map(|limit| {
                        let cancel = cancel.clone();
                        scope.spawn(move || cancel.wait(limit))
                    })
                    .collect();
                if round % 2 == 0 {
                    std::thread::yield_now();
                }
                cancel.cancel();
                assert!(sleepers.into_iter().all(|sleeper| sleeper.join().unwrap()));
            });
        }
        assert!(begin.elapsed() < LONG, "{:?}", begin.elapsed());
    }

    #[test]
    fn a_child_ends_with_its_parent_and_not_the_other_way_round() {
        let parent = Cancel::new();
        let (first, second) = (parent.child(), parent.child());
        first.cancel();
        assert!(first.is_cancelled() && !parent.is_cancelled() && !second.is_cancelled());
        let grandchild = second.child();
        parent.cancel();
        assert!(second.is_cancelled() && grandchild.wait(LONG) && parent.child().is_cancelled());
    }

    /// A child that is made while its parent is cancelled is cancelled, too.
    #[test]
    fn no_child_is_missed() {
        for _ in 0..500 {
            let parent = Cancel::new();
            let canceller = parent.clone();
            let child = std::thread::scope(|scope| {
                scope.spawn(move || canceller.cancel());
                parent.child()
            });
            assert!(child.is_cancelled());
        }
    }

    #[test]
    fn it_crosses_threads() {
        fn assert_send_sync<T: Send + Sync + 'static>() {}
        assert_send_sync::<Cancel>();
    }
}
