//! Finishes what an interrupted call left in a slot.

use super::remove;
use crate::{Claim, ContainerError, Found, Ours, Program, Slot, State, find};

/// What a slot has after it was settled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// An engine that runs, or that has exited and is still there with its log.
    Container(Ours),
    /// Nothing of the pool's own. A container of another owner may have its name.
    Nothing,
}

/// Removes a container that was created and never started, one whose start was interrupted, and one that was to answer a
/// question. It is called while
/// the pool is locked.
///
/// # Errors
///
/// Why the slot cannot be read, or the container not be removed.
pub fn settle(program: &Program, slot: &Slot) -> Result<Settled, ContainerError> {
    remove_recorded(program, &slot.one_shot())?;
    let Some(claim) = Claim::recorded(slot)? else { return Ok(Settled::Nothing) };
    match find(program, &claim)? {
        Found::Ours(ours) if is_unfinished(ours.container().state) => {
            remove(program, &ours)?;
            // The intent stays: the next creation may find storage that has the name.
            Ok(Settled::Nothing)
        }
        Found::Ours(ours) => Ok(Settled::Container(ours)),
        Found::Foreign { .. } | Found::Absent => Ok(Settled::Nothing),
    }
}

/// While the pool is locked nothing of it is being started, so that a start that is under way is one of a killed caller.
fn is_unfinished(state: State) -> bool {
    matches!(state, State::Created | State::Starting { .. } | State::Removing | State::Dead)
}

/// Removes the container that a slot records, whatever it does.
pub(super) fn remove_recorded(program: &Program, slot: &Slot) -> Result<(), ContainerError> {
    let Some(claim) = Claim::recorded(slot)? else { return Ok(()) };
    match find(program, &claim)? {
        Found::Ours(ours) => remove(program, &ours),
        Found::Foreign { .. } | Found::Absent => Ok(()),
    }
}
