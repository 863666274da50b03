//! Cancelling: the run ends within a second, and nothing of it is left.

use std::time::{Duration, Instant};

use cancel::Cancel;
use exec::{CommandSpec, ExecError, Keeper, run};

use crate::support::{example, marker, processes_with, sh, until, within};

const SECOND: Duration = Duration::from_secs(1);

/// Cancels a run of processes that ignore TERM, once they run.
#[track_caller]
fn cancels(spec: &CommandSpec, marker: &str) {
    let cancel = Cancel::new();
    let spec = spec.clone().cancel(cancel.clone());
    std::thread::scope(|scope| {
        let running = scope.spawn(|| run(&spec));
        until("both run", || processes_with(marker).len() == 2);
        let begin = Instant::now();
        cancel.cancel();
        let error = running.join().unwrap().unwrap_err();
        assert!(begin.elapsed() < SECOND, "{:?}", begin.elapsed());
        assert!(matches!(error, ExecError::Cancelled { .. }), "{error:?}");
        assert_eq!(miette::Diagnostic::code(&error).unwrap().to_string(), "exec::cancelled");
    });
    within(SECOND, "nothing is left", || processes_with(marker).is_empty());
}

#[test]
fn a_cancel_ends_the_whole_group() {
    let marker = marker(1);
    cancels(&sh(&format!("trap '' TERM; sleep {marker} & sleep {marker}")), &marker);
}

#[test]
fn a_cancel_ends_a_kept_group() {
    let marker = marker(2);
    let keeper = Keeper { program: example("keeper"), args: vec!["keep-group".into()] };
    cancels(&sh(&format!("trap '' TERM; sleep {marker} & sleep {marker}")).keeper(keeper), &marker);
}

#[test]
fn a_cancelled_command_is_not_started() {
    let dir = tempfile::tempdir().unwrap();
    let witness = dir.path().join("witness");
    let cancel = Cancel::new();
    cancel.cancel();
    let spec = sh(&format!(": > {}", witness.display())).cancel(cancel);
    assert!(matches!(run(&spec), Err(ExecError::Cancelled { .. })));
    assert!(!witness.exists());
}

/// A program that has ended has ended: its status counts.
#[test]
fn a_cancel_that_comes_late_changes_nothing() {
    let cancel = Cancel::new();
    let output = run(&sh("exit 3").cancel(cancel.clone())).unwrap();
    cancel.cancel();
    assert_eq!(output.exit, exec::Exit::Code(3));
}
