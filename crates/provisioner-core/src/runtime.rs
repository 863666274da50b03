//! How an engine is run, watched and stopped: one file a way to run it.
//!
//! The rule: a runtime says what is and does what it is asked; what that means for a pool, such as when an engine is
//! ready and why it exited, is decided by [`lifecycle`](crate::lifecycle) for every runtime alike.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use config_schema::ProvisioningMode;
use spawner::{LockWait, PoolDir, PoolGuard, Processes, RecordedEngine};

use crate::{Ensured, Result, Settings};

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

/// The runtime for engines of a mode.
pub(crate) fn of_mode(mode: ProvisioningMode, settings: &Settings) -> Arc<dyn Runtime> {
    match mode {
        ProvisioningMode::Source
        | ProvisioningMode::Binary
        | ProvisioningMode::Package
        | ProvisioningMode::Container
        | ProvisioningMode::External => Arc::new(process::ProcessRuntime::of(settings)),
    }
}

/// The runtime for the engine that a pool has, by its record. Without a record, an engine can only be a process, which
/// is found by what its environment says. The runtime of processes refuses to touch an engine of another kind.
pub(crate) fn of_pool(pool: &str, settings: &Settings) -> Result<Arc<dyn Runtime>> {
    let record = match PoolDir::existing(&settings.run_dir, pool)? {
        Some(dir) => spawner::recorded(&dir)?,
        None => None,
    };
    Ok(match record.map(|record| record.engine) {
        None
        | Some(RecordedEngine::Process { .. } | RecordedEngine::Container { .. } | RecordedEngine::Remote { .. }) => {
            Arc::new(process::ProcessRuntime::of(settings))
        }
    })
}
