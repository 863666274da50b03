//! From the configuration to [`Desired`]: pure, and where what is not supported is refused by name.

use config_schema::{ModelRef, PoolConfig, ProvisioningMode, RepoKind};
use llamacpp_build::{Definition, Generator, Layout, Source, Transport};
use model_provisioner::ModelRequest;

use crate::desired::{Desired, DesiredModel};
use crate::{Error, Result, Settings, engine_config};

/// Ports that are tried when the pool names none.
const PORTS: std::ops::RangeInclusive<u16> = 8080..=8179;

/// The reference that means a folder as it is now, committed or not, for those who work on the engine itself. A branch of
/// that name is `refs/heads/WORKTREE`.
const WORK_TREE: &str = "WORKTREE";

/// What a llama.cpp pool wants. Runs nothing and reads nothing.
pub(crate) fn lower(pool: &PoolConfig, settings: &Settings) -> Result<Desired> {
    let provisioning = &pool.provisioning;
    if provisioning.mode != ProvisioningMode::Source {
        return Err(Error::UnsupportedMode { engine: pool.engine, mode: provisioning.mode });
    }
    // Its name stands in the summary, which is JSON.
    if settings.run_dir.to_str().is_none() {
        return Err(Error::NotUtf8 { path: settings.run_dir.clone() });
    }
    let source = provisioning.source.as_ref().ok_or_else(|| Error::NoSource { pool: pool.id.clone() })?;
    let transport = match source.repo.kind() {
        RepoKind::Https => Transport::Https,
        RepoKind::Ssh => Transport::Ssh,
        RepoKind::Local if source.git_ref.as_str() == WORK_TREE => Transport::WorkTree,
        RepoKind::Local => Transport::Local,
    };
    let flags = source.build.cmake_flags.iter().flatten();
    let definition =
        if source.build.allow_unsafe_cmake.unwrap_or(false) { Definition::parse_unsafe } else { Definition::parse };
    let cache = source.build.cache_dir.as_ref().unwrap_or(&settings.cache_dir);
    Ok(Desired {
        pool_id: pool.id.clone(),
        accelerator: provisioning.accelerator,
        may_install: provisioning.allow_package_installs.unwrap_or(false),
        may_sudo: provisioning.allow_sudo.unwrap_or(false),
        devices: pool.devices.clone(),
        source: Source {
            repo: source.repo.as_str().to_owned(),
            transport,
            reference: source.git_ref.as_str().to_owned(),
            submodules: source.submodules.unwrap_or(false),
        },
        definitions: flags.map(|flag| definition(&flag.to_string())).collect::<std::result::Result<_, _>>()?,
        generator: source.build.generator.as_deref().map(generator).transpose()?,
        jobs: source.build.jobs.map(Into::into),
        layout: Layout::new(cache)?,
        model: model(pool, settings)?,
        host: provisioning.host,
        ports: provisioning
            .ports
            .as_ref()
            .map_or_else(|| PORTS.collect(), |ports| ports.iter().flat_map(|range| range.numbers()).collect()),
        ctx: pool.ctx,
        tensor_split: pool.tensor_split.clone(),
        flags: provisioning.flags.clone().unwrap_or_default(),
        env: provisioning.env.iter().map(|(name, value)| (name.to_string(), value.clone())).collect(),
        secret_env: provisioning.secret_env.iter().map(ToString::to_string).collect(),
        limits: provisioning.limits.clone(),
        config_home: engine_config::home(&settings.run_dir, pool.id.as_str()),
    })
}

fn generator(name: &str) -> Result<Generator> {
    match name {
        "Ninja" => Ok(Generator::Ninja),
        "Unix Makefiles" => Ok(Generator::Make),
        other => Err(Error::UnsupportedGenerator { name: other.into() }),
    }
}

/// `provisioning.model.ref`, or `model` where that says where the file is.
fn model(pool: &PoolConfig, settings: &Settings) -> Result<DesiredModel> {
    let config = &pool.provisioning.model;
    let named = || {
        pool.model
            .parse::<ModelRef>()
            .ok()
            .filter(|_| pool.model.starts_with("hf:") || pool.model.starts_with("file:") || pool.model.starts_with('/'))
    };
    let reference = config.model_ref.clone().or_else(named).ok_or_else(|| Error::NoModel { pool: pool.id.clone() })?;
    let request = match &reference {
        ModelRef::File(path) if !path.is_absolute() => return Err(Error::RelativeModel { path: path.clone() }),
        ModelRef::File(path) => ModelRequest::local_gguf(path),
        ModelRef::HuggingFace { repo, file, revision, .. } => {
            let file = file.as_deref().ok_or_else(|| Error::NoModelFile { repo: repo.clone() })?;
            ModelRequest::hub_gguf(repo, revision.as_deref(), file)?
        }
    };
    let sha256 = config.checksum.as_ref().map(|sum| sum.to_string().trim_start_matches("sha256:").to_owned());
    Ok(DesiredModel {
        reference: reference.to_string(),
        request: request.sha256(sha256),
        cache: config.cache_dir.clone().unwrap_or_else(|| settings.cache_dir.join("models")),
    })
}
