//! Whether this host can serve these pools: tools, room, GPUs and the plan of each, in one document that changes nothing.

use std::time::SystemTime;

use config_schema::{PoolConfig, PoolId};
use gpu_detect::{Diagnosis, Host, diagnose};
use miette::Diagnostic;
use preflight::{HostNeeds, Memo, Need, PlaceNeed, Survey, Tool};
use serde::Serialize;

use crate::{Error, Plan, Settings, Status, StepKind, provider_with};

/// What a build writes at most, by experience: sources, objects and results of a CUDA build for a few architectures.
const ROOM_OF_A_BUILD: u64 = 4 << 30;

/// Everything that was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Checkup {
    /// Whether all pools could be provisioned.
    pub ready: bool,
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
    let pools: Vec<PoolCheckup> = pools.iter().map(|pool| of_pool(pool, settings)).collect();
    let bytes = if pools.is_empty() || pools.iter().any(PoolCheckup::builds) { ROOM_OF_A_BUILD } else { 0 };
    let place = |path, bytes, runs_programs| PlaceNeed { path, bytes, runs_programs };
    let places = vec![place(settings.cache_dir.clone(), bytes, true), place(settings.run_dir.clone(), 0, false)];
    let needs: Vec<Need> = Tool::SOURCE_BUILD.iter().map(Need::from).collect();
    let host = HostNeeds { places, memory: 0, rootless_containers: false };
    let mut memo = Memo::load(&settings.cache_dir.join("v1").join("tools.json"));
    let survey = Survey::take(&needs, &host, &settings.env, &mut memo, &settings.system_root, SystemTime::now());
    let mut gpu_host = Host::current(settings.env.clone()).with_root(&settings.system_root);
    gpu_host.probe.clone_from(&settings.probe);
    let ready = !survey.findings.iter().any(|finding| finding.blocking)
        && (survey.tools.is_complete() || !pools.is_empty())
        && pools.iter().all(PoolCheckup::is_ready);
    Checkup { ready, host: survey, gpu: diagnose(&gpu_host, &[]), pools }
}

fn of_pool(pool: &PoolConfig, settings: &Settings) -> PoolCheckup {
    let planned = provider_with(pool, settings.clone()).and_then(|provider| provider.plan(pool.clone()));
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
