//! Runs a container once for an answer: which devices the engine sees, for instance.

use std::time::Duration;

use exec::{CommandSpec, Exit, Output};

use super::settle::remove_recorded;
use super::{create, remove};
use crate::{ContainerError, Network, Ours, Program, RunSpec, Slot, refresh};

/// What a container that ran once printed, and how it exited.
#[derive(Clone, Debug)]
pub struct OneShot {
    /// How its first process exited.
    pub exit: Exit,
    /// The last 8 MiB of its standard output.
    pub stdout: Vec<u8>,
    /// The last 8 MiB of its standard error.
    pub stderr: Vec<u8>,
    /// From its start to its end.
    pub elapsed: Duration,
}

/// Runs a program in the image of `spec`, with its devices, user, mounts and limits and without its ports and secrets,
/// and waits for the end, for at most `deadline`. No container is left, however it ends.
///
/// `slot` is the engine's; the container has the engine's name with `-one-shot` behind it.
///
/// # Errors
///
/// Those of [`create`], [`ContainerError::Failed`] where the program could not be started, and
/// [`exec::ExecError::TimedOut`].
pub fn one_shot(
    program: &Program,
    spec: &RunSpec,
    slot: &Slot,
    entrypoint: Option<&str>,
    args: &[&str],
    deadline: Duration,
) -> Result<OneShot, ContainerError> {
    let slot = slot.one_shot();
    remove_recorded(program, &slot)?;
    let spec = RunSpec {
        name: format!("{}-one-shot", spec.name).parse()?,
        entrypoint: entrypoint.map(str::to_owned).or_else(|| spec.entrypoint.clone()),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        network: Network::None,
        secrets: Vec::new(),
        ..spec.clone()
    };
    let ours = create(program, &spec, &slot)?;
    let command = program.command(["start", "--attach", ours.id()], deadline);
    let ran = exec::run(&command);
    let failed = ran.as_ref().ok().and_then(|output| not_started(program, &ours, &command, output));
    // Also after a timeout, which ends podman's client and not the container.
    remove(program, &ours)?;
    slot.clear()?;
    let Output { exit, stdout, stderr, elapsed } = ran?;
    match failed {
        Some(error) => Err(error),
        None => Ok(OneShot { exit, stdout, stderr, elapsed }),
    }
}

/// The error of a container that was not started. The statuses of podman's and docker's own failures are ones that a program
/// can exit with, too, so that the container is asked:
/// <https://docs.podman.io/en/v4.3/markdown/podman-run.1.html#exit-status>.
fn not_started(program: &Program, ours: &Ours, command: &CommandSpec, output: &Output) -> Option<ContainerError> {
    let printed = String::from_utf8_lossy(&output.stderr);
    let own_words = printed.lines().any(|line| line.starts_with("Error: ") || line.starts_with("Error response"));
    if output.exit == Exit::Code(0) || !own_words {
        return None;
    }
    let has_run = refresh(program, ours).is_ok_and(|now| now.container().started_unix_s.is_some());
    (!has_run).then(|| program.failure(&ours.container().name, command, output))
}
