//! Several pools of one host in one call: planned in their order, worked on side by side, each with its own result.
//!
//! The rules: results are in the order of the pools; the failure of one hides none of the others; no two pools are given
//! the same port, and the earlier one has the first choice; at most so many builds are under way at once; a cancellation
//! ends all of them.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use config_schema::{PoolConfig, PoolId};
use exec::parallel_map;

use crate::event::Reporter;
use crate::observe::host::HostSnapshot;
use crate::provisioner::provider::provisioner;
use crate::{
    BuildSlots, EngineProvisioner, Ensured, Error, Lifecycle, PreparedEngine, Reservation, Result, Settings,
    StopOutcome,
};

/// Some pools of one host.
#[derive(Clone, Debug)]
pub struct Pools {
    pools: Vec<PoolConfig>,
    settings: Settings,
}

/// What became of one pool.
#[derive(Debug)]
pub struct PoolResult<T> {
    /// The pool.
    pub pool_id: PoolId,
    /// How long its work took, in seconds; waiting for its turn is part of it.
    pub seconds: f64,
    /// What it came to.
    pub result: Result<T>,
}

impl Pools {
    /// These pools, in this order, with one build at a time.
    pub fn new(pools: Vec<PoolConfig>, settings: Settings) -> Self {
        Self { pools, settings }.builds_at_once(NonZeroUsize::MIN)
    }

    /// Has at most so many builds under way at once. One uses all CPUs that it is given; more of them only overlap their
    /// fetches and what does not compile.
    #[must_use]
    pub fn builds_at_once(mut self, count: NonZeroUsize) -> Self {
        self.settings.builds = Some(BuildSlots::new(count));
        self
    }

    /// Prepares each pool's engine; starts none.
    pub fn prepare(&self) -> Vec<PoolResult<PreparedEngine>> {
        self.each(&self.promised(), |pool, settings| provisioner(pool, settings)?.prepare(pool.clone()))
    }

    /// Makes each pool's engine run. With `wait` it also waits until each answers: for so long, or for the pool's own
    /// `ready_timeout_s`.
    pub fn ensure_running(&self, wait: Option<Option<Duration>>) -> Vec<PoolResult<Ensured>> {
        self.each(&self.promised(), |pool, settings| {
            let mut ensured = provisioner(pool, settings.clone())?.ensure_running(pool.clone())?;
            if let Some(limit) = wait {
                let limits = &pool.provisioning.limits;
                let lifecycle = Lifecycle::new(settings).with_ready_silence(limits.ready_silence());
                let ready = lifecycle.wait_ready_for(&ensured, limit.unwrap_or_else(|| limits.ready_timeout()))?;
                ready.complete(&mut ensured);
            }
            Ok(ensured)
        })
    }

    /// Stops each pool's engine.
    pub fn stop(&self) -> Vec<PoolResult<StopOutcome>> {
        self.each(&[], |pool, settings| Lifecycle::new(settings).stop(&pool.id, pool.provisioning.limits.stop_grace()))
    }

    /// What each pool is going to take, by a plan of all of them in their order. Memory that two of them count on is
    /// reported here, while none of them has begun to use it. A pool without a plan is promised nothing: its own work
    /// reports why.
    fn promised(&self) -> Vec<Reservation> {
        let host = HostSnapshot::new(&self.settings);
        for pool in &self.pools {
            let planned = provisioner(pool, self.settings.clone()).and_then(|one| one.approve(pool, &host));
            let beside = planned.ok().and_then(|planned| planned.beside);
            if let Some(warning) = beside {
                Reporter::new(&self.settings.observer, &pool.id).warn(warning);
            }
        }
        // By the time a pool is planned once more, the memory of those before it is in use.
        let reserved = host.reserved();
        reserved.iter().map(|reservation| Reservation { memory: None, ..reservation.clone() }).collect()
    }

    fn each<T: Send>(
        &self,
        promised: &[Reservation],
        work: impl Fn(&PoolConfig, Settings) -> Result<T> + Sync,
    ) -> Vec<PoolResult<T>> {
        let reserved = Arc::new(promised.to_vec());
        parallel_map(self.pools.iter().collect(), |pool| {
            let begin = Instant::now();
            let settings = Settings { reserved: Arc::clone(&reserved), ..self.settings.clone() };
            let result = match settings.cancel.check() {
                Ok(()) => work(pool, settings),
                Err(cancel::Cancelled) => Err(Error::Cancelled),
            };
            PoolResult { pool_id: pool.id.clone(), seconds: begin.elapsed().as_secs_f64(), result }
        })
    }
}
