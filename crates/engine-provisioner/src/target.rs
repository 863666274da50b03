//! Which pool, and with which settings.

use std::path::{Path, PathBuf};

use exec::Env;
use provisioner_core::cfg::{Config, PoolConfig, PoolId};
use provisioner_core::{EngineProvisioner, Probe, Settings, provider_with};
use spawner::{LOG_LIMIT, PoolDir, Tender};

use crate::args::Args;
use crate::failure::{Failure, Result};
use crate::progress::Progress;

/// The configuration. A wish in it that nobody here fulfils is said each time.
pub(crate) fn config(file: &Path) -> Result<Config> {
    let config = Config::load(file)?;
    if config.catalog.trust_policy.is_some() {
        tracing::warn!(
            "`catalog.trust_policy` is not enforced here: neither signature nor bill of materials nor registry of a model is \
             looked at; `provisioning.model.checksum` is"
        );
    }
    Ok(config)
}

/// The pool of the configuration that is meant.
pub(crate) fn pool(args: &Args) -> Result<PoolConfig> {
    let file = args.config.as_ref().ok_or(Failure::NoConfig)?;
    Ok(config(file)?.pool(args.pool.as_deref())?.clone())
}

/// The provider for a pool.
pub(crate) fn provider(
    args: &Args,
    pool: &PoolConfig,
    progress: &Progress,
    replace: bool,
) -> Result<Box<dyn EngineProvisioner>> {
    let settings = Settings { observer: progress.observer(), replace, ..settings(args)? };
    Ok(provider_with(pool, settings)?)
}

/// A pool by its id, and its configuration where that is named: an engine can be looked at and stopped without.
pub(crate) fn known(args: &Args) -> Result<(PoolId, Option<PoolConfig>)> {
    match (&args.config, &args.pool) {
        (Some(_), _) => pool(args).map(|pool| (pool.id.clone(), Some(pool))),
        (None, Some(id)) => match id.parse::<PoolId>() {
            Ok(id) => Ok((id, None)),
            Err(invalid) => Err(Failure::BadPool(id.escape_debug().to_string(), invalid.advice())),
        },
        (None, None) => Err(Failure::NoPool),
    }
}

/// The folder of a pool; none while no engine was ever prepared for it. A log that nobody tends is cut to its limit on the
/// way.
pub(crate) fn dir(args: &Args, id: &PoolId) -> Result<Option<PoolDir>> {
    let dir = PoolDir::existing(&settings(args)?.run_dir, id.as_str())?;
    if let Some(Err(error)) = dir.as_ref().map(|dir| spawner::cap_log(dir, LOG_LIMIT)) {
        tracing::debug!(%error, "the log was not cut");
    }
    Ok(dir)
}

pub(crate) fn settings(args: &Args) -> Result<Settings> {
    let mut env = Env::current();
    for (folder, variable) in
        [(&args.cache_dir, "ENGINE_PROVISIONER_CACHE_DIR"), (&args.run_dir, "ENGINE_PROVISIONER_RUN_DIR")]
    {
        if let Some(folder) = folder {
            env = env.with(variable, absolute(folder)?);
        }
    }
    Ok(Settings { probe: probe(), tender: tender(), ..Settings::from_env(env)? })
}

/// This program itself opens the driver's library for its callers.
pub(crate) fn probe() -> Option<Probe> {
    Some(Probe { program: std::env::current_exe().ok()?, args: vec!["gpu-probe".into(), "--".into()] })
}

/// This program itself looks after an engine's log once its starter has ended.
fn tender() -> Option<Tender> {
    Some(Tender { program: std::env::current_exe().ok()?, args: vec!["tend-log".into()] })
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|source| Failure::RelativeFolder { path: path.into(), source })
}
