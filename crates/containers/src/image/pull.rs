//! Pulls an image by digest, with what it prints and how far it is.

use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::{CommandSpec, ExecError, Exit};

use super::owned::mark;
use super::{Image, inspect};
use crate::program::last_error;
use crate::{ContainerError, ImageRef, Kind, Program};

/// How a pull is done.
#[derive(Clone, Debug)]
pub struct Pull {
    /// An empty folder on the file system of the store, for the layers while they arrive. It is podman's `TMPDIR`.
    pub staging: PathBuf,
    /// How long nothing may arrive and nothing be unpacked before the pull is ended.
    pub silence: Duration,
    /// How long it may take in all.
    pub deadline: Duration,
    /// The file with the credentials of registries, in place of the user's own.
    pub auth_file: Option<PathBuf>,
    /// Whether the registry is asked by http: for loopback, or where the caller's configuration allows it.
    pub plain_http: bool,
}

/// A line that the runtime printed while it pulled, such as `Copying blob sha256:…`.
pub type Progress<'a> = dyn FnMut(&str) + 'a;

/// Pulls the image, unless it is in the local store, and marks it as pulled by this program. Returns it.
///
/// The runtime compares every layer and the manifest with their digests before the image exists under its name.
///
/// # Errors
///
/// [`ContainerError::PullFailed`] with what the registry or the runtime reported, [`exec::ExecError::Stalled`],
/// [`exec::ExecError::TimedOut`] and [`exec::ExecError::Cancelled`]. Nothing of the image is visible then; podman keeps
/// layers that were complete.
pub fn pull(
    program: &Program,
    wanted: &ImageRef,
    how: &Pull,
    on_line: &mut Progress<'_>,
) -> Result<Image, ContainerError> {
    let name = wanted.to_string();
    if let Some(image) = inspect(program, &name)? {
        return Ok(image);
    }
    let command = command(program, &name, how);
    let output = exec::run_lines(&command, &mut |_, line| on_line(line))?;
    if output.exit != Exit::Code(0) {
        let redactor = command.redactor();
        let why = redactor.text(&last_error(&String::from_utf8_lossy(&output.stderr))).into_owned();
        return Err(ContainerError::PullFailed { image: name, why, command: command.display(&redactor) });
    }
    mark(program, wanted)?;
    inspect(program, &name)?.ok_or(ContainerError::ImageMissing { program: program.kind(), image: name })
}

fn command(program: &Program, name: &str, how: &Pull) -> CommandSpec {
    let args = argv(program.kind(), name, how);
    let command = program.network_command(args, how.deadline);
    match program.kind() {
        // It prints a line per layer, and none while a large one arrives: the folder's growth is the sign of life.
        Kind::Podman => command.env("TMPDIR", &how.staging).target(&how.staging, how.silence),
        Kind::Docker => command.silence(how.silence),
    }
}

fn argv(kind: Kind, name: &str, how: &Pull) -> Vec<String> {
    let mut args = vec!["pull".to_owned()];
    let auth = how.auth_file.as_deref().map(Path::to_string_lossy);
    match kind {
        Kind::Podman => {
            if how.plain_http {
                args.push("--tls-verify=false".to_owned());
            }
            args.extend(auth.map(|file| format!("--authfile={file}")));
        }
        // The daemon decides about TLS itself (`insecure-registries`), and reads the credentials of `DOCKER_CONFIG`.
        Kind::Docker => {}
    }
    args.push(name.to_owned());
    args
}

/// Whether an error is one after which the same pull may succeed.
impl ContainerError {
    /// Whether the same call may succeed later without a change of the host or the configuration.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::PullFailed { why, .. } => [
                "connection refused",
                "timeout",
                "connection reset",
                "unexpected EOF",
                "too many requests",
                "503",
                "502",
            ]
            .iter()
            .any(|word| why.contains(word)),
            Self::Exec(error) => matches!(error, ExecError::Stalled { .. } | ExecError::Silent { .. }),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_names_the_digest_and_no_secret() {
        let how = Pull {
            staging: "/s".into(),
            silence: Duration::from_secs(1),
            deadline: Duration::from_secs(2),
            auth_file: Some("/run/auth.json".into()),
            plain_http: true,
        };
        let podman = argv(Kind::Podman, "localhost/a@sha256:1", &how);
        assert_eq!(podman, ["pull", "--tls-verify=false", "--authfile=/run/auth.json", "localhost/a@sha256:1"]);
        assert_eq!(argv(Kind::Docker, "localhost/a@sha256:1", &how), ["pull", "localhost/a@sha256:1"]);
    }
}
