//! Gathers [`Observed`] for one pool from the parts: reads only, asks no network.

use std::path::Path;

use model_provisioner::{FetchLimits, ModelProvisioner, Presence};

use crate::engine::EngineProfile;
use crate::engine::command_line::{Given, command_line};
use crate::engine::config_files;
use crate::observe::host::HostSnapshot;
use crate::observe::observed::Observed;
use crate::pool::desired::Desired;
use crate::port::choose;
use crate::port::neighbours::check_version;
use crate::runtime::{Runtime, Seen};
use crate::supply::model;
use crate::supply::{Look, Supply};
use crate::{Result, Settings};

pub(crate) mod host;
pub(crate) mod host_facts;
pub(crate) mod observed;

/// Who is asked about one pool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sources<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) profile: &'a EngineProfile,
    pub(crate) supply: &'a dyn Supply,
    pub(crate) runtime: &'a dyn Runtime,
    pub(crate) host: &'a HostSnapshot,
}

/// What the host is like, as far as this pool is concerned. A plan remembers nothing of it.
pub(crate) fn observe(desired: &Desired, sources: Sources<'_>, remember: bool) -> Result<Observed> {
    let Sources { settings, profile, supply, runtime, host } = sources;
    let seen = runtime.observe(&settings.run_dir, desired.pool_id.as_str())?;
    let model = models(desired, settings).inspect(&desired.model.request);
    let also_needs = model::needs(&model);
    let supplied = supply.observe(&Look { desired, settings, host, also_needs: &also_needs, remember })?;
    let neighbours = host.neighbours(desired.pool_id.as_str());
    let port = choose::choose(desired.host, &desired.ports, seen.own_port, &neighbours);
    let documents = supplied.documents();
    let accelerated = supplied.accelerator();
    let devices = accelerated.as_ref().map(|accelerated| accelerated.devices.as_slice());
    // Flags are judged also where no port is free: the port keeps an engine from starting, not from being prepared.
    let provisional = port.as_ref().ok().or(desired.ports.first()).copied().unwrap_or_default();
    let line = |model: &Path| {
        let given = Given { profile, devices, model, port: provisional, documents: &documents, env: &settings.env };
        command_line(desired, given)
    };
    let line = match &model {
        Presence::Present(found) => Some(line(&found.staged.path)),
        Presence::Fetchable(fetch) => Some(line(&fetch.path)),
        Presence::Unusable(_) => None,
    };
    let system_config = config_files::system_file(profile);
    let version = supplied.obtained().map(|obtained| obtained.artifact.version().to_owned()).unwrap_or_default();
    let version = check_version(desired, &settings.run_dir, profile.engine, &version).err();
    let Seen { instance: running, own_port, refusal } = seen;
    Ok(Observed { supplied, model, system_config, port, line, running, own_port, version, refusal })
}

/// Where this pool's model is staged.
pub(crate) fn models(desired: &Desired, settings: &Settings) -> ModelProvisioner {
    let limits = FetchLimits { silence: desired.limits.fetch_silence(), total: desired.limits.fetch_timeout() };
    let models = ModelProvisioner::new(desired.model.cache.clone(), settings.env.clone());
    models.limits(limits).keeper(settings.keeper())
}
