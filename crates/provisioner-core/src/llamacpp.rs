//! llama.cpp from source: the concrete composition behind [`EngineProvisioner`].

use std::time::Duration;

use config_schema::{Accelerator, PoolConfig};
use spawner::PoolDir;

use crate::changes::{Comparison, compare};
use crate::desired::Desired;
use crate::lower::lower;
use crate::observed::Observed;
use crate::{
    EngineProvisioner, Ensured, Event, Plan, PreparedEngine, Result, Settings, ensure, install, observe, planner,
    prepare,
};

/// Provides llama.cpp's server, built from source.
#[derive(Clone, Debug)]
pub(crate) struct LlamaCpp {
    pub(crate) settings: Settings,
}

impl EngineProvisioner for LlamaCpp {
    fn plan(&self, pool: PoolConfig) -> Result<Plan> {
        let desired = lower(&pool, &self.settings)?;
        let dir = PoolDir::existing(&self.settings.run_dir, desired.pool_id.as_str())?;
        let observed = observe::observe(&desired, &self.settings, dir.as_ref(), observe::Remember::No)?;
        Ok(planner::plan(&desired, &observed, self.settings.replace))
    }

    fn prepare(&self, pool: PoolConfig) -> Result<PreparedEngine> {
        let desired = self.begin(&pool)?;
        let dir = PoolDir::open(&self.settings.run_dir, desired.pool_id.as_str())?;
        let _guard = dir.lock("prepare", patience(&desired))?;
        let (observed, installed) = self.ready(&desired, &dir)?;
        Ok(prepare::prepare(&desired, observed, &self.settings, &dir, None, installed.as_deref())?.summary)
    }

    fn ensure_running(&self, pool: PoolConfig) -> Result<Ensured> {
        let desired = self.begin(&pool)?;
        let dir = PoolDir::open(&self.settings.run_dir, desired.pool_id.as_str())?;
        let guard = dir.lock("ensure", patience(&desired))?;
        let (observed, installed) = self.ready(&desired, &dir)?;
        ensure::ensure(&desired, observed, &self.settings, &guard, installed.as_deref())
    }
}

impl LlamaCpp {
    /// What the pool wants; running on the processor is said each time, before anything else.
    fn begin(&self, pool: &PoolConfig) -> Result<Desired> {
        let desired = lower(pool, &self.settings)?;
        if desired.accelerator == Accelerator::Cpu {
            self.warn(&desired, planner::CPU_WARNING);
        }
        Ok(desired)
    }

    /// What is there once the tools are; what was said while they were installed.
    fn ready(&self, desired: &Desired, dir: &PoolDir) -> Result<(Observed, Option<String>)> {
        let observed = self.observe(desired, dir)?;
        if observed.install.is_none() {
            return Ok((observed, None));
        }
        let transcript = install::install(desired, &observed, &self.settings, dir)?;
        Ok((self.observe(desired, dir)?, Some(transcript)))
    }

    /// What is there; before an engine is prepared, what the operator should not overlook is said.
    fn observe(&self, desired: &Desired, dir: &PoolDir) -> Result<Observed> {
        let observed = observe::observe(desired, &self.settings, Some(dir), observe::Remember::Yes)?;
        if compare(desired, &observed) != Comparison::Same {
            for warning in planner::found_warnings(&observed) {
                self.warn(desired, &warning);
            }
        }
        Ok(observed)
    }

    fn warn(&self, desired: &Desired, warning: &str) {
        tracing::warn!(pool = desired.pool_id.as_str(), "{warning}");
        self.settings.observer.on(&Event::Warning(warning.to_owned()));
    }
}

/// Whoever waits for a pool waits as long as a whole preparation may take.
fn patience(desired: &Desired) -> Duration {
    desired.limits.fetch_timeout() + desired.limits.build_timeout() + Duration::from_mins(2)
}
