//! Asking a finished binary what it is: it must run, say its version, and have the accelerator in it (EP-15).

use std::path::Path;
use std::time::Duration;

use exec::{CommandSpec, Exit, run};
use failure_diagnosis::Phase;

use crate::{Backend, BuildError, BuildRequest, Diagnosed};

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
    CommandSpec::new(binary, DEADLINE)
        .arg("--version")
        .env("PATH", "/usr/bin:/bin")
        .env("XDG_CONFIG_HOME", NO_CONFIG)
        .env("HOME", NO_CONFIG)
}

/// Runs the binary's own questions.
pub(crate) fn prove(request: &BuildRequest, binary: &Path) -> Result<Proof, BuildError> {
    let version = version(binary)?;
    if let Backend::Cuda { .. } = request.backend {
        let listed = ask(binary, "--list-devices")?;
        // Without a driver the backend is there and lists nothing; "CUDA" then stands in its own log lines.
        if !listed.contains("CUDA") {
            return Err(BuildError::NoCudaInBinary { said: listed.trim().into() });
        }
    }
    Ok(Proof { version, help: ask(binary, "--help").unwrap_or_default() })
}

/// The version a binary tells.
pub(crate) fn version(binary: &Path) -> Result<String, BuildError> {
    let said = ask(binary, "--version")?;
    let version = said.lines().find_map(|line| line.strip_prefix("version:")).map(str::trim).filter(|v| !v.is_empty());
    version
        .map(str::to_owned)
        .ok_or_else(|| BuildError::NoVersion { binary: binary.into(), said: said.trim().chars().take(400).collect() })
}

/// Both streams: releases differ in which one they print to.
fn ask(binary: &Path, question: &str) -> Result<String, BuildError> {
    let mut spec = version_command(binary);
    spec.args = vec![question.into()];
    let output = run(&spec).map_err(|source| BuildError::Run { source })?;
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    match output.exit {
        Exit::Code(0) => Ok(text),
        exit => Err(Diagnosed::of(Phase::Run, exit, false, &text).unwrap_or_else(|| BuildError::BadBinary {
            binary: binary.into(),
            question: question.into(),
            exit,
            said: output.stderr_tail(10),
        })),
    }
}
