//! Which step a log is of, for a log that was pasted without saying so.

use crate::Phase;
use crate::text::{Log, Role};

/// What programs print while they build, at the start of a line.
const BUILDING: &[&str] = &[
    "FAILED: ",
    "ninja: ",
    "make: ",
    "make[",
    "gmake: ",
    "gmake[",
    "nvcc ",
    "ptxas ",
    "c++: ",
    "g++: ",
    "gcc: ",
    "cc1plus: ",
    "clang: ",
    "collect2: ",
    "ld: ",
    "/usr/bin/ld: ",
    "nvlink ",
    "sccache: ",
    "ccache: ",
    "Building ",
    "Linking ",
    "Scanning dependencies of ",
    "compilation terminated",
];

/// The same while git fetches.
const FETCHING: &[&str] = &[
    "Cloning into ",
    "fatal: ",
    "remote: ",
    "Receiving objects: ",
    "fetch-pack: ",
    "error: RPC failed",
    "error: pathspec ",
    "git-lfs",
];

/// What is in the lines of an engine.
const RUNNING: &[&str] = &[
    "llama_",
    "ggml_",
    "gguf_",
    "srv ",
    "CUDA error",
    "while loading shared libraries",
    "main: ",
    "llama-server",
    "vllm",
    "sglang",
    "text_generation",
    "tritonserver",
    "EngineCore",
    "torch.",
    "NCCL ",
    "Traceback (most recent call last)",
];

/// What is in the lines of a container runtime, and of images about the host.
const CONTAINER: &[&str] = &[
    "Error response from daemon",
    "OCI runtime",
    "nvidia-container-cli",
    "crun:",
    "runc create failed",
    "CDI devices",
    "CDI Spec",
    "CDI host device",
    "rootlessport",
    "podman",
    "libpod",
    "kubelet",
    ":container_t:",
    "ailed to pull image",
    "pull rate limit",
    "/etc/subuid",
    "newuidmap",
    "graph driver",
    "cgroup controller",
    "memory controller for the current process",
    "This container was built for",
    "manifest unknown",
    "registry returned:",
    "container registry",
    "/manifests/",
    "adding layer with blob",
    "stat nvidia.com/gpu",
    "opening file 'memory.",
];

/// Which step printed this log, by the words of the programs that each runs. A log without any of them is taken for an
/// engine's, and an engine's with words of a container runtime for a container's.
pub fn guess_phase(log: &str) -> Phase {
    let log = Log::read(log);
    let mut votes = [(0_u32, Phase::Run), (0, Phase::Build), (0, Phase::Configure), (0, Phase::Fetch)];
    let mut in_container = false;
    for line in &log.lines {
        let text = log.line(line);
        let counted = |text: &str| {
            text.strip_prefix('[').and_then(|rest| rest.split_once("] ")).is_some_and(|(step, _)| {
                step.bytes().any(|byte| matches!(byte, b'/' | b'%'))
                    && step.bytes().all(|b| b.is_ascii_digit() || b"/% ".contains(&b))
            })
        };
        let at = if counted(text) || line.role == Role::Echo || BUILDING.iter().any(|word| text.starts_with(word)) {
            1
        } else if line.role == Role::CmakeError || text.starts_with("-- ") || text.starts_with("CMake ") {
            2
        } else if FETCHING.iter().any(|word| text.starts_with(word)) {
            3
        } else if CONTAINER.iter().any(|word| text.contains(word)) {
            in_container = true;
            0
        } else if RUNNING.iter().any(|word| text.contains(word)) {
            0
        } else {
            continue;
        };
        if let Some((count, _)) = votes.get_mut(at) {
            *count += 1;
        }
    }
    // Of as many votes for two, the first of the list.
    let most = votes.iter().map(|(count, _)| *count).max().unwrap_or_default();
    match votes.iter().find(|(count, _)| *count == most) {
        Some((_, Phase::Run)) | None if in_container => Phase::Container,
        Some((_, phase)) => *phase,
        None => Phase::Run,
    }
}
