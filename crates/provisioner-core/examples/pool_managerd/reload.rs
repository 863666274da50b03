//! Brings a pool to a configuration, all or nothing: where the new engine does not become ready, the one before serves
//! again.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use provisioner_core::cfg::PoolConfig;
use provisioner_core::{Diagnostic, EngineProvisioner, Error, PreparedEngine, Ready, Started};

use crate::cause;

/// How a pool came to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    /// Nothing ran, and now the engine does.
    Started,
    /// The wanted engine ran already: nothing was done.
    Kept,
    /// It took the place of another one.
    Replaced,
    /// It does not serve, and the one before does.
    Restored,
}

impl Applied {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Kept => "kept",
            Self::Replaced => "replaced",
            Self::Restored => "restored",
        }
    }
}

impl From<Started> for Applied {
    fn from(started: Started) -> Self {
        match started {
            Started::Now => Self::Started,
            Started::Already => Self::Kept,
            Started::Replaced => Self::Replaced,
        }
    }
}

/// A pool that serves.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) applied: Applied,
    pub(crate) prepared: PreparedEngine,
    /// Why it is not the wanted engine.
    pub(crate) trouble: Option<Trouble>,
}

/// Why a pool does not serve as it is wanted.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// What was prepared is against this daemon's policy.
    Policy(&'static str),
    /// The library's error.
    Failed(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(why) => f.write_str(why),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl Trouble {
    /// The class of it, for counters.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Policy(_) => "policy".into(),
            Self::Failed(error) => cause::of_error(error),
        }
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::Policy(_) => None,
            Self::Failed(error) => error.help().map(|help| help.to_string()),
        }
    }

    /// Whether the daemon itself cancelled.
    pub(crate) fn is_cancelled(&self) -> bool {
        matches!(self, Self::Failed(error) if error.is_cancelled())
    }
}

/// Prepares the pool's engine and model, looks at what was prepared, starts exactly that, and waits until it is ready.
/// `previous` is the engine that runs now.
pub(crate) fn apply(
    provider: &dyn EngineProvisioner,
    config: &PoolConfig,
    previous: Option<PreparedEngine>,
) -> Result<Serving, Trouble> {
    let limit = config.provisioning.limits.ready_timeout();
    // Meanwhile the engine before serves.
    let prepared = match provider.prepare(config.clone()).map_err(Trouble::from).and_then(approved) {
        Ok(prepared) => prepared,
        Err(trouble) => return fallen_back(previous.map(Ok), trouble),
    };
    let trouble = match serve(provider, &prepared, limit) {
        Ok((started, _)) => return Ok(Serving { applied: started.into(), prepared, trouble: None }),
        Err(error) => Trouble::from(error),
    };
    if trouble.is_cancelled() {
        return Err(trouble);
    }
    // Of an engine that does not become ready neither process nor PID file is left.
    provider.stop(&prepared.pool_id, config.provisioning.limits.stop_grace())?;
    let previous = previous.filter(|previous| previous.facts != prepared.facts);
    fallen_back(previous.map(|previous| serve(provider, &previous, limit).map(|_| previous)), trouble)
}

/// What is left where the wanted engine does not serve: the one before, if it does.
fn fallen_back(previous: Option<Result<PreparedEngine, Error>>, trouble: Trouble) -> Result<Serving, Trouble> {
    match previous {
        Some(Ok(prepared)) => Ok(Serving { applied: Applied::Restored, prepared, trouble: Some(trouble) }),
        Some(Err(error)) if error.is_cancelled() => Err(error.into()),
        Some(Err(_)) | None => Err(trouble),
    }
}

/// Looks at what would be started.
fn approved(prepared: PreparedEngine) -> Result<PreparedEngine, Trouble> {
    let local = prepared.host.parse().is_ok_and(|host: IpAddr| host.is_loopback());
    if local || prepared.secret_env.iter().any(|name| name == "LLAMA_API_KEY") {
        return Ok(prepared);
    }
    Err(Trouble::Policy("the engine would listen for other hosts without an API key"))
}

/// Starts what was prepared and waits until it is ready.
pub(crate) fn serve(
    provider: &dyn EngineProvisioner,
    prepared: &PreparedEngine,
    limit: Duration,
) -> Result<(Started, Ready), Error> {
    let ensured = provider.start(prepared)?;
    Ok((ensured.started, provider.wait_ready(&prepared.pool_id, limit)?))
}
