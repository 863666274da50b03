//! What a pool's engine does now, from what its runtime knows and what the engine answers.

use std::sync::OnceLock;
use std::time::Duration;

use config_schema::{Accelerator, PoolId};
use exec::Exit;
use gpu_detect::{GpuUsage, memory_used_by, usage};
use serde::{Deserialize, Serialize};
use spawner::PoolDir;

use crate::execute::published;
use crate::lifecycle::exit::ExitReport;
use crate::lifecycle::gpu_proof::verdict::OnGpu;
use crate::lifecycle::gpu_proof::{is_given_gpus, look};
use crate::lifecycle::health::Health;
use crate::lifecycle::previous::{self, Restored};
use crate::lifecycle::silence::last_output;
use crate::lifecycle::updated::updated;
use crate::runtime::{Answer, Condition, Instance, Runtime, Vitals};
use crate::summary::{Proof, ProofStage, ProofVerdict};
use crate::{Ensured, InstanceKind, Result, Settings};

/// What is known of a pool's engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolStatus {
    /// The pool.
    pub pool_id: PoolId,
    /// What its engine does.
    pub state: PoolState,
    /// Its process id; for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<i32>,
    /// The address it listens on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The port it listens on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// When it last printed, in seconds since 1970; only of an engine that does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_output_unix_s: Option<u64>,
    /// How long it has run, in seconds; not known of an engine that others run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uptime_s: Option<u64>,
    /// Memory that its processes hold in RAM, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rss_bytes: Option<u64>,
    /// GPU memory that its processes hold, in bytes, where the driver tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu_memory_bytes: Option<u64>,
    /// The GPUs that its flags use, with its memory on each where the driver tells.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gpus: Vec<OnGpu>,
    /// Whether it is on these GPUs now, once it answers; none for an engine that is given none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpu_proof: Option<Proof>,
    /// Why it does not run, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// How it exited and by which cause, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<ExitReport>,
    /// What was replaced on disk since the engine was started from it, in words: its package or its program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<String>,
    /// Why an earlier engine runs in place of the wanted one, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored: Option<Restored>,
    /// What was prepared and started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<Ensured>,
}

/// What a pool's engine does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PoolState {
    /// It runs and has finished loading, or runs and does not answer.
    Running,
    /// It runs and loads its model.
    Starting,
    /// It is being stopped.
    Stopping,
    /// It has exited by itself.
    Exited,
    /// Its record is of an engine that is gone.
    Stale,
    /// It may run, and is not ours to touch from here.
    Foreign,
    /// None was started, or it was stopped.
    Absent,
    /// Its record cannot be understood.
    Unreadable,
    /// Others run it, and it does not answer; whether it runs is not known.
    Unreachable,
    /// Others run it, and what answers is not what the pool asked for and was given.
    Changed,
}

impl PoolState {
    /// The word, as JSON has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Starting => "starting",
            Self::Stopping => "stopping",
            Self::Exited => "exited",
            Self::Stale => "stale",
            Self::Foreign => "foreign",
            Self::Absent => "absent",
            Self::Unreadable => "unreadable",
            Self::Unreachable => "unreachable",
            Self::Changed => "changed",
        }
    }
}

impl PoolStatus {
    pub(crate) fn of(pool: &PoolId, state: PoolState) -> Self {
        Self {
            pool_id: pool.clone(),
            state,
            pid: None,
            host: None,
            port: None,
            health: None,
            last_output_unix_s: None,
            uptime_s: None,
            rss_bytes: None,
            gpu_memory_bytes: None,
            gpus: Vec::new(),
            gpu_proof: None,
            why: None,
            exit: None,
            updated: None,
            restored: None,
            engine: None,
        }
    }

    /// Whether an engine lives.
    pub fn lives(&self) -> bool {
        matches!(self.state, PoolState::Running | PoolState::Starting | PoolState::Stopping)
    }
}

pub(crate) fn status(settings: &Settings, runtime: &dyn Runtime, pool: &PoolId, dir: &PoolDir) -> Result<PoolStatus> {
    let lives = |state, instance, uptime| {
        let summary = published::published(&instance, dir);
        let vitals = runtime.vitals(dir, &instance, summary.as_ref())?;
        let gpus = summary.iter().flat_map(|summary| summary.prepared.devices.iter().map(|gpu| gpu.uuid.clone()));
        let asked = Asked::of(settings, gpus);
        let alive = Alive { instance, uptime, summary, vitals };
        Ok(self::alive(settings, runtime, PoolStatus::of(pool, state), alive, dir, &asked))
    };
    match runtime.status(dir)? {
        Condition::Running { instance, uptime } => lives(PoolState::Running, instance, uptime),
        Condition::Stopping { instance, uptime } => lives(PoolState::Stopping, instance, uptime),
        other => Ok(of_condition(runtime, pool, dir, other)),
    }
}

/// The status of a pool whose engine does not live.
pub(crate) fn of_condition(runtime: &dyn Runtime, pool: &PoolId, dir: &PoolDir, condition: Condition) -> PoolStatus {
    let of = |state| PoolStatus::of(pool, state);
    match condition {
        Condition::Running { .. } => of(PoolState::Running),
        Condition::Stopping { .. } => of(PoolState::Stopping),
        Condition::Exited { instance, exit } => PoolStatus {
            why: exit.map(|exit| exit.to_string()),
            exit: Some(ExitReport::of(exit.unwrap_or(Exit::Unknown), runtime, dir)),
            engine: published::published(&instance, dir),
            ..of(PoolState::Exited)
        },
        Condition::Stale { why, .. } => PoolStatus { why: Some(why), ..of(PoolState::Stale) },
        Condition::Foreign { why } => PoolStatus { why: Some(why), ..of(PoolState::Foreign) },
        Condition::Absent => of(PoolState::Absent),
        Condition::Unreadable { why } => PoolStatus { why: Some(why), ..of(PoolState::Unreadable) },
    }
}

/// The status of a pool whose record is gone or cannot be used: its engine may run all the same.
pub(crate) fn unrecorded(settings: &Settings, status: PoolStatus) -> Result<PoolStatus> {
    let seen = spawner::observe(&settings.run_dir, status.pool_id.as_str())?;
    if seen.life != spawner::Life::Unrecorded {
        return Ok(status);
    }
    let pids: Vec<String> = seen.pids.iter().map(ToString::to_string).collect();
    let record = status.why.as_deref().unwrap_or("there is no record");
    let why = format!("{record}, while an engine of this pool runs as process {}", pids.join(", "));
    Ok(PoolStatus { state: PoolState::Unreadable, why: Some(why), ..status })
}

/// An engine that lives, and what was seen of it.
pub(crate) struct Alive {
    pub(crate) instance: Instance,
    pub(crate) uptime: Duration,
    pub(crate) summary: Option<Ensured>,
    pub(crate) vitals: Vitals,
}

/// The status of an engine that lives.
pub(crate) fn alive(
    settings: &Settings,
    runtime: &dyn Runtime,
    blank: PoolStatus,
    alive: Alive,
    dir: &PoolDir,
    asked: &Asked<'_>,
) -> PoolStatus {
    let Alive { instance, uptime, summary: engine, vitals: Vitals { answer, usage } } = alive;
    let (health, other, why) =
        answer.map_or((None, None, None), |Answer { health, other, why }| (Some(health), other, why));
    if let InstanceKind::Remote { .. } = &instance.kind {
        let (state, why) = of_others(health, other, why);
        let (host, port) = (Some(instance.host), Some(instance.port));
        let gpu_proof = engine.as_ref().and_then(|engine| engine.prepared.proof(ProofStage::Running).cloned());
        let restored = previous::restored(dir);
        return PoolStatus { state, host, port, health, gpu_proof, why, restored, engine, ..blank };
    }
    let pids = usage.as_ref().map(|usage| usage.pids.as_slice()).unwrap_or_default();
    let on_gpu = gpus(settings, runtime, dir, (engine.as_ref(), health == Some(Health::Ready)), (pids, asked));
    let listens = usage.as_ref().is_none_or(|usage| usage.listens);
    let loads = health == Some(Health::Loading) || !listens;
    let pid = match &instance.kind {
        InstanceKind::Process { pid } => Some(*pid),
        InstanceKind::Container { .. } | InstanceKind::Remote { .. } => None,
    };
    let updated = updated(settings, &instance, uptime);
    PoolStatus {
        state: if blank.state == PoolState::Running && loads { PoolState::Starting } else { blank.state },
        pid,
        host: Some(instance.host),
        port: Some(instance.port),
        health,
        last_output_unix_s: last_output(&instance.log).filter(|_| health == Some(Health::Silent)),
        uptime_s: Some(uptime.as_secs()),
        rss_bytes: usage.as_ref().map(|usage| usage.rss_bytes),
        gpu_memory_bytes: on_gpu.memory_bytes,
        gpus: on_gpu.used,
        gpu_proof: on_gpu.proof,
        updated,
        restored: previous::restored(dir),
        why: other.map(|other| format!("its port is answered by {other}")).or(why),
        engine,
        ..blank
    }
}

/// NVML's answer about the GPUs of some engines, asked for once and only if one of them needs it.
pub(crate) struct Asked<'a> {
    settings: &'a Settings,
    uuids: Vec<String>,
    answer: OnceLock<GpuUsage>,
}

impl<'a> Asked<'a> {
    pub(crate) fn of(settings: &'a Settings, uuids: impl Iterator<Item = String>) -> Self {
        let mut uuids: Vec<String> = uuids.collect();
        uuids.sort();
        uuids.dedup();
        Self { settings, uuids, answer: OnceLock::new() }
    }

    /// What it says of the GPUs of one engine.
    fn of_engine(&self, engine: &Ensured) -> GpuUsage {
        let all = self.answer.get_or_init(|| usage(&self.uuids, &look::host(self.settings)));
        let devices = engine.prepared.devices.iter().filter_map(|device| all.of(&device.uuid).cloned());
        GpuUsage { devices: devices.collect(), problem: all.problem.clone() }
    }
}

/// What an engine that others run does, by its answer.
fn of_others(health: Option<Health>, other: Option<String>, why: Option<String>) -> (PoolState, Option<String>) {
    match (other, health) {
        (Some(other), _) => (PoolState::Changed, Some(other)),
        (None, Some(Health::Loading)) => (PoolState::Starting, why),
        (None, Some(Health::Silent)) => (PoolState::Unreachable, why),
        (None, Some(Health::Ready) | None) => (PoolState::Running, why),
    }
}

/// What the driver reports of an engine's GPUs.
#[derive(Default)]
struct Gpus {
    memory_bytes: Option<u64>,
    used: Vec<OnGpu>,
    proof: Option<Proof>,
}

/// Asks the driver, which takes long to answer and knows nothing of an engine on the CPU. What was proven before stays
/// where it does not answer.
fn gpus(
    settings: &Settings,
    runtime: &dyn Runtime,
    dir: &PoolDir,
    (engine, ready): (Option<&Ensured>, bool),
    (pids, asked): (&[i32], &Asked<'_>),
) -> Gpus {
    let Some(engine) = engine.filter(|engine| is_given_gpus(&engine.prepared)) else {
        // Without a summary, and for one of schema 1, all GPUs are asked for the engine's memory.
        let on_cpu = engine.is_some_and(|engine| engine.prepared.accelerator == Accelerator::Cpu);
        let memory_bytes = if on_cpu { None } else { memory_used_by(pids, &look::host(settings)) };
        return Gpus { memory_bytes, ..Gpus::default() };
    };
    let (shown, _) = look::once(runtime, dir, engine, (&asked.of_engine(engine), pids));
    let memory: Vec<u64> = shown.gpus.iter().filter_map(|gpu| gpu.memory_bytes).collect();
    let memory_bytes =
        (!memory.is_empty()).then(|| memory.iter().fold(0, |sum: u64, bytes| sum.saturating_add(*bytes)));
    let recorded = engine.prepared.proof(ProofStage::Running).cloned();
    let denied_before = recorded.as_ref().is_some_and(|proof| proof.verdict == ProofVerdict::Denied);
    // An engine that still loads need not be on its GPU yet.
    let now = shown.proof.filter(|_| ready && shown.answered && !denied_before);
    Gpus { memory_bytes, used: shown.gpus, proof: now.or(recorded) }
}
