//! Running a command while something else is watched: a cancellation, or the growth of a folder.

use std::time::Duration;

use cancel::Cancel;
use exec::{CommandSpec, ExecError, Output, run};

/// How often is looked.
const PERIOD: Duration = Duration::from_millis(100);

/// How a watched command ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// By itself, with any status.
    Exited(Output),
    /// It was ended because the watcher said so.
    Stopped,
    /// It could not be started, or its own limits ended it.
    Failed(ExecError),
}

/// Runs a command to its end, and ends it with all its children as soon as `stop` says so. `stop` is asked on this thread,
/// ten times a second.
pub(crate) fn run_watched(spec: &CommandSpec, stop: &mut dyn FnMut() -> bool) -> Ended {
    let cancel = Cancel::new();
    let spec = spec.clone().cancel(cancel.clone());
    std::thread::scope(|scope| {
        let runner = match std::thread::Builder::new().spawn_scoped(scope, || run(&spec)) {
            Ok(runner) => runner,
            Err(error) => return Ended::Failed(ExecError::not_started(&spec, error)),
        };
        let mut pause = Duration::from_millis(1);
        while !runner.is_finished() {
            if stop() {
                cancel.cancel();
                break;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(PERIOD);
        }
        match runner.join() {
            Ok(Ok(output)) => Ended::Exited(output),
            Ok(Err(ExecError::Cancelled { .. })) => Ended::Stopped,
            Ok(Err(error)) => Ended::Failed(error),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
