//! An engine that is not on the GPUs that its pool asks for.

use std::fmt;

use miette::Diagnostic;
use thiserror::Error;

use crate::summary::{Proof, ProofStage};

/// Why an engine of a `cuda` pool does not count as one.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[non_exhaustive]
pub enum GpuProofError {
    /// The engine does not use the GPUs that its pool asks for: its devices, its log or NVML say so.
    #[error("the engine does not use the GPU that its pool asks for: {evidence}; {fate}")]
    #[diagnostic(code(gpu::not_used), help("{}", help(*.stage)))]
    NotUsed {
        /// What was looked at.
        stage: ProofStage,
        /// The facts.
        evidence: String,
        /// What became of the engine.
        fate: Fate,
    },
    /// Fewer layers of the model are on the GPU than the pool asks for.
    #[error("{layers} of {of} layers of the model are on the GPU, and the pool asks for all; {fate}")]
    #[diagnostic(
        code(gpu::partial_offload),
        help(
            "free GPU memory, use a smaller quantization or a smaller `ctx`; or ask for fewer layers: `flags = [\"--n-gpu-layers\", \"{layers}\"]`"
        )
    )]
    PartialOffload {
        /// Layers on GPUs.
        layers: u32,
        /// Layers in all.
        of: u32,
        /// What became of the engine.
        fate: Fate,
    },
}

/// What became of an engine that is not on its GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was not started.
    NotStarted,
    /// This call started it, and stopped it.
    Stopped,
    /// An earlier call started it: it runs on.
    LeftRunning,
    /// It was stopped or replaced by another call meanwhile.
    Gone,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotStarted => "it was not started",
            Self::Stopped => "it was stopped",
            Self::LeftRunning => "it still runs: `ensure --replace` stops it and starts another one",
            Self::Gone => "another call stopped or replaced it",
        })
    }
}

impl GpuProofError {
    /// The error for a proof that was denied.
    pub(crate) fn denied(proof: &Proof, fate: Fate) -> Self {
        Self::NotUsed { stage: proof.stage, evidence: proof.evidence.join("; "), fate }
    }

    /// What became of the engine.
    pub(crate) fn fate(&self) -> Fate {
        match self {
            Self::NotUsed { fate, .. } | Self::PartialOffload { fate, .. } => *fate,
        }
    }
}

const fn help(stage: ProofStage) -> &'static str {
    match stage {
        ProofStage::Host | ProofStage::Artifact | ProofStage::Start => {
            "look with `gpus` and `nvidia-smi`; right after a boot `nvidia-modprobe -u -c=0` loads the module `nvidia-uvm` \
             that CUDA needs, and a container must be given /dev/nvidia-uvm; then start the pool again"
        }
        ProofStage::Running => {
            "`logs` shows what the engine printed of its devices; look with `gpus` and `nvidia-smi`, and for settings of the \
             engine's own that choose its devices, such as a configuration file or `LLAMA_ARG_DEVICE`"
        }
    }
}
