//! An engine in a container that continues without its GPU: decides only where nothing else does, and also where the engine
//! was ready afterwards.

use super::super::{CONTAINED, Rule};
use crate::pattern::said;

pub(in crate::rules) static RULES: &[Rule] = &[Rule {
    code: "gpu::not_used",
    phases: CONTAINED,
    any: &[said("failed to initialize CUDA: unknown error"), said("CUDA initialization failure with error: 999")],
    cause: "the engine does not use its GPU: CUDA could not start in the container, and the engine continues on the CPU, even where it prints \
            that layers were offloaded; most often nvidia_uvm is not loaded on the host, or its node was not given to the container",
    remedy: "on the host `sudo nvidia-modprobe -u -c 0`, then generate the CDI spec again (`sudo nvidia-ctk cdi generate \
             --output=/etc/cdi/nvidia.yaml`) and start the container again",
}];
