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
pub(crate) fn version_command(binary: &Path) -> CommandSpec {
    question(binary, "--version")
}

fn question(binary: &Path, word: &str) -> CommandSpec {
    CommandSpec::new(binary, DEADLINE)
        .arg(word)
        .env("PATH", "/usr/bin:/bin")
        .env("XDG_CONFIG_HOME", NO_CONFIG)
        .env("HOME", NO_CONFIG)
}

/// All that a finished server is asked before it is published.
pub(crate) fn questions(binary: &Path, cuda: bool) -> Vec<CommandSpec> {
    let devices = cuda.then(|| question(binary, "--list-devices"));
    [version_command(binary)].into_iter().chain(devices).chain([question(binary, "--help")]).collect()
}

/// Asks them.
pub(crate) fn prove(job: &Job, binary: &Path) -> Result<Proof, BuildError> {
    let version = version(job, binary)?;
    if let Backend::Cuda { .. } = job.backend {
        let listed = ask(job, binary, "--list-devices")?;
        // Without a driver the backend is there and lists nothing; "CUDA" is then in its own log lines.
        if !listed.contains("CUDA") {
            return Err(BuildError::NoCudaInBinary { said: listed.trim().into() });
        }
    }
    Ok(Proof { version, help: ask(job, binary, "--help").unwrap_or_default() })
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
    let spec = question(binary, word);
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
