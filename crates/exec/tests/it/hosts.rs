//! Host programs with ways of their own: signals ignored or blocked, children collected behind our back.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use exec::{Exit, run};

use crate::support::{example, marker, processes_with, sh, until, within};

/// What the example `run` prints about a script when it ignores SIGCHLD.
fn ignoring(script: &str) -> exec::Output {
    let example = example("run");
    run(&sh("trap '' CHLD; exec \"$@\"").arg("sh").arg(example).args(["/bin/sh", "-c", script])).unwrap()
}

/// B8: the kernel throws away the statuses of the children of such a program; the reported one is the true one.
#[test]
fn a_host_that_ignores_sigchld_gets_the_true_status() {
    for (script, expected) in [
        ("exit 0", "exit status 0"),
        ("echo out; echo err >&2; exit 3", "exit status 3"),
        ("kill -9 $$", "signal 9 (SIGKILL)"),
        ("kill -TERM $$", "signal 15 (SIGTERM)"),
        // Its own children are its own matter.
        ("(exit 5); exit $?", "exit status 5"),
        ("sleep 30 & exit 4", "exit status 4"),
    ] {
        let output = ignoring(script);
        let text = output.stdout_text();
        assert_eq!(output.exit, Exit::Code(0), "{script}: {output:?}");
        assert!(text.lines().last().unwrap().starts_with(&format!("{expected} after ")), "{script}: {text}");
    }
    let text = ignoring("echo out; echo err >&2").stdout_text().into_owned();
    assert!(text.contains("Stdout: out\n") && text.contains("Stderr: err\n"), "{text}");
}

/// A program may have ended, and been reported, before the host looks for the first time.
#[test]
fn a_host_that_ignores_sigchld_misses_no_short_run() {
    let script = "trap '' CHLD; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do \"$@\"; done";
    let output = run(&sh(script).arg("sh").arg(example("run")).arg("/bin/false")).unwrap();
    assert_eq!(output.stdout_text().matches("exit status 1 after ").count(), 20, "{output:?}");
}

/// In such a host, too, a program that cannot start is an error and no panic.
#[test]
fn a_host_that_ignores_sigchld_is_told_why_nothing_started() {
    let dir = tempfile::tempdir().unwrap();
    let broken = dir.path().join("broken");
    std::fs::copy("/bin/true", &broken).unwrap();
    std::fs::set_permissions(&broken, std::fs::Permissions::from_mode(0o644)).unwrap();
    let script = "trap '' CHLD; exec \"$@\"";
    for (program, expected) in [(broken.to_str().unwrap(), "NotExecutable"), ("/nonexistent/x", "NotFound")] {
        let output = run(&sh(script).arg("sh").arg(example("run")).arg(program)).unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.exit == Exit::Code(1) && text.contains(expected), "{output:?}");
    }
}

/// A run of such a host ends with its host, as any other.
#[test]
fn a_killed_host_that_ignores_sigchld_takes_its_program_along() {
    let marker = marker(6);
    let script = format!("trap '' CHLD; '{}' /bin/sleep {marker} & wait $!", example("run").display());
    let host = std::thread::spawn(move || {
        let mut spec = sh(&script);
        spec.deadline = Duration::from_secs(2);
        run(&spec).unwrap_err()
    });
    until("it runs", || processes_with(&marker).iter().any(|pid| is_sleep(*pid)));
    host.join().unwrap();
    within(Duration::from_secs(5), "nothing is left", || processes_with(&marker).is_empty());
}

fn is_sleep(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == "sleep")
}

/// A host that ignores or blocks signals passes nothing of that on.
#[test]
fn a_program_starts_with_plain_signals() {
    nix::sys::signal::SigSet::all().thread_block().unwrap();
    let output = run(&sh("trap '' INT HUP TERM; exec \"$@\"").arg("sh").arg(example("run")).args([
        "/bin/grep",
        "-E",
        "Sig(Blk|Ign)",
        "/proc/self/status",
    ]))
    .unwrap();
    let text = output.stdout_text();
    assert_eq!(text.matches("0000000000000000").count(), 2, "{text}");
    nix::sys::signal::SigSet::all().thread_unblock().unwrap();
}

/// What a library of the host left open without close-on-exec does not reach the program.
#[test]
fn a_program_gets_no_stray_descriptors() {
    let (pipe, _writer) = std::io::pipe().unwrap();
    rustix::io::fcntl_setfd(&pipe, rustix::io::FdFlags::empty()).unwrap();
    let output = run(&sh("ls /proc/self/fd | wc -l")).unwrap();
    // The three streams, and the folder that `ls` reads.
    assert_eq!(output.stdout_text().trim(), "4");
}

/// A missing folder is an error, also in a host that collects every child: std's `spawn` would panic there.
#[test]
fn a_missing_folder_is_an_error() {
    let error = run(&sh("true").cwd("/nonexistent")).unwrap_err();
    assert!(matches!(error, exec::ExecError::NotExecutable { .. } | exec::ExecError::Spawn { .. }), "{error:?}");
}
