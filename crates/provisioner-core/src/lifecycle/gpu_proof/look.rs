//! Looks at a running engine's GPUs and log, and remembers what was in use before its start. Nothing here fails for a
//! driver that does not answer.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use config_schema::Accelerator;
use gpu_detect::{GpuUsage, Host, ProblemKind, usage};
use spawner::PoolDir;

use crate::engine::profile;
use crate::lifecycle::error::LifecycleError;
use crate::lifecycle::gpu_proof::log_facts::{LogFacts, facts};
use crate::lifecycle::gpu_proof::verdict::{Sight, running};
use crate::lifecycle::gpu_proof::{Shown, is_given_gpus};
use crate::runtime::{Instance, Runtime};
use crate::summary::{Device, Ensured, PreparedEngine, ProofStage, ProofVerdict};
use crate::{Error, Result, Settings};

/// How long NVML may take to answer once.
const DEADLINE: Duration = Duration::from_secs(2);
/// How often it is asked before an engine is said not to be on its GPU, and the pause between.
const LOOKS: usize = 4;
const PAUSE: Duration = Duration::from_millis(150);
/// How much of a log is read, from its beginning, in bytes.
const LOG: u64 = 1 << 20;
/// The process id namespace that the system itself is in (`PROC_PID_INIT_INO` of the kernel).
const FIRST_NAMESPACE: &str = "pid:[4026531836]";

/// Remembers what is in use on the GPUs of an engine that is about to be started. A driver that does not answer leaves
/// nothing to compare with, and is no reason not to start.
pub(crate) fn before_start(settings: &Settings, prepared: &PreparedEngine, dir: &PoolDir) {
    let file = before_file(dir);
    std::fs::remove_file(&file).ok();
    if !is_given_gpus(prepared) {
        return;
    }
    let usage = usage(&uuids(prepared), &host(settings));
    if let Some(problem) = &usage.problem {
        tracing::warn!(pool = dir.pool(), reason = problem.text, "NVML does not report which GPU memory is in use");
        return;
    }
    let bytes = serde_json::to_vec(&usage).unwrap_or_default();
    if let Err(error) = durable::replace_until_reboot(&file, &bytes) {
        tracing::warn!(pool = dir.pool(), %error, "which GPU memory was in use before the start is not remembered");
    }
}

/// What NVML, log and flags show of an engine now, and whether it is in vain to ask again: NVML hangs, or is not there.
pub(crate) fn once(
    runtime: &dyn Runtime,
    dir: &PoolDir,
    ensured: &Ensured,
    pids: &[i32],
    now: &GpuUsage,
) -> (Shown, bool) {
    let prepared = &ensured.prepared;
    let log = log(runtime, dir, prepared);
    let before = durable::read_regular(&before_file(dir), LOG).ok().flatten();
    let before: Option<GpuUsage> = before.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let used = (profile(prepared.engine).gpu.devices_used)(&prepared.flags, prepared.devices.len());
    let used: Vec<&Device> = used.into_iter().filter_map(|place| prepared.devices.get(place)).collect();
    let sight = Sight { used: &used, pids, nested: nested(), before: before.as_ref(), now, log: &log };
    let (proof, gpus) = running(sight);
    let in_vain = |kind| matches!(kind, ProblemKind::TimedOut | ProblemKind::NoLibrary | ProblemKind::LibraryUnusable);
    let in_vain = now.problem.as_ref().is_some_and(|problem| in_vain(problem.kind));
    let answered = now.problem.is_none() && now.devices.iter().all(|device| device.problem.is_none());
    (Shown { proof: Some(proof), offload: log.offload, answered, gpus }, in_vain)
}

/// Looks until the engine is proven to be on its GPUs, a few times at most: neither an NVML that fails for a moment nor one
/// that hangs ends a healthy engine.
pub(crate) fn patiently(
    settings: &Settings,
    runtime: &dyn Runtime,
    dir: &PoolDir,
    instance: &Instance,
    ensured: &Ensured,
) -> Result<Shown> {
    let begin = Instant::now();
    let mut looks = 0;
    loop {
        // An engine that has just exited holds no GPU, and that is not why it failed.
        let usage = runtime.vitals(dir, instance, None)?.usage.ok_or(LifecycleError::Gone)?;
        let now = gpu_detect::usage(&uuids(&ensured.prepared), &host(settings));
        let (shown, in_vain) = once(runtime, dir, ensured, &usage.pids, &now);
        looks += 1;
        let settled = shown.proof.as_ref().is_none_or(|proof| match proof.verdict {
            ProofVerdict::Proven => true,
            ProofVerdict::Denied => log(runtime, dir, &ensured.prepared).denial.is_some(),
            ProofVerdict::Undecided => shown.answered,
        });
        if settled || in_vain || looks == LOOKS {
            tracing::debug!(
                pool = dir.pool(),
                looks,
                ms = begin.elapsed().as_millis(),
                "looked for the engine on its GPUs"
            );
            return Ok(shown);
        }
        settings.cancel.check().map_err(|cancel::Cancelled| Error::Cancelled)?;
        thread::sleep(PAUSE);
    }
}

/// What the log says. Once an engine was proven its log is not read again: later lines may be of clients.
fn log(runtime: &dyn Runtime, dir: &PoolDir, prepared: &PreparedEngine) -> LogFacts {
    let proven = prepared.proof(ProofStage::Running).is_some_and(|proof| proof.verdict == ProofVerdict::Proven);
    if prepared.accelerator != Accelerator::Cuda || proven {
        return LogFacts { denial: None, offload: prepared.offload };
    }
    let text = runtime.log_head(dir, LOG).unwrap_or_default();
    facts(&text, &profile(prepared.engine).gpu.log)
}

fn uuids(prepared: &PreparedEngine) -> Vec<String> {
    prepared.devices.iter().map(|device| device.uuid.clone()).collect()
}

/// The host whose NVML is asked, within a moment: a status is asked for in trouble, when drivers hang.
pub(crate) fn host(settings: &Settings) -> Host {
    let host = Host::current(settings.env.clone()).with_root(&settings.system_root);
    Host { probe: settings.probe(), deadline: DEADLINE, ..host }
}

fn before_file(dir: &PoolDir) -> PathBuf {
    dir.path().join("gpu-before-start.json")
}

fn nested() -> bool {
    std::fs::read_link("/proc/self/ns/pid").is_ok_and(|namespace| namespace.as_os_str() != FIRST_NAMESPACE)
}
