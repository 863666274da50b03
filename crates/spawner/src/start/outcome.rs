//! How engines that this process started have exited, for every caller in it.
//!
//! Only the parent of a process is sure to learn this, and another part of the same program may watch the engine than
//! the one that started it. What is known is kept until the pool's next engine is started.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use exec::Exit;

use crate::PoolDir;

/// The last engine of each pool that this process started: its token and outcome.
static STARTED: Mutex<BTreeMap<PathBuf, (String, Arc<Outcome>)>> = Mutex::new(BTreeMap::new());

/// How long the thread that collects an engine may take to do so once that has exited.
pub(crate) const COLLECTED: Duration = Duration::from_secs(2);

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

/// Lets others of this process learn the outcome of the pool's new engine, by its token.
pub(crate) fn publish(dir: &PoolDir, instance: &str, outcome: &Arc<Outcome>) {
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    started.insert(dir.path().to_owned(), (instance.to_owned(), Arc::clone(outcome)));
}

/// The outcome of the engine with this token, where this process started it.
pub(crate) fn known(instance: &str) -> Option<Arc<Outcome>> {
    let started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    started.values().find(|(known, _)| known == instance).map(|(_, outcome)| Arc::clone(outcome))
}

/// How the engine with this token exited, where this process started it; for one that is known to have exited.
pub(crate) fn exited(instance: &str) -> Option<Exit> {
    known(instance)?.wait(COLLECTED)
}
