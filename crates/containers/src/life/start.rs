//! Starts a created container.

use std::time::Duration;

use crate::{ContainerError, Ours, Program, refresh};

/// How long the start of the first process may take; the CDI hooks of a GPU's driver need a second or two.
const DEADLINE: Duration = Duration::from_mins(2);

/// Starts the container, and returns it as it is right after that: its first process may have exited already. One that
/// runs keeps running.
///
/// # Errors
///
/// [`ContainerError::PortTaken`], [`ContainerError::DevicesUnresolved`], or [`ContainerError::Failed`] with what the
/// runtime printed. The container is still there then.
pub fn start(program: &Program, ours: &Ours) -> Result<Ours, ContainerError> {
    let command = program.command(["start", ours.id()], DEADLINE);
    program.perform(&ours.container().name, &command)?;
    refresh(program, ours)
}
