//! The lines of a container's log as an iterator, for callers that cannot hand in a closure.

use std::sync::mpsc::{Receiver, sync_channel};

use cancel::Cancel;

use super::follow;
use crate::{ContainerError, Ours, Program};

/// How many lines are kept for a caller that is slow; podman waits then.
const AHEAD: usize = 1024;

/// The lines of a log, as [`follow`] hands them on. The last item may be why the log could not be read. Dropping it ends
/// the following; the container is left alone.
#[derive(Debug)]
pub struct Following {
    lines: Receiver<Result<String, ContainerError>>,
    cancel: Cancel,
}

/// Follows a log in a thread of its own: the last `lines` lines, and those that come, until the container exits or `cancel` is
/// cancelled.
///
/// # Errors
///
/// [`ContainerError::System`] where no thread can be started.
pub fn follow_lines(
    program: &Program,
    ours: &Ours,
    lines: usize,
    cancel: &Cancel,
) -> Result<Following, ContainerError> {
    let (sender, receiver) = sync_channel(AHEAD);
    let cancel = cancel.child();
    let (program, ours, token) = (program.clone(), ours.clone(), cancel.clone());
    let work = move || {
        let followed = follow(&program, &ours, lines, &token, &mut |line| {
            // The caller has dropped its end.
            if sender.send(Ok(line.to_owned())).is_err() {
                token.cancel();
            }
        });
        if let Err(error) = followed {
            // Without a caller there is none to report it to.
            let _ = sender.send(Err(error));
        }
    };
    let thread = std::thread::Builder::new().name("container-log".to_owned()).spawn(work);
    thread.map_err(|source| ContainerError::System { call: "clone", path: "container-log".into(), source })?;
    Ok(Following { lines: receiver, cancel })
}

impl Iterator for Following {
    type Item = Result<String, ContainerError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.lines.recv().ok()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}
