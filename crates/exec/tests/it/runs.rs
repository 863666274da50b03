//! What one program can do to its runner.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::time::{Duration, Instant};

use exec::{CommandSpec, ExecError, Exit, Stream, run, run_lines};

use crate::support::{example, marker, processes_with, sh, until};

#[test]
fn both_pipes_are_drained_however_much_they_carry() {
    let output = run(&sh("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2")).unwrap();
    assert_eq!((output.stdout.len(), output.stderr.len()), (3_000_000, 3_000_000));
}

#[test]
fn only_the_end_of_a_flood_is_kept() {
    let output = run(&sh("head -c 40000000 /dev/zero; echo end")).unwrap();
    assert!(output.stdout.len() <= 8 << 20);
    assert!(output.stdout.ends_with(b"end\n"));
    // Whoever gets the lines has them: the memory of a long build stays small.
    let mut seen = 0;
    let output = run_lines(&sh("head -c 40000000 /dev/zero; echo end"), &mut |_, line| seen += line.len()).unwrap();
    assert!(seen >= 40_000_000 && output.stdout.len() <= 64 << 10 && output.stdout.ends_with(b"end\n"), "{seen}");
}

#[test]
fn lines_come_as_they_are_printed() {
    let mut lines = Vec::new();
    run_lines(&sh("echo a; echo b >&2; printf 'c\\377'; "), &mut |stream, line| lines.push((stream, line.to_owned())))
        .unwrap();
    lines.sort_by_key(|(_, line)| line.clone());
    assert_eq!(
        lines,
        [(Stream::Stdout, "a".to_owned()), (Stream::Stderr, "b".to_owned()), (Stream::Stdout, "c\u{fffd}".to_owned())]
    );
}

#[test]
fn the_exit_is_told_exactly() {
    assert_eq!(run(&sh("exit 3")).unwrap().exit, Exit::Code(3));
    assert_eq!(run(&sh("kill -9 $$")).unwrap().exit, Exit::Signal(9));
    let spec = sh("echo why >&2; exit 3");
    let error = run(&spec).unwrap().require_success(&spec).unwrap_err();
    assert_eq!(error.to_string(), "`sh` ended with exit status 3:\nwhy");
}

#[test]
fn the_environment_is_what_was_named_and_nothing_else() {
    let output = run(&CommandSpec::new("/usr/bin/env", Duration::from_secs(5)).env("A", "1")).unwrap();
    assert_eq!(output.stdout_text(), "A=1\nLC_ALL=C\n");
}

#[test]
fn stdin_is_closed() {
    assert_eq!(run(&sh("cat; echo done")).unwrap().stdout_text(), "done\n");
}

#[test]
fn a_deadline_ends_the_whole_group() {
    let marker = marker(7);
    let mut spec = sh(&format!("trap '' TERM; sleep {marker} & sleep {marker}"));
    spec.deadline = Duration::from_millis(200);
    let started = Instant::now();
    assert!(matches!(run(&spec), Err(ExecError::TimedOut { .. })));
    assert!(started.elapsed() < Duration::from_mins(1));
    // Those that were killed may take a moment to be gone.
    until("nothing is left", || processes_with(&marker).is_empty());
}

#[test]
fn silence_is_watched_apart_from_the_deadline() {
    let talking = sh("for i in 1 2 3 4 5 6; do echo $i; sleep 0.4; done").silence(Duration::from_secs(2));
    let talking = run(&talking).unwrap();
    assert_eq!(talking.exit, Exit::Code(0));
    let silent = run(&sh("echo a; sleep 30").silence(Duration::from_millis(200)));
    assert!(matches!(silent, Err(ExecError::Silent { .. })));
}

/// F03: a process that outlives its parent and holds the pipe neither blocks us nor survives.
#[test]
fn a_background_child_does_not_hold_the_run() {
    let started = Instant::now();
    let output = run(&sh("sleep 30 & echo started")).unwrap();
    assert_eq!(output.stdout_text(), "started\n");
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_program_that_cannot_start_says_why() {
    let missing = run(&CommandSpec::new("/nonexistent/x", Duration::from_secs(1))).unwrap_err();
    assert!(matches!(missing, ExecError::NotFound { .. }), "{missing:?}");
    let folder = run(&CommandSpec::new("/tmp", Duration::from_secs(1))).unwrap_err();
    assert!(matches!(folder, ExecError::NotExecutable { .. }), "{folder:?}");
}

/// No shell: the C library would hand such a file to a shell.
#[test]
fn a_file_that_no_one_can_execute_is_not_read_as_a_script() {
    let dir = tempfile::tempdir().unwrap();
    let (program, witness) = (dir.path().join("tool"), dir.path().join("witness"));
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o755).open(&program).unwrap();
    write!(file, ": > {}", witness.display()).unwrap();
    drop(file);
    let refused = run(&CommandSpec::new(&program, Duration::from_secs(5))).unwrap_err();
    assert!(matches!(refused, ExecError::NotExecutable { .. }), "{refused:?}");
    assert!(!witness.exists());
}

/// The child gets TERM when the thread that waits for it ends.
#[test]
fn dies_with_its_parent() {
    let marker = marker(8);
    let script = format!("'{}' /bin/sleep {marker} & sleep 0.5; kill -9 $!; sleep 0.5", example("run").display());
    run(&sh(&script)).unwrap();
    assert_eq!(processes_with(&marker), Vec::<i32>::new());
}

/// The lists of pointers for `execve`: every byte of arguments and environment arrives.
#[test]
fn arguments_arrive() {
    let words = ["", "a b", "\u{e4}\n", "--x=$HOME"];
    let spec = sh("for word; do printf '<%s>' \"$word\"; done; printf '%s' \"$ODD\"").arg("sh").args(words);
    let output = run(&spec.env("ODD", "=a=\n b")).unwrap();
    assert_eq!(output.stdout_text(), "<><a b><\u{e4}\n><--x=$HOME>=a=\n b");
    let nul = run(&sh("true").arg("a\0b")).unwrap_err();
    assert!(matches!(nul, ExecError::Spawn { .. }), "{nul:?}");
}

/// A program that is given something to read gets it whole, also one that never reads it; more than a pipe takes is refused.
#[test]
fn input_is_handed_over_and_bounded() {
    assert_eq!(run(&sh("cat").stdin("registry.example\n")).unwrap().stdout_text(), "registry.example\n");
    assert_eq!(run(&sh("cat")).unwrap().stdout_text(), "");
    let longest = "x".repeat(4 << 10);
    assert_eq!(run(&sh("wc -c").stdin(longest.clone())).unwrap().stdout_text().trim(), "4096");
    assert_eq!(run(&sh("echo done").stdin(longest.clone())).unwrap().stdout_text(), "done\n");
    let error = run(&sh("cat").stdin(longest + "x")).unwrap_err();
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(why, "its input is longer than 4 KiB");
}
