//! Process numbers that really are given to somebody else, in a PID namespace whose next number is chosen.
//!
//! The test runs itself inside `unshare -pf`; it needs leave to make namespaces.

use std::fs;

use crate::support::{LONG, Pool, lives, outside, sh, until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use spawner::{Status, Stopped, status, stop};

/// Says to this test that it runs inside.
const INSIDE: &str = "SPAWNER_TEST_PID_NAMESPACE";

fn inside() -> bool {
    exec::Env::current().get(INSIDE).is_some()
}

/// Runs one test of this program in a PID namespace of its own.
fn enter(name: &str, told: &str) {
    let program = std::env::current_exe().unwrap();
    let mut rights = vec!["-p", "-f", "--mount-proc", "--kill-child"];
    if !rustix::process::geteuid().is_root() {
        rights.extend(["-U", "-r"]);
    }
    let allowed = outside("unshare").args(&rights).arg("true").output().is_ok_and(|output| output.status.success());
    assert!(allowed, "no PID namespace can be made here: run as root, or allow user namespaces");
    let mut entered = outside("unshare");
    entered.args(&rights).arg(program).args(["--exact", "--nocapture", name]).env(INSIDE, told);
    let output = entered.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
}

/// The next process gets the number `pid`.
#[expect(clippy::disallowed_methods, reason = "a switch of the kernel, not a file")]
fn next_is(pid: i32) {
    fs::write("/proc/sys/kernel/ns_last_pid", (pid - 1).to_string()).unwrap();
}

/// F40: the engine ends, and a stranger gets its number, as a session leader, in the same hundredth of a second or not.
#[test]
fn a_number_given_to_another_is_not_signalled() {
    if !inside() {
        enter("pid_reuse::a_number_given_to_another_is_not_signalled", "-");
        return;
    }
    for _ in 0..20 {
        let pool = Pool::new();
        let engine = pool.start(&sh("exec sleep 60")).unwrap();
        let pid = engine.record.pid;
        kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
        engine.wait_exit(LONG).unwrap();
        until("it is collected", || crate::support::state_of(pid).is_none());
        next_is(pid);
        let mut stranger = outside("/usr/bin/setsid");
        let mut stranger = stranger.args(["/bin/sleep", "60"]).spawn().unwrap();
        assert_eq!(i32::try_from(stranger.id()).unwrap(), pid, "the number was not reused");
        assert!(matches!(status(&pool.dir).unwrap(), Status::Stale { .. }));
        assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::AlreadyGone);
        assert!(lives(pid), "the stranger was hit");
        pool.assert_clean();
        stranger.kill().unwrap();
        stranger.wait().unwrap();
    }
}

/// F40: the new owner of the number is an engine of another pool.
#[test]
fn a_number_given_to_another_engine_is_that_engines() {
    if !inside() {
        enter("pid_reuse::a_number_given_to_another_engine_is_that_engines", "-");
        return;
    }
    let (first, second) = (Pool::new(), Pool::new());
    let threads = || fs::read_dir("/proc/self/task").unwrap().count();
    let before = threads();
    let reused = || {
        let engine = first.start(&sh("exec sleep 60")).unwrap();
        let pid = engine.record.pid;
        kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
        engine.wait_exit(LONG).unwrap();
        until("it is collected", || crate::support::state_of(pid).is_none());
        // The thread that keeps the new engine takes a number first; that of the old one must be free again.
        until("its thread ended", || threads() == before);
        next_is(pid - 1);
        let other = second.start(&sh("exec sleep 60")).unwrap();
        if other.record.pid == pid {
            return Some(pid);
        }
        // A number is free a moment after its thread is gone from the list.
        stop(&second.lock(), LONG).unwrap();
        until("its thread ended", || threads() == before);
        None
    };
    let pid = (0..20).find_map(|_| reused()).expect("the number was not reused");
    assert!(matches!(status(&first.dir).unwrap(), Status::Stale { .. }));
    assert_eq!(stop(&first.lock(), LONG).unwrap(), Stopped::AlreadyGone);
    assert!(matches!(status(&second.dir).unwrap(), Status::Running { record, .. } if record.pid == pid));
    first.start(&sh("exec sleep 60")).unwrap();
    assert!(lives(pid));
}

/// F55: seen from inside a namespace, an engine outside is not to be touched, whatever number it has.
#[test]
fn an_engine_outside_is_not_touched() {
    if let Some(root) = exec::Env::current().get(INSIDE) {
        let dir = spawner::PoolDir::existing(std::path::Path::new(root), "pool").unwrap().unwrap();
        assert!(matches!(status(&dir).unwrap(), Status::Foreign { .. }));
        let guard = dir.lock("test", LONG).unwrap();
        assert!(matches!(stop(&guard, LONG), Err(spawner::SpawnError::OtherPidNamespace { .. })));
        assert!(spawner::start(&guard, &sh("exec sleep 60")).is_err());
        return;
    }
    let pool = Pool::new();
    let engine = pool.start(&sh("exec sleep 60")).unwrap();
    enter("pid_reuse::an_engine_outside_is_not_touched", pool.root.path().to_str().unwrap());
    assert!(lives(engine.record.pid) && pool.record() == engine.record);
}

/// A caller that orphans come to (PID 1 of a container) keeps no zombie of an engine's group either.
#[test]
fn orphans_of_the_group_are_collected() {
    if !inside() {
        enter("pid_reuse::orphans_of_the_group_are_collected", "-");
        return;
    }
    assert_eq!(std::process::id(), 1);
    let pool = Pool::new();
    let engine = pool.start(&sh("sleep 60 & echo $! > worker.pid; exec sleep 60")).unwrap();
    let worker = crate::support::number_in(&pool.dir.path().join("worker.pid"));
    kill(Pid::from_raw(engine.record.pid), Signal::SIGKILL).unwrap();
    engine.wait_exit(LONG).unwrap();
    assert!(lives(worker));
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
    until("its zombie is collected", || crate::support::state_of(worker).is_none());
}
