//! Gathers [`Observed`] for one pool from the parts: reads only, asks no network.

use std::path::Path;

use config_schema::Accelerator;
use model_provisioner::{FetchLimits, ModelProvisioner, Presence};

use crate::engine::EngineProfile;
use crate::engine::command_line::{Given, command_line};
use crate::engine::{config_files, side_files};
use crate::observe::host::HostSnapshot;
use crate::observe::observed::Observed;
use crate::pool::desired::Desired;
use crate::pool::reservation::{Demand, needed_before};
use crate::port::choose;
use crate::port::neighbours::check_version;
use crate::runtime::{Runtime, Seen};
use crate::supply::model::{self, formats, memory};
use crate::supply::{Accelerated, Look, ModelFormats, Supply};
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
    let seen = host.engine_of(runtime, desired.pool_id.as_str())?;
    let request = desired.model.request.as_ref();
    let model = request.map(|request| models(desired, settings).inspect(request));
    let also_needs = model.as_ref().map(model::needs).unwrap_or_default();
    let supplied = supply.observe(&Look {
        desired,
        settings,
        host,
        also_needs: &also_needs,
        running: seen.instance.as_ref(),
        remember,
    })?;
    // The pool's own port is nobody else's: then the others are not looked at.
    let keeps_port = seen.own_port.is_some_and(|own| desired.ports.contains(&own));
    let neighbours = if keeps_port { Vec::new() } else { host.neighbours(desired.pool_id.as_str()) };
    let port = choose::choose(desired.host, &desired.ports, seen.own_port, &neighbours);
    let documents = supplied.documents();
    let accelerated = supplied.accelerator();
    let devices = accelerated.as_ref();
    // Flags are judged also where no port is free: the port keeps an engine from starting, not from being prepared.
    let provisional = port.as_ref().ok().or(desired.ports.first()).copied().unwrap_or_default();
    let line = |model: &Path| {
        let (catalogue, env) = (host.catalogue(profile.flags, &documents), &settings.env);
        let documents = &documents;
        let given = Given { profile, devices, model, port: provisional, documents, catalogue: &catalogue, env };
        command_line(desired, given)
    };
    let line = match &model {
        Some(Presence::Present(found)) => Some(line(&found.staged.path)),
        Some(Presence::Fetchable(fetch)) => Some(line(&fetch.path)),
        Some(Presence::Unusable(_)) | None => None,
    };
    // The engine that runs has read its files.
    let cwd = desired.config_home.parent().unwrap_or_else(|| Path::new("/"));
    let mut side_files = match (&line, &model) {
        (Some(Ok(line)), Some(Presence::Present(found))) => {
            side_files::check(profile.side_files, &line.args, &found.staged.path, cwd)
        }
        (Some(Ok(line)), Some(Presence::Fetchable(fetch))) => {
            side_files::check(profile.side_files, &line.args, &fetch.path, cwd)
        }
        _ => Ok(Vec::new()),
    };
    let file_warnings = side_files.as_mut().map(std::mem::take).unwrap_or_default();
    let side_files = side_files.map(drop);
    let system_config = config_files::system_file(profile);
    let version = match supplied.artifact().filter(|_| desired.same_version) {
        Some(artifact) => check_version(desired, &settings.run_dir, profile.engine, artifact.version()).err(),
        None => None,
    };
    let Seen { instance: running, own_port, refusal } = seen;
    let mut observed = Observed {
        supplied,
        model,
        system_config,
        port,
        line,
        side_files,
        running,
        silent: None,
        own_port,
        version,
        too_new: None,
        model_warnings: Vec::new(),
        demand: None,
        beside: None,
        refusal,
    };
    // An engine that runs has loaded its model, and the memory that it takes is its own.
    if observed.running.is_none() {
        observed.model_warnings.extend(file_warnings);
        judge_model(desired, &mut observed, accelerated.as_ref(), host, remember);
    }
    Ok(observed)
}

/// Whether the engine will know the model, and whether it fits.
fn judge_model(
    desired: &Desired,
    observed: &mut Observed,
    accelerated: Option<&Accelerated>,
    host: &HostSnapshot,
    remember: bool,
) {
    let Some(Presence::Present(found)) = &observed.model else { return };
    if formats::names_formats(found)
        && let Some(ModelFormats { known, may_change }) = observed.supplied.model_formats(remember)
    {
        let error = formats::too_new(found, &known, &observed.supplied.wish());
        match error {
            Some(error) if may_change => observed.model_warnings.push(formats::warning(&error)),
            error => observed.too_new = error,
        }
    }
    let Some(Ok(line)) = &observed.line else { return };
    let needs = memory::needs(&found.headers, &line.args, desired.accelerator);
    let room = || match desired.accelerator {
        Accelerator::Cuda => accelerated?.memory_free_bytes,
        Accelerator::Cpu => host.memory_free(),
    };
    let Some(needs) = needs else { return };
    let gpus = accelerated.into_iter().flat_map(|accelerated| &accelerated.devices).map(|gpu| gpu.uuid.clone());
    let demand = Demand { bytes: needs.bytes(), gpus: gpus.collect() };
    let (before, pools) = needed_before(&desired.pool_id, &demand, &host.reserved());
    if let Some(room) = room() {
        let alone = needs.warning(room);
        observed.beside = needs.warning_beside(room, before, &pools).filter(|_| alone.is_none());
        observed.model_warnings.extend(alone.or_else(|| observed.beside.clone()));
    }
    observed.demand = Some(demand);
}

/// Where this pool's model is staged.
pub(crate) fn models(desired: &Desired, settings: &Settings) -> ModelProvisioner {
    let limits = FetchLimits { silence: desired.limits.fetch_silence(), total: desired.limits.fetch_timeout() };
    let models = ModelProvisioner::new(desired.model.cache.clone(), settings.env.clone());
    models.limits(limits).keeper(settings.keeper()).token_file(desired.hub_token())
}
