//! How many builds of one process may be under way at once.
//!
//! The rule: a build waits for its slot while it holds the lock of its key and nothing else of another build, and no build
//! that has a slot waits for another build's key: so the pools of one call cannot wait for each other in a circle.

use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use cancel::{Cancel, Cancelled};

/// How often a build that waits looks whether it was cancelled.
const PAUSE: Duration = Duration::from_millis(100);

/// The slots. Clones are the same slots.
#[derive(Clone, Debug)]
pub struct BuildSlots(Arc<Slots>);

#[derive(Debug)]
struct Slots {
    free: Mutex<usize>,
    freed: Condvar,
}

/// A slot that is taken; dropping it gives it back.
#[derive(Debug)]
pub(crate) struct BuildSlot(Arc<Slots>);

impl BuildSlots {
    /// Slots for so many builds at once.
    pub fn new(count: NonZeroUsize) -> Self {
        Self(Arc::new(Slots { free: Mutex::new(count.get()), freed: Condvar::new() }))
    }

    /// Takes a slot. `on_wait` is called once if it has to be waited for.
    ///
    /// # Errors
    /// Where the caller cancels meanwhile.
    pub(crate) fn take(&self, cancel: &Cancel, on_wait: impl FnOnce()) -> Result<BuildSlot, Cancelled> {
        let mut free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        if *free == 0 {
            on_wait();
        }
        while *free == 0 {
            cancel.check()?;
            free = self.0.freed.wait_timeout(free, PAUSE).unwrap_or_else(PoisonError::into_inner).0;
        }
        *free -= 1;
        Ok(BuildSlot(Arc::clone(&self.0)))
    }
}

impl Drop for BuildSlot {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn no_more_builds_than_slots() {
        let slots = BuildSlots::new(NonZeroUsize::new(2).unwrap());
        let (now, most, waited) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let on_wait = || {
                        waited.fetch_add(1, Ordering::SeqCst);
                    };
                    let _slot = slots.take(&Cancel::new(), on_wait).unwrap();
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(20));
                    now.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(most.into_inner(), 2);
        assert!(waited.into_inner() > 0);
    }

    #[test]
    fn a_cancelled_wait_ends() {
        let slots = BuildSlots::new(NonZeroUsize::MIN);
        let held = slots.take(&Cancel::new(), || ()).unwrap();
        let cancel = Cancel::new();
        cancel.cancel();
        slots.take(&cancel, || ()).unwrap_err();
        drop(held);
        slots.take(&Cancel::new(), || ()).unwrap();
    }
}
