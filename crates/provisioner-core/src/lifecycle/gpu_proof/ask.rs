//! Asks a finished engine for its devices, in the environment that it will be started with: a GPU that is not there yet
//! after a boot, or that the environment hides, is seen before the start.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use exec::{CommandSpec, Redactor};

use crate::engine::profile;
use crate::lifecycle::gpu_proof::{Fate, GpuProofError, is_given_gpus, listed};
use crate::summary::{PreparedEngine, Proof, ProofStage, ProofVerdict};
use crate::{Error, Result, Settings};

/// A program that loads CUDA from a cold disk takes seconds.
const DEADLINE: Duration = Duration::from_secs(30);

/// Asks, and adds to the summary what the engine answered, as the proof of `stage`; before a start also as that of the
/// artifact.
///
/// # Errors
///
/// `gpu::not_used` where it lists fewer of its pool's GPUs than there are. An engine that cannot be asked is undecided,
/// and no error.
pub(crate) fn devices(
    settings: &Settings,
    summary: &mut PreparedEngine,
    env: &BTreeMap<OsString, OsString>,
    stage: ProofStage,
) -> Result<()> {
    let Some(proof) = ask(settings, summary, env)? else { return Ok(()) };
    let proof = Proof { stage, ..proof };
    if proof.verdict == ProofVerdict::Denied {
        return Err(GpuProofError::denied(&proof, Fate::NotStarted).into());
    }
    if stage == ProofStage::Start {
        summary.set_proof(Proof { stage: ProofStage::Artifact, ..proof.clone() });
    }
    summary.set_proof(proof);
    Ok(())
}

fn ask(settings: &Settings, summary: &PreparedEngine, env: &BTreeMap<OsString, OsString>) -> Result<Option<Proof>> {
    let gpu = &profile(summary.engine).gpu;
    let (Some(list), Some(program), true) = (gpu.device_list, &summary.binary_path, is_given_gpus(summary)) else {
        return Ok(None);
    };
    let mut spec = CommandSpec::new(program, DEADLINE).args(list.args.iter().copied());
    spec.env.extend(env.iter().map(|(name, value)| (name.clone(), value.clone())));
    spec.cancel = Some(settings.cancel.clone());
    let (verdict, evidence) = match exec::run(&spec) {
        Ok(output) => {
            let text = [&output.stderr, &output.stdout].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
            listed::verdict(list, gpu.log.denials, (&text.concat(), output.exit), &summary.devices)
        }
        Err(exec::ExecError::Cancelled { .. }) => return Err(Error::Cancelled),
        Err(error) => (ProofVerdict::Undecided, vec![error.to_string()]),
    };
    let redactor = Redactor::new();
    let evidence = evidence.iter().map(|line| redactor.text(line).into_owned()).collect();
    Ok(Some(Proof { stage: ProofStage::Artifact, verdict, evidence }))
}
