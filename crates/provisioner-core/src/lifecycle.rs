//! Engines that are prepared or run: start, status, readiness, stop, logs, watch.
//!
//! The rule: an engine is known by its pool's id alone. Nothing here needs the pool's configuration, so that an engine
//! whose configuration is gone can still be looked at and stopped. What it is started, watched and stopped by is a
//! [`Runtime`]; nothing here knows which.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use config_schema::{PoolConfig, PoolId};
use miette::Diagnostic;
use spawner::{LockWait, PoolDir};

use crate::event::{Happening, Reporter};
use crate::execute::published;
use crate::plan::{Outcome, StepId, StepKind};
use crate::pool::locks::waiting_for;
use crate::runtime::{self, Condition, Follow, Runtime, StopOutcome};
use crate::{Ensured, Error, PreparedEngine, Result, Settings};

mod error;
pub(crate) mod exit;
pub(crate) mod gpu_proof;
pub(crate) mod health;
mod on_host;
pub(crate) mod prepared;
pub(crate) mod previous;
mod ready;
mod running;
pub(crate) mod silence;
mod start;
mod status;
mod updated;

use previous::Failed;
use ready::Patience;

pub use error::LifecycleError;
pub use exit::{Ended, ExitReport};
pub use gpu_proof::GpuProofError;
pub use gpu_proof::verdict::OnGpu;
pub use health::Health;
pub use on_host::HostPool;
pub use prepared::PreparedPool;
pub use previous::{PreviousError, Restored, WentBack};
pub use ready::Ready;
pub use running::Running;
pub use status::{PoolState, PoolStatus};

/// How long an engine that worked before may take to answer again, at least.
const OLD_PATIENCE: Duration = Duration::from_mins(2);

/// How long a stop waits for another call that starts or stops this pool, beyond the grace that such a call may give its
/// engine, too.
const STOP_PATIENCE: Duration = Duration::from_secs(30);

/// The engines of this host, by pool.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    settings: Settings,
    runtime: Option<Arc<dyn Runtime>>,
    ready_silence: Option<Duration>,
}

impl Lifecycle {
    /// The engines whose records are below the settings' run folder, each with the runtime that its record names.
    pub fn new(settings: Settings) -> Self {
        Self { settings, runtime: None, ready_silence: None }
    }

    /// The engines that this runtime runs.
    pub fn with_runtime(settings: Settings, runtime: Arc<dyn Runtime>) -> Self {
        Self { settings, runtime: Some(runtime), ready_silence: None }
    }

    /// Has every wait for readiness fail once the engine neither answers nor prints for so long; `None` is no such limit.
    #[must_use]
    pub fn with_ready_silence(self, ready_silence: Option<Duration>) -> Self {
        Self { ready_silence, ..self }
    }

    /// Starts exactly what was prepared; refused by name where what it names has changed since. An engine that already
    /// runs with the same facts is left alone.
    pub fn start(&self, prepared: &PreparedEngine) -> Result<Ensured> {
        self.reported(&prepared.pool_id, StepKind::Start, |reporter| {
            let runtime = self.runtime.clone().unwrap_or_else(|| runtime::native(&self.settings));
            let ensured = start::start(&self.settings, &*runtime, prepared, reporter)?;
            let outcome = ensured.started.outcome();
            Ok((ensured, outcome))
        })
    }

    /// What the pool's engine does now.
    pub fn status(&self, pool: &PoolId) -> Result<PoolStatus> {
        let status = match self.dir(pool)? {
            Some(dir) => status::status(&self.settings, &*self.runtime(), pool, &dir)?,
            None => PoolStatus::of(pool, PoolState::Absent),
        };
        match status.state {
            PoolState::Absent | PoolState::Unreadable => status::unrecorded(&self.settings, status),
            _ => Ok(status),
        }
    }

    /// What every pool of this host does: those of `file`, in their order, then all others that have a record or of which
    /// something lives, by name. A pool that cannot be looked at is listed with the reason.
    ///
    /// # Errors
    /// Where the processes of the host cannot be listed.
    pub fn host_status(&self, file: Option<(&Path, &[PoolConfig])>) -> Result<Vec<HostPool>> {
        on_host::all(self, file)
    }

    /// The engines of this host that are prepared and do not run, by the names of their pools.
    pub fn prepared(&self) -> Result<Vec<PreparedPool>> {
        Ok(prepared::all(self))
    }

    /// Waits until the pool's engine answers, for at most `limit`, and then proves that an engine of a `cuda` pool is on
    /// its GPUs. An engine that exits ends the wait at once, with the cause.
    ///
    /// # Errors
    ///
    /// `gpu::not_used` and `gpu::partial_offload` where it is not: it is left running, unless `Settings::replace` says
    /// otherwise.
    pub fn wait_ready(&self, pool: &PoolId, limit: Duration) -> Result<Ready> {
        self.wait(pool, None, limit)
    }

    /// [`Lifecycle::wait_ready`] for this very engine: one that was stopped or replaced meanwhile is an error. One that
    /// was started by the call that returned it, and is not on its GPUs, is stopped.
    pub fn wait_ready_for(&self, engine: &Ensured, limit: Duration) -> Result<Ready> {
        self.wait(&engine.prepared.pool_id, Some(engine), limit)
    }

    fn wait(&self, pool: &PoolId, engine: Option<&Ensured>, limit: Duration) -> Result<Ready> {
        self.reported(pool, StepKind::Ready, |reporter| {
            let dir = self.dir(pool)?.ok_or(LifecycleError::Gone)?;
            let runtime = self.runtime();
            let patience = Patience { limit, silence: self.ready_silence };
            let ready = ready::wait(&self.settings, &runtime, &dir, engine, patience, reporter)?;
            self.remember(&runtime, &dir, reporter);
            Ok((ready, "ready"))
        })
    }

    /// Stops the pool's engine: after `grace` by force. Afterwards none runs.
    pub fn stop(&self, pool: &PoolId, grace: Duration) -> Result<StopOutcome> {
        self.reported(pool, StepKind::Stop, |reporter| {
            let report = |waiting: &spawner::Waiting| reporter.note(None, waiting_for(waiting));
            let cancelled = || self.settings.cancel.is_cancelled();
            let wait = LockWait::new(STOP_PATIENCE.saturating_add(grace)).reporting(&report).cancelled_by(&cancelled);
            let stopped = self.runtime().stop_pool(&self.settings.run_dir, pool.as_str(), grace, &wait)?;
            Ok((stopped, "stopped"))
        })
    }

    /// Remembers the engine that runs as one that works.
    fn remember(&self, runtime: &Arc<dyn Runtime>, dir: &PoolDir, reporter: &Reporter) {
        let work = || -> Result<()> {
            let _guard = crate::pool::locks::lock(dir, "remember", &self.settings, reporter)?;
            if let Condition::Running { instance, .. } = runtime.status(dir)?
                && let Some(engine) = published::published(&instance, dir)
            {
                previous::proven(dir, &engine);
            }
            Ok(())
        };
        if let Err(error) = work() {
            tracing::warn!(pool = dir.pool(), %error, "the engine that works could not be remembered");
        }
    }

    /// Starts the engine of the pool that worked before the one that runs now, or that exited by itself; another engine
    /// is stopped for it.
    ///
    /// # Errors
    /// `previous::none` where there is none, `previous::gone` where a part of it is no longer there; nothing is stopped
    /// then.
    pub fn start_previous(&self, pool: &PoolId) -> Result<Ensured> {
        let none = || PreviousError::None { pool: pool.to_string() };
        let dir = self.dir(pool)?.ok_or_else(none)?;
        let facts = self.facts(&dir)?;
        let old = previous::other_than(&dir, facts.as_ref()).ok_or_else(none)?;
        self.replacing().start(&old).map_err(previous::gone)
    }

    /// Starts what worked before where a wanted engine failed for `cause`; the failure, with what became of it. An engine
    /// that another call started meanwhile is left alone, and so is a pool that another call stopped.
    pub(crate) fn go_back(&self, pool: &PoolId, cause: Error, failed: &Failed, limit: Duration) -> Error {
        let Ok(Some(dir)) = self.dir(pool) else { return cause };
        let reporter = Reporter::new(&self.settings.observer, pool);
        let look = || -> Result<Condition> {
            // Another call that stops or starts an engine right now is let finish first.
            let _guard = crate::pool::locks::lock(&dir, "go back", &self.settings, &reporter)?;
            self.runtime().status(&dir)
        };
        if !look().is_ok_and(|now| failed.leaves(&now, cause.was_stopped())) {
            return cause;
        }
        let Some(old) = previous::other_than(&dir, Some(&failed.facts)) else { return cause };
        let why = previous::shown(&cause);
        reporter.warn(format!("the wanted engine failed ({why}); the one before it is started again"));
        let old = match self.replacing().start(&old).map_err(previous::gone) {
            Ok(old) => old,
            Err(error) => return previous::went_back(cause, Err(error)),
        };
        previous::set_restored(&dir, &cause);
        let old = self.wait_ready_for(&old, limit.max(OLD_PATIENCE)).map(|_| old);
        // Once it answers it counts as the newest that worked, which is no reason to forget why it runs.
        previous::set_restored(&dir, &cause);
        previous::went_back(cause, old)
    }

    /// The facts of the engine that runs, or that exited by itself.
    fn facts(&self, dir: &PoolDir) -> Result<Option<crate::supply::Facts>> {
        Ok(match self.runtime().status(dir)? {
            Condition::Running { instance, .. }
            | Condition::Stopping { instance, .. }
            | Condition::Exited { instance, .. }
            | Condition::Stale { instance, .. } => Some(instance.facts),
            Condition::Foreign { .. } | Condition::Absent | Condition::Unreadable { .. } => None,
        })
    }

    /// The same, for starts that stop another engine.
    fn replacing(&self) -> Self {
        Self { settings: Settings { replace: true, ..self.settings.clone() }, ..self.clone() }
    }

    /// The last lines of what the pool's engine printed, safe to show.
    pub fn logs(&self, pool: &PoolId, lines: usize) -> Result<String> {
        let dir = self.dir(pool)?;
        dir.map_or_else(|| Ok(String::new()), |dir| self.runtime().logs(&dir, lines))
    }

    /// The last lines of what the pool's engine printed and then what it prints, until it exits.
    pub fn follow(&self, pool: &PoolId, lines: usize) -> Result<Option<Follow>> {
        self.dir(pool)?.map(|dir| self.runtime().follow(&dir, lines)).transpose()
    }

    /// The pool's engine while it lives, with a descriptor that becomes readable when it exits.
    pub fn running(&self, pool: &PoolId) -> Result<Option<Running>> {
        self.dir(pool)?.map_or(Ok(None), |dir| running::of(self.runtime(), dir))
    }

    /// The file that the pool's engine prints to, where the pool has one.
    pub fn log_file(&self, pool: &PoolId) -> Result<Option<std::path::PathBuf>> {
        self.dir(pool)?.map_or(Ok(None), |dir| Ok(self.runtime().log_file(&dir)))
    }

    /// What the last `prepare` or `ensure` of the pool did.
    pub fn executed(&self, pool: &PoolId) -> Result<Option<crate::Executed>> {
        Ok(self.dir(pool)?.and_then(|dir| crate::execute::record::read(&dir)))
    }

    /// The folder of a pool; none while nothing was ever prepared for it.
    fn dir(&self, pool: &PoolId) -> Result<Option<PoolDir>> {
        Ok(PoolDir::existing(&self.settings.run_dir, pool.as_str())?)
    }

    /// What runs the pool's engine.
    fn runtime(&self) -> Arc<dyn Runtime> {
        self.runtime.clone().unwrap_or_else(|| runtime::native(&self.settings))
    }

    /// Does something for a pool as one run of one step, and reports its beginning and end.
    fn reported<T>(
        &self,
        pool: &PoolId,
        kind: StepKind,
        work: impl FnOnce(&Reporter) -> Result<(T, &'static str)>,
    ) -> Result<T> {
        let (reporter, begin) = (Reporter::new(&self.settings.observer, pool), Instant::now());
        let step = StepId::from(kind);
        reporter.send(Some(&step), Happening::Begin { kind });
        let result = work(&reporter).map_err(Error::or_cancelled);
        let seconds = begin.elapsed().as_secs_f64();
        let (outcome, ended, code) = match &result {
            Ok((_, outcome)) => ((*outcome).to_owned(), Outcome::Done, None),
            Err(error) => {
                let ended = if error.is_cancelled() { Outcome::Cancelled } else { Outcome::Failed };
                ("failed".to_owned(), ended, error.code().map(|code| code.to_string()))
            }
        };
        reporter.send(Some(&step), Happening::End { outcome: ended, seconds, cache: None, code: code.clone() });
        reporter.send(None, Happening::Finished { outcome, seconds, code });
        result.map(|(value, _)| value)
    }
}
