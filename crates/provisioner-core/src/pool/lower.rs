//! From the configuration to [`Desired`]: pure, and where what is not supported is refused by name.

use config_schema::{ModelRef, PoolConfig, ProvisioningMode};
use model_provisioner::ModelRequest;

use crate::engine::{EngineProfile, ModelShape, config_files, revealed};
use crate::pool::desired::{Desired, DesiredModel};
use crate::pool::secret_file;
use crate::{Error, Result, Settings};

/// Ports that are tried when the pool names none.
const PORTS: std::ops::RangeInclusive<u16> = 8080..=8179;

/// What a pool wants of an engine of this profile. Runs nothing, and reads nothing but the secret files that it names.
pub(crate) fn lower(pool: &PoolConfig, profile: &EngineProfile, settings: &Settings) -> Result<Desired> {
    let provisioning = &pool.provisioning;
    let mode = pool.mode();
    if !profile.modes.contains(&mode) {
        return Err(Error::ImpossibleMode { engine: pool.engine, mode, possible: profile.modes });
    }
    let secret_files = secret_file::of_pool(pool);
    revealed::refuse(pool, &settings.env, &secret_files)?;
    // Its name stands in the summary, which is JSON.
    if settings.run_dir.to_str().is_none() {
        return Err(Error::NotUtf8 { path: settings.run_dir.clone() });
    }
    Ok(Desired {
        pool_id: pool.id.clone(),
        mode,
        accelerator: provisioning.accelerator,
        may_install: provisioning.allow_package_installs.unwrap_or(false),
        may_sudo: provisioning.allow_sudo.unwrap_or(false),
        devices: pool.devices.clone(),
        model: model(pool, profile, settings)?,
        host: provisioning.host,
        ports: provisioning
            .ports
            .as_ref()
            .map_or_else(|| PORTS.collect(), |ports| each_once(ports.iter().flat_map(|range| range.numbers()))),
        ctx: pool.ctx,
        tensor_split: pool.tensor_split.clone(),
        flags: provisioning.flags.clone().unwrap_or_default(),
        env: provisioning.env.iter().map(|(name, value)| (name.to_string(), value.clone())).collect(),
        secret_env: provisioning.secret_env.iter().map(ToString::to_string).collect(),
        secret_files,
        limits: provisioning.limits.clone(),
        config_home: config_files::home(&settings.run_dir, pool.id.as_str()),
        same_version: pool.require_same_engine_version.unwrap_or(false),
        locked: settings.pins.as_ref().is_some_and(|pins| pins.locked),
    })
}

/// Whether the pool's engine is run by others, who have its model.
pub(crate) fn is_run_by_others(pool: &PoolConfig) -> bool {
    let external = pool.provisioning.external.as_ref();
    pool.mode() == ProvisioningMode::External
        && external.is_some_and(|external| external.url.is_some() && external.path.is_none())
}

/// Each port where it stands first, however often the pool names it.
fn each_once(ports: impl Iterator<Item = u16>) -> Vec<u16> {
    let mut seen = vec![false; 1 << 16];
    let is_new = |port: &u16| seen.get_mut(usize::from(*port)).is_some_and(|seen| !std::mem::replace(seen, true));
    ports.filter(is_new).collect()
}

/// `provisioning.model.ref`, or `model` where that says where the file is.
fn model(pool: &PoolConfig, profile: &EngineProfile, settings: &Settings) -> Result<DesiredModel> {
    let config = &pool.provisioning.model;
    let cache = config.cache_dir.clone().unwrap_or_else(|| settings.cache_dir.join("models"));
    if is_run_by_others(pool) {
        return Ok(DesiredModel { reference: pool.model.clone(), request: None, cache, pin: None });
    }
    let named = || {
        pool.model
            .parse::<ModelRef>()
            .ok()
            .filter(|_| pool.model.starts_with("hf:") || pool.model.starts_with("file:") || pool.model.starts_with('/'))
    };
    let reference = config.model_ref.clone().or_else(named).ok_or_else(|| Error::NoModel { pool: pool.id.clone() })?;
    let request = match (&reference, profile.model) {
        (ModelRef::File(path), _) if !path.is_absolute() => return Err(Error::RelativeModel { path: path.clone() }),
        (ModelRef::File(path), ModelShape::Gguf) => ModelRequest::local_gguf(path),
        (ModelRef::File(path), ModelShape::Repository { include, required }) => {
            ModelRequest::local_repository(path, include, required)?
        }
        (ModelRef::File(path), ModelShape::TritonRepository) => ModelRequest::triton(path),
        (ModelRef::HuggingFace { repo, file, revision, .. }, ModelShape::Gguf) => {
            let file = file.as_deref().ok_or_else(|| Error::NoModelFile { repo: repo.clone() })?;
            ModelRequest::hub_gguf(repo, revision.as_deref(), file)?
        }
        (ModelRef::HuggingFace { repo, revision, .. }, ModelShape::Repository { include, required }) => {
            ModelRequest::hub_repository(repo, revision.as_deref(), include, required)?
        }
        (ModelRef::HuggingFace { repo, .. }, ModelShape::TritonRepository) => {
            return Err(Error::NoTritonHub { repo: repo.clone() });
        }
    };
    let sha256 = config.checksum.as_ref().map(|sum| sum.to_string().trim_start_matches("sha256:").to_owned());
    let reference = reference.to_string();
    let pin = settings.pins.as_ref().map(|pins| pins.model(&pool.id, &reference)).transpose()?.flatten();
    Ok(DesiredModel { pin: pin.cloned(), reference, request: Some(request.sha256(sha256)), cache })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_tried_once() {
        assert_eq!(each_once([3, 1, 3, 2, 1, 65535, 0].into_iter()), [3, 1, 2, 65535, 0]);
        assert_eq!(each_once((0..200).flat_map(|_| 1..=65535)).len(), 65535);
    }
}
