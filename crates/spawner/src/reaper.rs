//! Collecting the engine's exit status: a thread that sleeps in `wait`, so that a long-lived caller keeps no zombie.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use exec::Exit;

use crate::SpawnError;
use crate::child::Child;
use crate::process::exit_of;

/// How the engine ended, once it has.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    exit: Mutex<Option<Exit>>,
    known: Condvar,
}

impl Outcome {
    fn set(&self, exit: Exit) {
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

/// A thread that waits to be given a child. It exists before the child does, so that no child is left without it.
#[derive(Debug)]
pub(crate) struct Reaper {
    give: SyncSender<Child>,
    outcome: Arc<Outcome>,
}

impl Reaper {
    /// Starts the thread; without a child it ends when the reaper is dropped.
    pub(crate) fn prepare(pool: &str) -> Result<Self, SpawnError> {
        let (give, take) = sync_channel::<Child>(1);
        let outcome = Arc::new(Outcome::default());
        let told = Arc::clone(&outcome);
        let run = move || {
            if let Ok(mut child) = take.recv() {
                told.set(reap(&mut child));
                // Where orphans come to us (as PID 1 or as subreaper), the rest of the group is ours to collect too.
                child.wait().ok();
            }
        };
        match thread::Builder::new().name(format!("reap {pool}")).spawn(run) {
            Ok(_) => Ok(Self { give, outcome }),
            Err(source) => Err(SpawnError::System { call: "clone", source }),
        }
    }

    /// Gives the child to the thread.
    pub(crate) fn hand_over(self, child: Child) -> Arc<Outcome> {
        // The thread ends only after it took one.
        self.give.send(child).ok();
        self.outcome
    }
}

/// Waits for the leader and collects its status, without waiting for the rest of its group.
pub(crate) fn reap(child: &mut Child) -> Exit {
    // An error means that somebody else collected it: SIGCHLD is ignored, or the host program waits for every child.
    child.inner_mut().wait().map_or(Exit::Unknown, exit_of)
}
