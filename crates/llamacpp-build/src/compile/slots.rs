//! The compilers of all builds on this host together: as many at once as it has cores.
//!
//! Each is a lock that a build holds while it compiles, so a killed build gives its own back at once. A build waits until as
//! many are free as it was planned with: what runs is what the plan says, and a build that started with one compiler would
//! stay with one to its end.

use std::time::{Duration, Instant};

use cancel::Cancel;
use durable::Lock;
use engine_store::Layout;

use crate::BuildError;

const PAUSE: Duration = Duration::from_millis(100);

/// Held compilers; dropping them gives them back.
#[derive(Debug)]
pub(crate) struct Slots(Vec<Lock>);

impl Slots {
    /// Takes `wanted` of the host's `cores` (or of `wanted`, if an operator wants more), waiting up to `wait` for all of them.
    /// `on_wait` is called once if it has to wait.
    pub(crate) fn take(
        layout: &Layout,
        cores: u32,
        wanted: u32,
        wait: Duration,
        cancel: &Cancel,
        on_wait: &dyn Fn(),
    ) -> Result<Self, BuildError> {
        let started = Instant::now();
        let mut told = false;
        loop {
            let mut held = Vec::new();
            for slot in 0..cores.max(wanted) {
                held.extend(Lock::try_acquire(&layout.lock(&format!("compiler-{slot}")), "compiling")?);
                if held.len() == wanted as usize {
                    break;
                }
            }
            if held.len() == wanted as usize {
                return Ok(Self(held));
            }
            drop(held);
            if !told {
                told = true;
                on_wait();
            }
            if started.elapsed() > wait {
                let path = layout.lock("compiler-0");
                let holder = Lock::holder(&path);
                return Err(durable::DurableError::LockTimeout { path, holder, waited: started.elapsed() }.into());
            }
            if cancel.wait(PAUSE) {
                let path = layout.lock("compiler-0");
                let holder = Lock::holder(&path);
                return Err(durable::DurableError::LockCancelled { path, holder, waited: started.elapsed() }.into());
            }
        }
    }

    /// How many compilers may run.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// Gives half of them back; false when there is only one.
    pub(crate) fn halve(&mut self) -> bool {
        let half = self.0.len() / 2;
        self.0.truncate(half.max(1));
        half > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F20: two builds at once never have more compilers than the host has cores, and each has as many as it was planned with.
    #[test]
    fn builds_share_the_host() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path()).unwrap();
        layout.create().unwrap();
        let take = |wanted, wait| Slots::take(&layout, 8, wanted, Duration::from_millis(wait), &Cancel::new(), &|| ());
        let mut first = take(5, 0).unwrap();
        assert!(take(6, 1).is_err(), "three are left");
        let second = take(3, 0).unwrap();
        assert_eq!((first.count(), second.count()), (5, 3));
        assert!(take(1, 1).is_err(), "nothing is left");
        assert!(first.halve());
        assert_eq!(take(3, 0).unwrap().count(), 3, "what was given back");
        drop(second);
        assert!(first.halve() && !first.halve());
        assert_eq!(first.count(), 1);
        assert!(take(16, 1).is_err(), "it waits for the first");
        drop(first);
        assert_eq!(take(16, 0).unwrap().count(), 16, "an operator may want more than there are cores");
    }
}
