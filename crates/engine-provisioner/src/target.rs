//! Which pool, and with which settings.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use exec::Env;
use provisioner_core::cfg::{Config, PoolConfig, PoolId};
use provisioner_core::{EngineProvisioner, Helper, Pins, PlanFile, Settings, engine_trust, provider_with};

use crate::args::{Args, PrepareArgs};
use crate::failure::{Failure, Result};
use crate::interrupt::Interrupt;
use crate::progress::Progress;

/// The configuration. A setting in it that this program does not enforce is reported each time.
pub(crate) fn config(file: &Path) -> Result<Config> {
    let config = Config::load(file)?;
    if config.catalog.trust_policy.is_some() {
        tracing::warn!(
            "`catalog.trust_policy` is not enforced here: neither signature nor bill of materials nor registry of a model is \
             looked at; `provisioning.model.checksum` is"
        );
    }
    if let Some(trust) = &config.catalog.engine_trust {
        // A key that is none is refused now, not at the first engine that it should vouch for.
        let policy = engine_trust(trust)?;
        tracing::warn!(
            "`catalog.engine_trust` is checked ({} keys) and decides nothing yet: it is for engines that come from registries, in \
             mode `container` or from other hosts; an archive is held to its `checksum`",
            policy.keys.len()
        );
    }
    Ok(config)
}

/// The pool of the configuration that is meant.
pub(crate) fn pool(args: &Args) -> Result<PoolConfig> {
    let file = args.config.as_ref().ok_or(Failure::NoConfig)?;
    Ok(config(file)?.pool(args.pool.as_deref())?.clone())
}

/// All pools of the configuration.
pub(crate) fn pools(args: &Args) -> Result<Vec<PoolConfig>> {
    let file = args.config.as_ref().ok_or(Failure::NoConfig)?;
    Ok(config(file)?.pools)
}

/// Where engines are to be found again by their pool file.
pub(crate) fn with_pool_file(settings: Settings, args: &Args) -> Result<Settings> {
    let pool_file = args.config.as_deref().map(absolute).transpose()?;
    Ok(Settings { pool_file, ..settings })
}

/// The provider for a pool.
pub(crate) fn provider(pool: &PoolConfig, settings: Settings) -> Result<Box<dyn EngineProvisioner>> {
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

/// The settings of a call that only looks: an interrupt ends it as it ends any program.
pub(crate) fn settings(args: &Args) -> Result<Settings> {
    let mut env = Env::current();
    for (folder, variable) in
        [(&args.cache_dir, "ENGINE_PROVISIONER_CACHE_DIR"), (&args.run_dir, "ENGINE_PROVISIONER_RUN_DIR")]
    {
        if let Some(folder) = folder {
            env = env.with(variable, absolute(folder)?);
        }
    }
    Ok(Settings { helper: Helper::current(), ..Settings::from_env(env)? })
}

/// The settings of a call that changes something: its events are shown, and an interrupt cancels it.
pub(crate) fn working(args: &Args, progress: &Progress, interrupt: &Interrupt) -> Result<Settings> {
    Ok(Settings { observer: progress.observer(), cancel: interrupt.cancel(), ..settings(args)? })
}

/// The settings of a call that does what was agreed on before, where something was: an approved plan.
pub(crate) fn agreed(settings: Settings, args: &Args, wish: &PrepareArgs) -> Result<Settings> {
    let settings = pinned(settings, args, wish.locked)?;
    let file = wish.plan.as_ref().map(|path| PlanFile::read(path, &settings)).transpose()?;
    with_pool_file(Settings { approved: file.map(Arc::new), ..settings }, args)
}

/// The settings with the pins of the lock file beside the pool file, where nothing else is used.
pub(crate) fn pinned(settings: Settings, args: &Args, locked: bool) -> Result<Settings> {
    let pins = match &args.config {
        Some(file) if locked => Pins::beside(file, true)?,
        _ => None,
    };
    Ok(Settings { pins: pins.map(Arc::new), ..settings })
}

/// A path of the command line, from the folder that the program is called in.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|source| Failure::RelativeFolder { path: path.into(), source })
}
