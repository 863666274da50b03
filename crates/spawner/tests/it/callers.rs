//! What becomes of an engine when its starter is killed, interrupted, or odd.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::support::{LONG, Pool, engines_in, example, fake, lives, outside, state_of, until};
use spawner::{Status, Stopped, status, stop};

/// The tool of `examples/pool.rs` in a process group of its own, once it has told its engine's number.
fn tool(pool: &Pool, verb: &str) -> (Child, i32) {
    let mut command = outside(example("pool"));
    command.arg(pool.root.path()).args(["pool", verb, "/bin/sleep", "60"]).process_group(0).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim().parse().unwrap())
}

fn pid_of(child: &Child) -> Pid {
    Pid::from_raw(child.id().try_into().unwrap())
}

/// F25: a detached engine outlives its starter, and is the same for whoever comes next.
#[test]
fn a_detached_engine_outlives_its_starter() {
    let pool = Pool::new();
    let (mut starter, pid) = tool(&pool, "ensure");
    starter.wait().unwrap();
    assert!(matches!(status(&pool.dir).unwrap(), Status::Running { record, .. } if record.pid == pid));
    let (mut second, again) = tool(&pool, "ensure");
    second.wait().unwrap();
    assert_eq!(again, pid);
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
    assert!(!lives(pid));
}

/// A tied engine ends with its starter, even where that is killed; the next start is not in its way.
#[test]
fn a_tied_engine_ends_with_its_starter() {
    let pool = Pool::new();
    let (mut starter, pid) = tool(&pool, "tied");
    assert!(lives(pid));
    starter.kill().unwrap();
    starter.wait().unwrap();
    until("the engine ended", || !lives(pid));
    assert!(matches!(status(&pool.dir).unwrap(), Status::Exited { .. }));
    pool.start(&fake("say up")).unwrap();
    assert_eq!(engines_in(&pool.dir).len(), 1);
}

/// F53: Ctrl-C and a hang-up go to the caller's group, which the engine is not in.
#[test]
fn the_callers_signals_are_not_the_engines() {
    for signal in [Signal::SIGINT, Signal::SIGHUP, Signal::SIGTERM] {
        let pool = Pool::new();
        let (mut starter, pid) = tool(&pool, "ensure");
        killpg(pid_of(&starter), signal).ok();
        starter.wait().unwrap();
        assert!(lives(pid), "{signal}");
        assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
    }
}

/// F56: where the caller ignores SIGCHLD the kernel collects its children by itself: nobody waits for what never comes.
#[test]
fn an_ignored_child_signal_does_no_harm() {
    let pool = Pool::new();
    let ensure = |verb: &str, engine: &str| {
        let mut shell = outside("/bin/sh");
        shell.args(["-c", "trap '' CHLD; exec \"$@\"", "sh"]).arg(example("pool")).arg(pool.root.path());
        shell.args(["pool", verb, "/bin/sh", "-c", engine]).output().unwrap()
    };
    let output = ensure("tied", "sleep 0.1; exit 3");
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("Some(Ok(Some("), "{output:?}");
    assert!(matches!(status(&pool.dir).unwrap(), Status::Exited { .. }));
    let output = ensure("ensure", "exit 1");
    assert!(String::from_utf8_lossy(&output.stderr).contains("ExitedEarly"), "{output:?}");
    let output = ensure("ensure", "exec sleep 60");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
    pool.assert_clean();
}

/// F21: who is killed frees the pool at once; who is only suspended keeps it, and is named to those who wait.
#[test]
fn a_suspended_holder_keeps_its_lock() {
    let pool = Pool::new();
    // A caller that holds the lock: it waits for its engine.
    let (mut holder, engine) = tool(&pool, "tied");
    let holder_pid = pid_of(&holder);
    kill(holder_pid, Signal::SIGSTOP).unwrap();
    until("it is suspended", || state_of(holder_pid.as_raw()) == Some('T'));
    let error = pool.dir.lock("test", Duration::from_millis(50)).unwrap_err().to_string();
    assert!(error.contains(&format!("process {holder_pid} (ensure")), "{error}");
    assert!(lives(engine));
    holder.kill().unwrap();
    pool.dir.lock("test", LONG).unwrap();
    holder.wait().unwrap();
}
