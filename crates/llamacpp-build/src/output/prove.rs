//! Asking a finished binary what it is: it must run, say its version, and have the accelerator in it (EP-15).

use std::path::Path;
use std::time::Duration;

use exec::{CommandSpec, Exit};
use failure_diagnosis::Phase;

use crate::plan::job::Job;
use crate::{Backend, BuildError, Diagnosed};

/// A server answers at once; one that loads CUDA libraries from a cold disk takes seconds.
const DEADLINE: Duration = Duration::from_mins(1);

/// llama-server reads a `config.ini` of its user, which is no part of what it is.
const NO_CONFIG: &str = "/nonexistent";

/// What a binary says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Proof {
    /// After `version:`.
    pub(crate) version: String,
    /// The whole help text.
    pub(crate) help: String,
}

/// The command that asks for the version.
pub(crate) fn version_command(binary: &Path, backend: &Backend) -> CommandSpec {
    question(binary, "--version", backend)
}

fn question(binary: &Path, word: &str, backend: &Backend) -> CommandSpec {
    let spec = CommandSpec::new(binary, DEADLINE)
        .arg(word)
        .env("PATH", "/usr/bin:/bin")
        .env("XDG_CONFIG_HOME", NO_CONFIG)
        .env("HOME", NO_CONFIG);
    match backend {
        // On NixOS and wherever else the loader does not find the driver's library by itself.
        Backend::Cuda { driver_folder: Some(folder), .. } => spec.env("LD_LIBRARY_PATH", folder),
        Backend::Cuda { .. } | Backend::Cpu => spec,
    }
}

/// All that a finished server is asked before it is published.
pub(crate) fn questions(binary: &Path, backend: &Backend) -> Vec<CommandSpec> {
    let ask = |word: &str| question(binary, word, backend);
    let devices = matches!(backend, Backend::Cuda { .. }).then(|| ask("--list-devices"));
    [ask("--version")].into_iter().chain(devices).chain([ask("--help")]).collect()
}

/// Asks them.
pub(crate) fn prove(job: &Job, binary: &Path) -> Result<Proof, BuildError> {
    let version = version(job, binary)?;
    if let Backend::Cuda { .. } = job.backend {
        let listed = ask(job, binary, "--list-devices")?;
        if !has_backend(&listed) {
            return Err(BuildError::NoCudaInBinary { said: listed.trim().into() });
        }
    }
    Ok(Proof { version, help: ask(job, binary, "--help").unwrap_or_default() })
}

/// Whether the CUDA backend is in a binary, by what it prints when it is asked for its devices: a device of the list, such
/// as `CUDA0: NVIDIA H100`, or a line of the backend's own, which it prints without a device, too. The word CUDA alone is
/// in other lines as well. Whether the devices of a pool are there is asked again for each start, and not part of a build.
fn has_backend(listed: &str) -> bool {
    listed.lines().map(str::trim).any(|line| {
        let number = line.strip_prefix("CUDA").and_then(|rest| rest.split_once(':')).map(|(number, _)| number);
        let device = number.is_some_and(|n| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()));
        device
            || ["ggml_cuda_init: ", "ggml_init_cublas: ", "loaded CUDA backend "].iter().any(|own| line.contains(own))
    })
}

/// The version a binary tells.
pub(crate) fn version(job: &Job, binary: &Path) -> Result<String, BuildError> {
    let said = ask(job, binary, "--version")?;
    let version = said.lines().find_map(|line| line.strip_prefix("version:")).map(str::trim).filter(|v| !v.is_empty());
    version
        .map(str::to_owned)
        .ok_or_else(|| BuildError::NoVersion { binary: binary.into(), said: said.trim().chars().take(400).collect() })
}

/// Both streams: releases differ in which one they print to.
fn ask(job: &Job, binary: &Path, word: &str) -> Result<String, BuildError> {
    let spec = question(binary, word, &job.backend);
    let output = job.run(&spec).map_err(|source| BuildError::Run { source })?;
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    match output.exit {
        Exit::Code(0) => Ok(text),
        exit => Err(Diagnosed::of(Phase::Run, exit, false, &text).unwrap_or_else(|| BuildError::BadBinary {
            binary: binary.into(),
            question: word.into(),
            exit,
            said: output.stderr_tail(10),
        })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EP-15
    #[test]
    fn the_word_alone_is_no_backend() {
        for (listed, expected) in [
            ("Available devices:\n  CUDA0: NVIDIA H100 (81079 MiB, 80553 MiB free)\n", true),
            (
                "ggml_cuda_init: failed to initialize CUDA: no CUDA-capable device is detected\nAvailable devices:\n",
                true,
            ),
            ("load_backend: loaded CUDA backend from /x/libggml-cuda.so\n", true),
            ("Available devices:\n  (none)\n", false),
            ("warning: CUDA is not compiled in\nCUDA: no\n", false),
            ("failed to initialize CUDA\n", false),
            ("  Vulkan0: NVIDIA H100 with CUDA0: x\n", false),
            ("", false),
        ] {
            assert_eq!(has_backend(listed), expected, "{listed}");
        }
    }
}
