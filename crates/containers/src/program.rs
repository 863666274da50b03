//! The program that runs containers, podman or docker: where it is, which version it has, and how it is run.
//!
//! The rule: it always runs on this host, with the environment that [`environment`] names and nothing else.

mod environment;
mod meaning;
mod version;

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cancel::Cancel;
use exec::{CommandSpec, Env, Exit, Output};
use serde::{Deserialize, Serialize};

pub use version::Version;

use crate::ContainerError;
pub(crate) use meaning::{Meaning, last_error, meaning};

/// How long a question may take; podman answers within 0.1 s, longer while it waits for another podman's lock.
const QUESTION: Duration = Duration::from_secs(30);

/// Which program runs the containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// podman, without a daemon; the default.
    Podman,
    /// docker, through its daemon.
    Docker,
}

impl Kind {
    /// The name of its program, and the word for it in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Podman => "podman",
            Self::Docker => "docker",
        }
    }

    /// The kind with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Podman, Self::Docker].into_iter().find(|kind| kind.name() == name)
    }

    /// The first version that passes devices by their CDI names.
    ///
    /// podman: <https://github.com/containers/podman/releases/tag/v4.1.0>; docker: enabled by default since 28.2, an
    /// option of the daemon since 25.0: <https://docs.docker.com/reference/cli/dockerd/#configure-cdi-devices>.
    pub fn first_with_cdi(self) -> Version {
        match self {
            Self::Podman => Version::new(4, 1, 0),
            Self::Docker => Version::new(25, 0, 0),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An installed podman or docker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    kind: Kind,
    path: PathBuf,
    version: Version,
    env: Env,
    cancel: Option<Cancel>,
}

impl Program {
    /// Finds the program on `PATH` and asks it for its version.
    ///
    /// A `docker` that is podman under another name counts as podman: both understand the same, but podman alone keeps
    /// its own rules for devices and logs.
    ///
    /// # Errors
    ///
    /// [`ContainerError::NotInstalled`], [`ContainerError::VersionUnknown`], or why it could not be run.
    pub fn locate(kind: Kind, env: &Env) -> Result<Self, ContainerError> {
        let path = env.find(kind.name()).ok_or(ContainerError::NotInstalled { program: kind })?;
        let spec = CommandSpec::new(&path, QUESTION).arg("--version").inherit(env, environment::NAMES);
        let output = exec::run(&spec)?.require_success(&spec)?;
        let printed = output.stdout_text();
        let (kind, version) = version::parse(&printed).ok_or_else(|| ContainerError::VersionUnknown {
            program: kind,
            printed: printed.chars().take(200).collect(),
        })?;
        Ok(Self { kind, path, version, env: env.clone(), cancel: None })
    }

    /// The same program, whose commands end early when the token is cancelled. What a cancelled creation or start leaves
    /// is finished by [`settle`](crate::settle). Stopping and removing are not interrupted.
    #[must_use]
    pub fn cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = Some(cancel);
        self
    }

    /// Which program it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The file that is run.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// A command of the program, for this long at most.
    pub(crate) fn command<S: Into<OsString>>(
        &self,
        args: impl IntoIterator<Item = S>,
        deadline: Duration,
    ) -> CommandSpec {
        let spec = CommandSpec::new(&self.path, deadline).args(args).inherit(&self.env, environment::NAMES);
        match &self.cancel {
            Some(cancel) => spec.cancel(cancel.clone()),
            None => spec,
        }
    }

    /// The same, with the proxies of the environment: for commands that use the network.
    pub(crate) fn network_command<S: Into<OsString>>(
        &self,
        args: impl IntoIterator<Item = S>,
        deadline: Duration,
    ) -> CommandSpec {
        self.command(args, deadline).inherit(&self.env, environment::PROXIES)
    }

    /// Runs a command that must succeed; `subject` is what it is about, for the error.
    pub(crate) fn perform(&self, subject: &str, spec: &CommandSpec) -> Result<Output, ContainerError> {
        let output = exec::run(spec)?;
        if output.exit == Exit::Code(0) { Ok(output) } else { Err(self.failure(subject, spec, &output)) }
    }

    /// The error for a command that failed.
    pub(crate) fn failure(&self, subject: &str, spec: &CommandSpec, output: &Output) -> ContainerError {
        let stderr = spec.redactor().text(&String::from_utf8_lossy(&output.stderr)).into_owned();
        let command = spec.display(&spec.redactor());
        meaning(&stderr).into_error(self.kind, subject, &stderr, command)
    }
}
