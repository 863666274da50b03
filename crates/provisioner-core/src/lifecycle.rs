//! Engines that are prepared or run: start, status, readiness, stop, logs, watch.
//!
//! The rule: an engine is known by its pool's id alone. Nothing here needs the pool's configuration, so that an engine
//! whose configuration is gone can still be looked at and stopped.

use std::time::{Duration, Instant};

use config_schema::PoolId;
use miette::Diagnostic;
use spawner::{LOG_LIMIT, LockWait, PoolDir};

use crate::event::{Happening, Reporter};
use crate::plan::{Outcome, StepId, StepKind};
use crate::pool::locks::waiting_for;
use crate::runtime::StopOutcome;
use crate::{Ensured, Error, PreparedEngine, Result, Settings};

mod error;
pub(crate) mod exit;
mod health;
mod ready;
mod running;
mod start;
mod status;

pub use error::LifecycleError;
pub use exit::{Ended, ExitReport};
pub use health::Health;
pub use ready::Ready;
pub use running::Running;
pub use status::{PoolState, PoolStatus};

/// How long a stop waits for whoever starts or stops this pool right now.
const STOP_PATIENCE: Duration = Duration::from_secs(30);

/// The engines of this host, by pool.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    settings: Settings,
}

impl Lifecycle {
    /// The engines whose records are below the settings' run folder.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// Starts exactly what was prepared; refused by name where what it names has changed since. An engine that already
    /// runs with the same facts is left alone.
    pub fn start(&self, prepared: &PreparedEngine) -> Result<Ensured> {
        self.reported(&prepared.pool_id, StepKind::Start, |reporter| {
            let ensured = start::start(&self.settings, prepared, reporter)?;
            let outcome = ensured.started.outcome();
            Ok((ensured, outcome))
        })
    }

    /// What the pool's engine does now.
    pub fn status(&self, pool: &PoolId) -> Result<PoolStatus> {
        let status = match self.dir(pool)? {
            Some(dir) => status::status(&self.settings, pool, &dir)?,
            None => PoolStatus::of(pool, PoolState::Absent),
        };
        match status.state {
            PoolState::Absent | PoolState::Unreadable => status::unrecorded(&self.settings, status),
            _ => Ok(status),
        }
    }

    /// Waits until the pool's engine answers, for at most `limit`. An engine that exits ends the wait at once, with the
    /// cause.
    pub fn wait_ready(&self, pool: &PoolId, limit: Duration) -> Result<Ready> {
        self.wait(pool, None, limit)
    }

    /// [`Lifecycle::wait_ready`] for this very engine: one that was stopped or replaced meanwhile is an error.
    pub fn wait_ready_for(&self, engine: &Ensured, limit: Duration) -> Result<Ready> {
        self.wait(&engine.prepared.pool_id, Some(engine), limit)
    }

    fn wait(&self, pool: &PoolId, engine: Option<&Ensured>, limit: Duration) -> Result<Ready> {
        self.reported(pool, StepKind::Ready, |reporter| {
            let dir = self.dir(pool)?.ok_or(LifecycleError::Gone)?;
            Ok((ready::wait(&self.settings, &dir, engine, limit, reporter)?, "ready"))
        })
    }

    /// Stops the pool's engine: after `grace` by force. Afterwards none runs.
    pub fn stop(&self, pool: &PoolId, grace: Duration) -> Result<StopOutcome> {
        self.reported(pool, StepKind::Stop, |reporter| {
            let report = |waiting: &spawner::Waiting| reporter.note(None, waiting_for(waiting));
            let cancelled = || self.settings.cancel.is_cancelled();
            let wait = LockWait::new(STOP_PATIENCE).reporting(&report).cancelled_by(&cancelled);
            // By its name in the processes' environment: also where the pool's folder is gone.
            let stopped = spawner::stop_pool(&self.settings.run_dir, pool.as_str(), grace, &wait)?;
            Ok((stopped.into(), "stopped"))
        })
    }

    /// The last lines of what the pool's engine printed, safe to show.
    pub fn logs(&self, pool: &PoolId, lines: usize) -> Result<String> {
        let tail = self.dir(pool)?.map(|dir| spawner::log_tail(&dir, lines)).transpose()?;
        Ok(tail.unwrap_or_default())
    }

    /// The last lines of what the pool's engine printed and then what it prints, until it exits.
    pub fn follow(&self, pool: &PoolId, lines: usize) -> Result<Option<spawner::Follow>> {
        Ok(self.dir(pool)?.map(|dir| spawner::follow(&dir, lines)).transpose()?)
    }

    /// The pool's engine while it lives, with a descriptor that becomes readable when it exits.
    pub fn running(&self, pool: &PoolId) -> Result<Option<Running>> {
        self.dir(pool)?.map_or(Ok(None), |dir| running::of(&dir))
    }

    /// The file that the pool's engine prints to, where the pool has one.
    pub fn log_file(&self, pool: &PoolId) -> Result<Option<std::path::PathBuf>> {
        Ok(self.dir(pool)?.map(|dir| dir.log_file()))
    }

    /// What the last `prepare` or `ensure` of the pool did.
    pub fn executed(&self, pool: &PoolId) -> Result<Option<crate::Executed>> {
        Ok(self.dir(pool)?.and_then(|dir| crate::execute::record::read(&dir)))
    }

    /// The folder of a pool; none while nothing was ever prepared for it. A log that nobody keeps within its limit is cut
    /// on the way.
    fn dir(&self, pool: &PoolId) -> Result<Option<PoolDir>> {
        let dir = PoolDir::existing(&self.settings.run_dir, pool.as_str())?;
        if let Some(Err(error)) = dir.as_ref().map(|dir| spawner::cap_log(dir, LOG_LIMIT)) {
            tracing::debug!(%error, "the log was not cut");
        }
        Ok(dir)
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
