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

/// Which step printed this log, by the words of the programs that each runs. A log without any of them is taken for an
/// engine's.
pub fn guess_phase(log: &str) -> Phase {
    let log = Log::read(log);
    let mut votes = [(0_u32, Phase::Run), (0, Phase::Build), (0, Phase::Configure), (0, Phase::Fetch)];
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
    votes.iter().find(|(count, _)| *count == most).map_or(Phase::Run, |(_, phase)| *phase)
}
