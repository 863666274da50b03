//! Whether this host can serve these pools: tools, room, GPUs and the plan of each, in one document that changes nothing.

use std::path::PathBuf;
use std::time::SystemTime;

use config_schema::{Accelerator, PoolConfig, PoolId};
use gpu_detect::{Diagnosis, Wish, diagnose};
use miette::Diagnostic;
use model_provisioner::Presence;
use preflight::{HostNeeds, Memo, Need, PlaceNeed, Survey, Tool};
use serde::Serialize;

use crate::engine::profile;
use crate::observe::host::HostSnapshot;
use crate::observe::models;
use crate::pool::layout;
use crate::pool::lower::lower;
use crate::provisioner::Provisioner;
use crate::supply::{SupplyNeeds, supply};
use crate::{Error, Plan, Settings, Status, StepKind, provider_with};

mod accelerators;
mod modes;
mod report;

pub use accelerators::AcceleratorCheckup;
pub use modes::ModeCheckup;
pub use report::{HostReport, HostReportFile};

/// What a build writes at most, by experience: sources, objects and results of a CUDA build for a few architectures.
const ROOM_OF_A_BUILD: u64 = 4 << 30;

/// What one C++ compiler takes at its peak; nvcc takes twice as much.
const ONE_COMPILER: u64 = 1 << 30;
/// What a server needs beside its model at least: context and buffers.
const BESIDE_A_MODEL: u64 = 512 << 20;

/// Everything that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Checkup {
    /// Whether all pools could be provisioned; without pools, whether one that names no accelerator, which means CUDA, could.
    pub ready: bool,
    /// Without pools: what a build of this host could run on, and why not on the other. Empty with pools.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accelerators: Vec<AcceleratorCheckup>,
    /// By which modes an engine could get onto this host.
    pub modes: Vec<ModeCheckup>,
    /// Tools, distribution, room, memory, limits.
    pub host: Survey,
    /// GPUs, drivers, toolkits, and what a CUDA build here would use.
    pub gpu: Diagnosis,
    /// Each pool, in the order of the configuration.
    pub pools: Vec<PoolCheckup>,
}

/// One pool.
#[derive(Clone, Debug, Serialize)]
pub struct PoolCheckup {
    /// The pool.
    pub pool_id: PoolId,
    /// What `ensure` would do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// Why there is no plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

/// An error as plain data.
#[derive(Clone, Debug, Serialize)]
pub struct Refusal {
    /// The stable code.
    pub code: String,
    /// The facts.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl PoolCheckup {
    /// Whether `ensure` could do its work. An engine that runs with another configuration is no fault of the host.
    pub fn is_ready(&self) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.blocked().is_none_or(|step| step.kind == StepKind::Start))
    }

    fn builds(&self) -> bool {
        let is_build = |step: &crate::PlanStep| step.kind == StepKind::Build && step.status == Status::ToRun;
        self.plan.as_ref().is_some_and(|plan| plan.steps.iter().any(is_build))
    }
}

/// Looks at the host with these pools in mind; without any, with a build from source in mind.
pub fn checkup(pools: &[PoolConfig], settings: &Settings) -> Checkup {
    let snapshot = HostSnapshot::new(settings);
    let found: Vec<PoolCheckup> = pools.iter().map(|pool| of_pool(pool, settings, &snapshot)).collect();
    let (tools, host) = needs_of(pools, &found, settings);
    let memo = Memo::load(&layout::versioned(&settings.cache_dir).join("tools.json"));
    let survey = Survey::take(&tools, &host, &settings.env, &memo, &settings.system_root, SystemTime::now());
    let gpu = diagnose(&snapshot.gpu_host(&Wish::default()), &[]);
    // A pool that is finished elsewhere needs no compiler; what a build from source needs is looked at all the same.
    let build = preflight::check(&Tool::SOURCE_BUILD, &settings.env, &memo);
    let missing = build.missing.iter().map(|tool| tool.tool);
    let lacking: Vec<Tool> = missing.chain(build.outdated.iter().map(|tool| tool.tool)).collect();
    let remedy = (!build.is_complete()).then(|| preflight::remedy(&lacking, &survey.distribution));
    let modes = modes::of_host(&survey, (&build, remedy.as_deref()), &gpu, &settings.env);
    let accelerators = if pools.is_empty() { accelerators::of_host(&survey, &gpu.verdict) } else { Vec::new() };
    let ready = !survey.findings.iter().any(|finding| finding.blocking)
        && accelerators.iter().all(|one| one.ready || !one.is_default)
        && found.iter().all(PoolCheckup::is_ready);
    Checkup { ready, accelerators, modes, host: survey, gpu, pools: found }
}

/// The tools and the room that these pools need, all together. Without any, those of any build.
fn needs_of(pools: &[PoolConfig], found: &[PoolCheckup], settings: &Settings) -> (Vec<Need>, HostNeeds) {
    let place = |path: PathBuf, bytes, runs_programs| PlaceNeed { path, bytes, runs_programs };
    let mut tools: Vec<Need> = Vec::new();
    let mut places = vec![place(settings.run_dir.clone(), 0, false)];
    let mut memory = 0;
    let wanted = pools.iter().zip(found).filter_map(|(pool, found)| {
        let desired = lower(pool, profile(pool.engine), settings).ok()?;
        Some((supply(pool, settings).ok()?.needs(&desired), desired, found.builds()))
    });
    for (SupplyNeeds { tools: needed, folder }, desired, builds) in wanted {
        tools.extend(needed);
        let Some(request) = &desired.model.request else { continue };
        if request.is_remote() {
            tools.push(Tool::HfCli.into());
        }
        let cuda = desired.accelerator == Accelerator::Cuda;
        let model = models(&desired, settings).inspect(request);
        let kept = match &model {
            Presence::Present(found) if !cuda => found.staged.size().saturating_add(BESIDE_A_MODEL),
            Presence::Fetchable(_) => {
                places.push(place(desired.model.cache.clone(), 0, false));
                0
            }
            _ => 0,
        };
        let (room, compiler) = if builds { (ROOM_OF_A_BUILD, ONE_COMPILER << u64::from(cuda)) } else { (0, 0) };
        places.extend(folder.map(|folder| place(folder, room, true)));
        memory = memory.max(kept).max(compiler);
    }
    if tools.is_empty() && pools.is_empty() {
        tools = Tool::SOURCE_BUILD.iter().map(Need::from).collect();
    }
    if pools.is_empty() {
        places.push(place(settings.cache_dir.clone(), ROOM_OF_A_BUILD, true));
        memory = ONE_COMPILER;
    }
    // What several pools share is written once: builds come one after another, and each leaves little.
    places.sort_by(|a, b| a.path.cmp(&b.path).then(b.bytes.cmp(&a.bytes)));
    places.dedup_by(|later, first| later.path == first.path);
    (tools, HostNeeds { places, memory, rootless_containers: false })
}

fn of_pool(pool: &PoolConfig, settings: &Settings, host: &HostSnapshot) -> PoolCheckup {
    let planned = provider_with(pool, settings.clone())
        .and_then(|_| Provisioner::new(profile(pool.engine), settings.clone()).plan_with(pool, host));
    match planned {
        Ok(plan) => PoolCheckup { pool_id: pool.id.clone(), plan: Some(plan), refusal: None },
        Err(error) => PoolCheckup { pool_id: pool.id.clone(), plan: None, refusal: Some(Refusal::of(&error)) },
    }
}

impl Refusal {
    fn of(error: &Error) -> Self {
        let text = |part: Option<Box<dyn std::fmt::Display + '_>>| part.map(|part| part.to_string());
        Self { code: text(error.code()).unwrap_or_default(), message: error.to_string(), help: text(error.help()) }
    }
}
