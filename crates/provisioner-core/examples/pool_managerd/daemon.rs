//! What all threads of the daemon share: which pools are wanted, the settings, and the counters.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, Scope};
use std::time::Duration;

use provisioner_core::cfg::{Config, PoolConfig, PoolId};
use provisioner_core::{Cancel, Lifecycle, Settings};
use serde_json::json;

use crate::metrics::Metrics;
use crate::supervisor::Supervisor;
use crate::{Outcome, output};

/// What all threads share.
pub(crate) struct Daemon {
    pub(crate) settings: Settings,
    pub(crate) metrics: Arc<Metrics>,
    /// The first pause before a crashed engine is started again.
    pub(crate) backoff: Duration,
    wanted: Mutex<BTreeMap<PoolId, PoolConfig>>,
}

impl Daemon {
    pub(crate) fn new(settings: Settings, metrics: Arc<Metrics>, backoff: Duration) -> Self {
        Self { settings, metrics, backoff, wanted: Mutex::default() }
    }

    /// Reads the configuration, and begins to supervise every pool that is new in it. The supervisors of the other pools
    /// find out by themselves what changed.
    pub(crate) fn read<'scope>(&'scope self, file: &Path, scope: &'scope Scope<'scope, '_>) -> Outcome<()> {
        let config = Config::load(file)?;
        let pools: BTreeMap<_, _> = config.pools.into_iter().map(|pool| (pool.id.clone(), pool)).collect();
        let before = std::mem::replace(&mut *self.lock(), pools.clone());
        for id in pools.into_keys().filter(|id| !before.contains_key(id)) {
            let name = id.to_string();
            Builder::new().name(name).spawn_scoped(scope, move || Supervisor::new(self, id).run())?;
        }
        Ok(())
    }

    /// The configuration of a pool as it is wanted now; none where it was removed.
    pub(crate) fn wanted(&self, pool: &PoolId) -> Option<PoolConfig> {
        self.lock().get(pool).cloned()
    }

    /// Stops every pool's engine, side by side. The daemon's own token is cancelled by now, and would end these calls.
    pub(crate) fn stop_engines(&self) {
        let lifecycle = Lifecycle::new(Settings { cancel: Cancel::new(), ..self.settings.clone() });
        let pools = self.lock().clone();
        std::thread::scope(|scope| {
            for pool in pools.values() {
                let lifecycle = &lifecycle;
                scope.spawn(move || {
                    let stopped = lifecycle.stop(&pool.id, pool.provisioning.limits.stop_grace());
                    let last_error = stopped.as_ref().err().map(ToString::to_string);
                    let outcome = stopped.ok().map(|outcome| format!("{outcome:?}"));
                    output::line(
                        "engine_stopped",
                        Some(&pool.id),
                        json!({ "outcome": outcome, "last_error": last_error }),
                    );
                });
            }
        });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<PoolId, PoolConfig>> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
