//! Stops and removes a container, in bounded time.

use std::time::{Duration, Instant};

use exec::{CommandSpec, Exit};

use crate::program::{Meaning, meaning};
use crate::{ContainerError, Kind, Ours, Program, State, refresh};

/// What the runtime may need beside the grace.
const MARGIN: Duration = Duration::from_mins(1);
/// How often a removal is tried, and how long it waits between.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(300);
/// What a shell shows for a process that KILL has ended: 128 and the number of the signal.
const KILLED: i32 = 128 + 9;

/// What stopping found and did. The container does not run after any of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopOutcome {
    /// Its first process exited after it was asked to.
    Graceful,
    /// It was killed, because it did not exit in time.
    Forced,
    /// It did not run.
    AlreadyGone,
}

/// Asks the first process to exit, with the signal that the image names (TERM by default), and kills it after `grace`, which
/// is rounded up to seconds. All processes of the container exit with the first one.
///
/// A stop is not cancelled: half of one would leave an engine that is going to exit and looks as if it ran.
///
/// # Errors
///
/// [`ContainerError::NotStopped`], or why the runtime did not answer.
pub fn stop(program: &Program, ours: &Ours, grace: Duration) -> Result<StopOutcome, ContainerError> {
    let now = match refresh(program, ours) {
        Err(ContainerError::Absent { .. }) => return Ok(StopOutcome::AlreadyGone),
        now => now?,
    };
    let name = now.container().name.clone();
    match now.container().state {
        State::Starting { .. } | State::Running { .. } | State::Stopping { .. } => {}
        // A frozen process does not see the signal.
        State::Paused { .. } => {
            program.perform(&name, &uninterrupted(program, &["unpause", now.id()], MARGIN))?;
        }
        State::Created | State::Exited(_) | State::Removing | State::Dead => return Ok(StopOutcome::AlreadyGone),
    }
    let seconds = grace.as_secs() + u64::from(grace.subsec_nanos() > 0);
    let begin = Instant::now();
    let command = uninterrupted(program, &["stop", "-t", &seconds.to_string(), now.id()], grace + MARGIN);
    let output = exec::run(&command)?;
    let took = begin.elapsed();
    let after = match refresh(program, ours) {
        Err(ContainerError::Absent { .. }) => return Ok(StopOutcome::Graceful),
        after => after?,
    };
    match after.container().state {
        State::Exited(ended) if ended.code == Some(KILLED) && took >= Duration::from_secs(seconds) => {
            Ok(StopOutcome::Forced)
        }
        state if !state.is_live() => Ok(StopOutcome::Graceful),
        _ if output.exit == Exit::Code(0) => Err(ContainerError::NotStopped { container: name }),
        _ => Err(program.failure(&name, &command, &output)),
    }
}

/// Removes the container with its anonymous volumes, killing what still runs. One that is gone is no error.
///
/// # Errors
///
/// Why it could not be removed.
pub fn remove(program: &Program, ours: &Ours) -> Result<(), ContainerError> {
    remove_id(program, ours.id())
}

pub(super) fn remove_id(program: &Program, id: &str) -> Result<(), ContainerError> {
    let args: &[&str] = match program.kind() {
        // It asks first and waits for the container's own time by default; docker kills at once.
        Kind::Podman => &["rm", "--force", "--time=0", "--volumes", id],
        Kind::Docker => &["rm", "--force", "--volumes", id],
    };
    let command = uninterrupted(program, args, MARGIN);
    let mut attempt = 1;
    loop {
        let output = exec::run(&command)?;
        let absent = || meaning(&String::from_utf8_lossy(&output.stderr)) == Meaning::NoContainer;
        if output.exit == Exit::Code(0) || absent() {
            return Ok(());
        }
        // podman of a caller that was killed may still be at work on it, and mounts are busy for a moment.
        if attempt == ATTEMPTS {
            return Err(program.failure(id, &command, &output));
        }
        attempt += 1;
        std::thread::sleep(PAUSE);
    }
}

/// A command that the caller's token does not end.
fn uninterrupted(program: &Program, args: &[&str], deadline: Duration) -> CommandSpec {
    CommandSpec { cancel: None, ..program.command(args.iter().copied(), deadline) }
}
