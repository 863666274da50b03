//! The group keeper: what is left of a program whose runner was killed.

use std::time::Duration;

use exec::{CommandSpec, Exit, Keeper, run};

use crate::support::{example, marker, processes_with, sh, until, within};

fn keeper() -> Keeper {
    Keeper { program: example("keeper"), args: vec!["keep-group".into()] }
}

/// Keepers whose process group has a member with `marker`, or had one.
fn keepers() -> Vec<i32> {
    processes_with("keep-group")
}

/// The process group of a process, from `/proc/PID/stat`.
fn group_of(pid: i32) -> Option<i32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(2)?.parse().ok()
}

/// Starts the example on a script, waits for two marked processes, and kills the example. Returns its processes' group.
fn killed(how: &str, marker: &str) -> i32 {
    let script = format!("trap '' TERM; sleep {marker} & sleep {marker}");
    // `$!` is the example: the outer shell has to give its processes to init when it ends.
    let script = format!("{how} '{}' /bin/sh -c \"{script}\" > /dev/null 2>&1 & echo $!", example("keeper").display());
    let runner = std::thread::spawn(move || {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pid");
        run(&sh(&format!("setsid sh -c '{}' > {}", script.replace('\'', r"'\''"), file.display()))).unwrap();
        std::fs::read_to_string(file).unwrap().trim().to_owned()
    });
    until("both run", || processes_with(marker).len() == 2);
    let pid: i32 = runner.join().unwrap().parse().unwrap();
    let group = group_of(processes_with(marker)[0]).unwrap();
    assert!(keepers().contains(&group), "the keeper leads the group");
    let victim = nix::unistd::Pid::from_raw(pid);
    nix::sys::signal::kill(victim, nix::sys::signal::Signal::SIGKILL).unwrap();
    group
}

/// B6: a child that ignores TERM and a grandchild, as CMake's `execute_process` has them.
#[test]
fn nothing_survives_a_killed_runner() {
    let marker = marker(3);
    let group = killed("exec", &marker);
    within(Duration::from_secs(2), "nothing is left", || {
        processes_with(&marker).is_empty() && !keepers().contains(&group)
    });
}

/// The same where the runner ignores SIGCHLD.
#[test]
fn nothing_survives_a_killed_runner_that_ignores_its_children() {
    let marker = marker(4);
    let group = killed("trap '' CHLD; exec", &marker);
    within(Duration::from_secs(2), "nothing is left", || {
        processes_with(&marker).is_empty() && !keepers().contains(&group)
    });
}

/// Every way a run ends ends its keeper, too, and what was left in the background.
#[test]
fn no_keeper_survives_its_run() {
    let marker = marker(5);
    let mut keeper = keeper();
    keeper.args.push(marker.clone().into());
    let kept = |script: &str| sh(script).keeper(keeper.clone());
    let output = run(&kept(&format!("sleep {marker} & exit 3"))).unwrap();
    assert_eq!(output.exit, Exit::Code(3));
    assert_eq!(run(&kept("kill -9 $$")).unwrap().exit, Exit::Signal(9));
    let mut slow = kept("sleep 60");
    slow.deadline = Duration::from_millis(100);
    run(&slow).unwrap_err();
    run(&CommandSpec::new("/nonexistent/x", Duration::from_secs(1)).keeper(keeper.clone())).unwrap_err();
    within(Duration::from_secs(1), "neither sleep nor keeper is left", || processes_with(&marker).is_empty());
}

/// TERM for the group, as a deadline sends it, does not end the keeper before the group.
#[test]
fn a_signal_for_the_group_leaves_its_keeper() {
    let script = "trap : TERM; kill -TERM 0; sleep 0.2; ps -o pgid= -p $$ | xargs -I{} ps -o args= -p {}";
    let output = run(&sh(script).keeper(keeper())).unwrap();
    assert!(output.stdout_text().contains("keep-group"), "{output:?}");
}

/// A run without its guard is better than none.
#[test]
fn a_keeper_that_cannot_start_does_not_stop_the_run() {
    for program in ["/nonexistent/keeper", "/tmp"] {
        let keeper = Keeper { program: program.into(), args: Vec::new() };
        assert_eq!(run(&sh("exit 3").keeper(keeper)).unwrap().exit, Exit::Code(3));
    }
}

/// Called by hand, the keeper's entry ends nothing.
#[test]
fn the_entry_refuses_whoever_is_no_keeper() {
    let spec = CommandSpec::new(example("keeper"), Duration::from_secs(20)).arg("keep-group");
    let output = run(&spec).unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.exit == Exit::Code(1) && text.contains("standard input is not a pipe"), "{output:?}");
    let output = run(&sh(&format!("true | '{}' keep-group", example("keeper").display()))).unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.exit == Exit::Code(1) && text.contains("it leads no process group"), "{output:?}");
}
