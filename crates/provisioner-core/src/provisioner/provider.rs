//! Who provides an engine: one contract, and the path from a pool to its implementation.

use std::time::Duration;

use config_schema::{PoolConfig, PoolId, ProvisioningMode};
use exec::Env;

use crate::engine::profile;
use crate::lifecycle::{PoolStatus, Ready, Running};
use crate::provisioner::Provisioner;
use crate::runtime::StopOutcome;
use crate::{Ensured, Error, Plan, PreparedEngine, Result, Settings};

/// Brings a pool's engine from whatever state the host is in to running. Stable before 1.0 (EP-07).
pub trait EngineProvisioner: std::fmt::Debug + Send + Sync {
    /// What [`ensure`](Self::ensure) would do, decided from what is there now. Writes nothing, asks no network.
    fn plan(&self, pool: PoolConfig) -> Result<Plan>;

    /// Everything up to the start: the engine built and proven, the model there, the command line ready. A caller that
    /// approves of it calls [`start`](Self::start).
    fn prepare(&self, pool: PoolConfig) -> Result<PreparedEngine>;

    /// Prepares and starts; returns what runs. An engine that already runs with this configuration is left alone.
    fn ensure_running(&self, pool: PoolConfig) -> Result<Ensured>;

    /// Prepares and starts.
    fn ensure(&self, pool: PoolConfig) -> Result<()> {
        self.ensure_running(pool).map(drop)
    }

    /// Starts exactly what was prepared; refused by name where what it names has changed since.
    fn start(&self, prepared: &PreparedEngine) -> Result<Ensured>;

    /// What the pool's engine does now.
    fn status(&self, pool: &PoolId) -> Result<PoolStatus>;

    /// Waits until the pool's engine answers, for at most `limit`. An engine that exits ends the wait at once, with the
    /// cause.
    fn wait_ready(&self, pool: &PoolId, limit: Duration) -> Result<Ready>;

    /// Stops the pool's engine: after `grace` by force.
    fn stop(&self, pool: &PoolId, grace: Duration) -> Result<StopOutcome>;

    /// The last lines of what the pool's engine printed.
    fn logs(&self, pool: &PoolId, lines: usize) -> Result<String>;

    /// The pool's engine while it lives, with a descriptor that becomes readable when it exits.
    fn running(&self, pool: &PoolId) -> Result<Option<Running>>;
}

/// The provider for a pool's engine, with the settings of this process's environment. An engine without a provider is
/// an error that says which have one.
pub fn provider_for(pool: &PoolConfig) -> Result<Box<dyn EngineProvisioner>> {
    provider_with(pool, Settings::from_env(Env::current())?)
}

/// Like [`provider_for`], with settings of the caller's choice.
pub fn provider_with(pool: &PoolConfig, settings: Settings) -> Result<Box<dyn EngineProvisioner>> {
    Ok(Box::new(provisioner(pool, settings)?))
}

/// [`provider_with`] as its own type.
pub(crate) fn provisioner(pool: &PoolConfig, settings: Settings) -> Result<Provisioner> {
    let profile = profile(pool.engine);
    // Of some engines, only those that others run are used.
    let of_others = |mode: ProvisioningMode| mode == ProvisioningMode::External;
    let prepared = |mode: &ProvisioningMode| !of_others(*mode) && crate::supply::is_built(pool.engine, *mode);
    if !of_others(pool.mode()) && !profile.modes.iter().any(prepared) {
        return Err(Error::UnsupportedEngine { engine: pool.engine });
    }
    let mode = pool.mode();
    if !profile.modes.contains(&mode) {
        return Err(Error::ImpossibleMode { engine: pool.engine, mode, possible: profile.modes });
    }
    Ok(Provisioner::new(profile, settings))
}
