//! How engines that this process started have exited, for whoever in it asks.
//!
//! Only the parent of a process is sure to learn this, and another part of the same program may watch the engine than
//! the one that started it. What is known is kept for as long as the engine lives or somebody watches it.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::Duration;

use exec::Exit;

/// The engines of this process by their tokens.
static STARTED: Mutex<BTreeMap<String, Weak<Outcome>>> = Mutex::new(BTreeMap::new());

/// How the engine ended, once it has.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    exit: Mutex<Option<Exit>>,
    known: Condvar,
}

impl Outcome {
    pub(crate) fn set(&self, exit: Exit) {
        *self.exit.lock().unwrap_or_else(PoisonError::into_inner) = Some(exit);
        self.known.notify_all();
    }

    /// Waits for the end, for at most `limit`.
    pub(crate) fn wait(&self, limit: Duration) -> Option<Exit> {
        let exit = self.exit.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.known.wait_timeout_while(exit, limit, |exit| exit.is_none());
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Lets others of this process learn the outcome of the engine with this token.
pub(crate) fn publish(instance: &str, outcome: &Arc<Outcome>) {
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    started.retain(|_, outcome| outcome.strong_count() > 0);
    started.insert(instance.to_owned(), Arc::downgrade(outcome));
}

/// The outcome of the engine with this token, where this process started it.
pub(crate) fn known(instance: &str) -> Option<Arc<Outcome>> {
    STARTED.lock().unwrap_or_else(PoisonError::into_inner).get(instance).and_then(Weak::upgrade)
}
