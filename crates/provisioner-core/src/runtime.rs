//! How an engine is run, watched and stopped: one file a way to run it.
//!
//! The rule: a runtime says what is and does what it is asked; what that means for a pool, such as when an engine is
//! ready and why it exited, is decided by [`lifecycle`](crate::lifecycle) for every runtime alike.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use spawner::{LockWait, PoolDir, PoolGuard, Processes};

use crate::{Ensured, Result, Settings};

#[cfg(feature = "finished")]
mod by_record;
#[cfg(feature = "finished")]
pub(crate) mod external;
pub(crate) mod helper;
mod instance;
mod launch;
pub(crate) mod process;

pub use instance::{Answer, Condition, Instance, Seen, StopOutcome, Usage, Vitals, Watched, Watching};
pub use launch::{Start, StartWhat};

/// The lines of an engine's log as they are printed, safe to show; ends when the engine exits.
pub type Follow = Box<dyn Iterator<Item = Result<String>> + Send>;

/// A way to run engines.
pub trait Runtime: fmt::Debug + Send + Sync {
    /// The live processes of this pool, whichever call started them. Reads only. The pool's folder need not exist.
    fn observe(&self, run_root: &Path, pool: &str) -> Result<Seen>;

    /// [`observe`](Self::observe) for one of many pools that are asked about in the same moment: `all` is looked at once for
    /// all of them.
    fn observe_among(&self, run_root: &Path, pool: &str, all: &Processes) -> Result<Seen> {
        let _ = all;
        self.observe(run_root, pool)
    }

    /// Finishes what an interrupted start or stop left, so that nothing of the pool's own holds a port.
    fn settle(&self, guard: &PoolGuard) -> Result<()>;

    /// Starts an engine in a locked pool that has none, and watches it for a moment.
    fn start(&self, guard: &PoolGuard, start: &Start) -> Result<Instance>;

    /// Stops the pool's engine in bounded time.
    fn stop(&self, guard: &PoolGuard, grace: Duration) -> Result<StopOutcome>;

    /// Gives an engine that goes on running what its starter gave it and it may have lost, such as the care of its log.
    fn adopt(&self, guard: &PoolGuard, instance: &Instance) -> Result<()>;

    /// What the pool's engine does now. Reads only.
    fn status(&self, dir: &PoolDir) -> Result<Condition>;

    /// Asks a running engine once whether it serves, and makes sure that it is the engine that answers.
    /// [`ask`](crate::seam::ask) asks by HTTP as the engine's profile says.
    fn answers(&self, dir: &PoolDir, engine: &Ensured) -> Result<Answer>;

    /// What a running engine uses and, where its summary is given, what it answers.
    fn vitals(&self, dir: &PoolDir, instance: &Instance, engine: Option<&Ensured>) -> Result<Vitals>;

    /// Makes sure that an engine that is to be kept is still what its summary says, where only asking it can show that; in
    /// words what became of it, where it is another one by now.
    ///
    /// # Errors
    /// Where it can no longer be used.
    fn kept(&self, dir: &PoolDir, engine: &Ensured) -> Result<Option<String>> {
        let _ = (dir, engine);
        Ok(None)
    }

    /// The vitals of several running engines, in their order. A runtime that can look at all of them at once does.
    fn vitals_of_all(&self, engines: &[(&PoolDir, &Instance, Option<&Ensured>)]) -> Vec<Result<Vitals>> {
        engines.iter().map(|(dir, instance, engine)| self.vitals(dir, instance, *engine)).collect()
    }

    /// The first of a running engine's processes, as this host numbers them; none where it does not run. Asked at each proof
    /// of its GPUs: the others are asked for only where GPUs have more processes than this one.
    fn leader(&self, dir: &PoolDir, instance: &Instance) -> Result<Option<i32>> {
        Ok(self.pids(dir, instance)?.and_then(|pids| pids.first().copied()))
    }

    /// All processes of a running engine, its leader first; none where it does not run.
    fn pids(&self, dir: &PoolDir, instance: &Instance) -> Result<Option<Vec<i32>>> {
        Ok(self.vitals(dir, instance, None)?.usage.map(|usage| usage.pids))
    }

    /// The pool's engine while it runs, to be watched; none where it does not run.
    fn running(&self, dir: &PoolDir) -> Result<Option<Watching>>;

    /// The last lines that the pool's engine printed, safe to show, without an end of line after the last; empty where
    /// there are none.
    fn logs(&self, dir: &PoolDir, lines: usize) -> Result<String>;

    /// What the pool's engine printed, as it printed it: all of it, or of a long log its start and its end, a few MiB each.
    /// [`diagnose`](failure_diagnosis::diagnose) reads it; it is not safe to show.
    fn whole_log(&self, dir: &PoolDir) -> Result<String> {
        self.logs(dir, 10_000)
    }

    /// What the pool's engine printed first, up to so many bytes; empty where there is no log. For evidence, which is
    /// masked where it is shown.
    fn log_head(&self, dir: &PoolDir, max_bytes: u64) -> Result<String> {
        Ok(spawner::log_head(dir, max_bytes)?)
    }

    /// The last lines that the pool's engine printed, and those that it prints until it exits.
    fn follow(&self, dir: &PoolDir, lines: usize) -> Result<Follow>;

    /// The file that the pool's engine prints to, where it prints to one.
    fn log_file(&self, dir: &PoolDir) -> Option<PathBuf> {
        Some(dir.log_file())
    }

    /// Stops the engine of a pool that is known by its name alone and need not have a folder; `wait` is how its lock is
    /// waited for.
    fn stop_pool(&self, run_root: &Path, pool: &str, grace: Duration, wait: &LockWait<'_>) -> Result<StopOutcome> {
        match PoolDir::existing(run_root, pool)? {
            Some(dir) => self.stop(&dir.lock_with("stop", wait)?, grace),
            None => Ok(StopOutcome::NothingRecorded),
        }
    }
}

/// The runtime for engines of every mode: the record of the engine that a pool has says how that is looked at and stopped.
pub(crate) fn native(settings: &Settings) -> Arc<dyn Runtime> {
    #[cfg(feature = "finished")]
    return Arc::new(by_record::ByRecord::of(settings));
    #[cfg(not(feature = "finished"))]
    Arc::new(process::ProcessRuntime::of(settings))
}
