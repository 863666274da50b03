//! Who provides an engine: one contract, and the way from a pool to whoever keeps it.

use config_schema::{Engine, PoolConfig};
use exec::Env;

use crate::llamacpp::LlamaCpp;
use crate::{Ensured, Error, Plan, PreparedEngine, Result, Settings};

/// Brings a pool's engine from whatever state the host is in to running. Stable before 1.0 (EP-07).
pub trait EngineProvisioner: std::fmt::Debug + Send + Sync {
    /// What [`ensure`](Self::ensure) would do, decided from what is there now. Writes nothing, asks no network.
    fn plan(&self, pool: PoolConfig) -> Result<Plan>;

    /// Everything up to the start: the engine built and proven, the model there, the command line ready. A caller that
    /// approves of it calls `ensure`, which finds it all done.
    fn prepare(&self, pool: PoolConfig) -> Result<PreparedEngine>;

    /// Prepares and starts; says what runs. An engine that already runs with this configuration is left alone.
    fn ensure_running(&self, pool: PoolConfig) -> Result<Ensured>;

    /// Prepares and starts.
    fn ensure(&self, pool: PoolConfig) -> Result<()> {
        self.ensure_running(pool).map(drop)
    }
}

/// The provider for a pool's engine, with the settings of this process's environment. An engine without a provider is
/// an error that says which have one.
pub fn provider_for(pool: &PoolConfig) -> Result<Box<dyn EngineProvisioner>> {
    provider_with(pool, Settings::from_env(Env::current())?)
}

/// Like [`provider_for`], with settings of the caller's choice.
pub fn provider_with(pool: &PoolConfig, settings: Settings) -> Result<Box<dyn EngineProvisioner>> {
    match pool.engine {
        Engine::Llamacpp => Ok(Box::new(LlamaCpp { settings })),
        engine @ (Engine::Vllm | Engine::Tgi | Engine::Triton | Engine::Sglang) => {
            Err(Error::UnsupportedEngine { engine })
        }
    }
}
