//! Whether an engine of a `cuda` pool is on the GPUs that it was given: right before its start, once it answers, and
//! whenever its status is asked for.
//!
//! The rule: [`listed`], [`log_facts`], [`devices_used`] and [`verdict`] decide and read nothing; [`ask`] and [`look`]
//! ask the program, NVML and the log, in bounded time, and never fail. Denied needs positive evidence. What cannot be
//! known is undecided, which ends no engine.

use std::sync::Arc;

use config_schema::Accelerator;
use spawner::{PoolDir, PoolGuard};

use crate::engine::profile;
use crate::event::Reporter;
use crate::execute::published;
use crate::pool::locks;
use crate::runtime::{Instance, Runtime};
use crate::summary::{Ensured, Offload, PreparedEngine, Proof, ProofStage, ProofVerdict};
use crate::{Error, Result, Settings};

pub(crate) mod ask;
pub(crate) mod devices_used;
mod error;
pub(crate) mod listed;
pub(crate) mod log_facts;
pub(crate) mod look;
pub(crate) mod verdict;

pub(crate) use error::Fate;
pub use error::GpuProofError;

/// What one look at a running engine shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Whether it is on its GPUs; none for an engine that is given none.
    pub(crate) proof: Option<Proof>,
    /// How many layers are on GPUs.
    pub(crate) offload: Option<Offload>,
    /// Whether NVML answered for each of them.
    pub(crate) answered: bool,
    /// Whether its log denies that it uses a GPU: asking again cannot change that.
    pub(crate) log_denies: bool,
    /// The GPUs that it uses, with its own memory on each where NVML lists it.
    pub(crate) gpus: Vec<verdict::OnGpu>,
}

/// Proves that a ready engine is on its GPUs, records what was found in its summary, and stops one that is not where
/// `may_stop` says so.
///
/// # Errors
///
/// `gpu::not_used` where it is denied, `gpu::partial_offload` where fewer layers are on GPUs than were asked for.
pub(crate) fn prove_ready(
    settings: &Settings,
    runtime: &Arc<dyn Runtime>,
    dir: &PoolDir,
    (instance, ensured): (&Instance, &Ensured),
    may_stop: bool,
    reporter: &Reporter,
) -> Result<Shown> {
    if !is_given_gpus(&ensured.prepared) {
        return Ok(Shown::default());
    }
    let mut shown = look::patiently(settings, &**runtime, dir, instance, ensured)?;
    let recorded = ensured.prepared.proof(ProofStage::Running);
    if shown.proof.as_ref().is_some_and(|proof| proof.verdict == ProofVerdict::Undecided)
        && !shown.answered
        && recorded.is_some_and(|proof| proof.verdict == ProofVerdict::Proven)
    {
        shown.proof = recorded.cloned();
    }
    let error = refusal(&ensured.prepared, &shown);
    if let (None, Some(proof)) = (&error, shown.proof.as_ref().filter(|p| p.verdict == ProofVerdict::Undecided)) {
        reporter.warn(format!("it is undecided whether the engine uses its GPU: {}", proof.evidence.join("; ")));
    }
    let guard = locks::lock(dir, "prove", settings, reporter)?;
    record(instance, &shown, &guard)?;
    let Some(error) = error else { return Ok(shown) };
    let fate = if may_stop { stop(settings, &**runtime, instance, &guard)? } else { Fate::LeftRunning };
    Err(error(fate).into())
}

/// Whether an engine has GPUs to be proven on.
pub(crate) fn is_given_gpus(prepared: &PreparedEngine) -> bool {
    prepared.accelerator == Accelerator::Cuda && !prepared.devices.is_empty()
}

/// Why an engine is not what its pool asks for, as an error that lacks what became of it.
fn refusal(prepared: &PreparedEngine, shown: &Shown) -> Option<Box<dyn Fn(Fate) -> GpuProofError>> {
    if let Some(proof) = shown.proof.clone().filter(|proof| proof.verdict == ProofVerdict::Denied) {
        return Some(Box::new(move |fate| GpuProofError::denied(&proof, fate)));
    }
    let Offload { layers, of } = shown.offload?;
    let asks_all = profile(prepared.engine).gpu.asks_all_layers;
    (layers < of && asks_all(&prepared.flags, of))
        .then(|| Box::new(move |fate| GpuProofError::PartialOffload { layers, of, fate }) as Box<_>)
}

/// Writes what was found into the summary of the engine, while that is the pool's.
fn record(instance: &Instance, shown: &Shown, guard: &PoolGuard) -> Result<()> {
    let Some(mut ensured) = published::published(instance, guard.dir()) else { return Ok(()) };
    let before = ensured.clone();
    ensured.prepared.show(shown);
    if ensured == before { Ok(()) } else { published::write(&ensured, guard.dir()) }
}

fn stop(settings: &Settings, runtime: &dyn Runtime, instance: &Instance, guard: &PoolGuard) -> Result<Fate> {
    let now = runtime.observe(&settings.run_dir, guard.dir().pool())?.instance;
    if now.as_ref() != Some(instance) {
        return Ok(Fate::Gone);
    }
    let how = runtime.stop(guard, config_schema::Limits::default().stop_grace())?;
    tracing::warn!(pool = guard.dir().pool(), ?how, "stopped an engine that is not on its GPU");
    Ok(Fate::Stopped)
}

/// Refuses an engine that runs, was looked at before, and was not on its GPU.
pub(crate) fn refuse_denied(ensured: &Ensured) -> Result<()> {
    match ensured.prepared.proof(ProofStage::Running) {
        Some(proof) if proof.verdict == ProofVerdict::Denied => {
            Err(Error::from(GpuProofError::denied(proof, Fate::LeftRunning)))
        }
        _ => Ok(()),
    }
}

impl PreparedEngine {
    /// What was proven at this stage, where it was looked at.
    pub fn proof(&self, stage: ProofStage) -> Option<&Proof> {
        self.proofs.iter().find(|proof| proof.stage == stage)
    }

    /// Sets what was proven at a stage, in the order of the stages.
    pub(crate) fn set_proof(&mut self, proof: Proof) {
        self.proofs.retain(|known| known.stage != proof.stage);
        self.proofs.push(proof);
        self.proofs.sort_by_key(|proof| proof.stage);
    }

    /// Forgets what was proven of an engine that ran.
    pub(crate) fn forget_run(&mut self) {
        self.proofs.retain(|proof| proof.stage < ProofStage::Start);
        self.offload = None;
    }

    /// Sets what a look at the running engine showed.
    pub(crate) fn show(&mut self, shown: &Shown) {
        self.offload = shown.offload.or(self.offload);
        if let Some(proof) = shown.proof.clone() {
            self.set_proof(proof);
        }
    }
}
