//! Killed, or refused by the system, at every point of a start and a stop: `strace` strikes at the N-th system call.
//!
//! After each the pool is looked at, and the next start or stop must put it right. Needs `strace` and leave to trace.

use std::process::{ExitStatus, Output, Stdio};

use crate::support::{Pool, engines_in, example, outside, tenders_in, until};
use spawner::{Life, PoolDir, Settled, Status, observe, settle, status};

/// The calls that change anything or that somebody else can see, and those that wait. `strace` counts each for itself.
const CALLS: [&str; 18] = [
    "write",
    "fsync",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "ftruncate",
    "flock",
    "pipe2",
    "clone",
    "clone3",
    "futex",
    "poll",
    "ppoll",
    "pidfd_open",
    "pidfd_send_signal",
];

/// More calls of one kind than any of these programs makes.
const END: u32 = 100;

/// `strace` has to work here: without it, these tests would prove nothing.
fn need_strace() {
    let works = outside("strace").args(["-qq", "-o", "/dev/null", "true"]).output();
    let works = works.is_ok_and(|output| output.status.success());
    assert!(works, "install strace (`cargo xtask test` does), and allow it to trace");
}

struct Place {
    pool: Pool,
    engine: &'static [&'static str],
}

/// A worker that is no session leader, so that a stop has two processes to end.
const WITH_WORKER: &[&str] = &["/bin/sh", "-c", "/bin/sleep 60 & exec /bin/sleep 60", "engine", "--port", "4711"];

/// The port of that engine.
const PORT: u16 = 4711;

/// An engine that makes none of the calls that are struck in its process before its program runs.
const ALONE: &[&str] = &["/bin/sleep", "60"];

impl Place {
    fn new(engine: &'static [&'static str]) -> Self {
        Self { pool: Pool::new(), engine }
    }

    fn words(&self, verb: &str) -> Vec<String> {
        let root = self.pool.root.path().to_str().unwrap().to_owned();
        let mut words = vec![example("pool").to_str().unwrap().to_owned(), root, "pool".to_owned(), verb.to_owned()];
        if verb != "stop" {
            words.extend(self.engine.iter().map(ToString::to_string));
        }
        words
    }

    fn run(&self, verb: &str) -> String {
        let words = self.words(verb);
        let output = outside(&words[0]).args(&words[1..]).output().unwrap();
        assert!(output.status.success(), "{verb}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn strike(&self, verb: &str, inject: &str) -> Output {
        let mut strace = outside("strace");
        strace.args(["-qq", "-o", "/dev/null", "-e", &format!("inject={inject}")]);
        strace.args(self.words(verb)).output().unwrap()
    }

    /// Strikes at threads and children too. The tracer stays with the engine, so that only the program is waited for.
    fn strike_all(&self, verb: &str, inject: &str) -> ExitStatus {
        let mut strace = outside("strace");
        strace.args(["-D", "-f", "-qq", "-o", "/dev/null", "-e", &format!("inject={inject}")]);
        strace.args(self.words(verb)).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap()
    }

    /// What runs is owned by the record, or nothing runs.
    #[track_caller]
    fn assert_owned(&self, point: &str) {
        let owned = |dir: &PoolDir| match status(dir).unwrap() {
            Status::Running { record, .. } => engines_in(dir).contains(&record.pid),
            Status::Absent | Status::Exited { .. } => engines_in(dir).is_empty(),
            _ => false,
        };
        // The kernel ends a waiting child, or lets one through, a moment after its starter has died.
        until(&format!("{point}: owned or gone"), || owned(&self.pool.dir));
    }

    /// The next start leaves one engine, one record, one PID file; a stop after it leaves nothing.
    #[track_caller]
    fn assert_recovers(&self, point: &str) {
        let pid = self.run("ensure");
        let record = self.pool.record();
        assert_eq!(record.pid.to_string(), pid, "{point}");
        assert_eq!(std::fs::read_to_string(self.pool.dir.pid_file()).unwrap().trim(), pid, "{point}");
        let processes = if self.engine == WITH_WORKER { 2 } else { 1 };
        until(&format!("{point}: one engine"), || engines_in(&self.pool.dir).len() == processes);
        until(&format!("{point}: one tender"), || tenders_in(&self.pool.dir).len() == 1);
        self.run("stop");
        assert_eq!(engines_in(&self.pool.dir), Vec::<i32>::new(), "{point}");
        self.assert_tidy(point);
    }

    /// B1: while anything is left of the engine its port counts as the pool's own, and finishing what was interrupted
    /// either leaves that engine running or frees the port.
    #[track_caller]
    fn assert_port_is_freed(&self, point: &str) {
        let seen = observe(self.pool.root.path(), "pool").unwrap();
        assert!(!seen.lives() || seen.own_port().unwrap() == Some(PORT), "{point}: {seen:?}");
        match settle(&self.pool.lock()).unwrap() {
            Settled::Running(record) => {
                assert_eq!((record.port, seen.life), (PORT, Life::Running), "{point}");
                assert!(self.pool.dir.pid_file().exists(), "{point}");
            }
            Settled::Free(_) => {
                assert_eq!(engines_in(&self.pool.dir), Vec::<i32>::new(), "{point}");
                assert_eq!(observe(self.pool.root.path(), "pool").unwrap().life, Life::Nothing, "{point}");
            }
        }
    }

    #[track_caller]
    fn assert_tidy(&self, point: &str) {
        assert!(!self.pool.dir.record_file().exists() && !self.pool.dir.pid_file().exists(), "{point}");
        assert_eq!(tenders_in(&self.pool.dir), Vec::<i32>::new(), "{point}");
    }
}

/// Strikes at the first call of each kind, the second, and so on, until the program gets through.
fn sweep(more: &[&str], strike: impl Fn(&str, u32) -> bool) {
    let mut points = 0;
    for call in CALLS.iter().chain(more) {
        let last = (1..END).find(|n| strike(&format!("{call}:signal=KILL:when={n}"), *n));
        points += last.unwrap_or_else(|| panic!("still struck after {END} calls of `{call}`")) - 1;
    }
    println!("{points} points");
    assert!(points > 20, "{points}");
}

/// F05, F06, F25: promises 1, 5 and 7 hold wherever a start is killed.
#[test]
fn a_start_killed_anywhere_is_put_right() {
    need_strace();
    // Between its reads the starter waits for the child, and the child for it.
    sweep(&["read"], |inject, _| {
        let place = Place::new(WITH_WORKER);
        let through = place.strike("ensure", inject).status.success();
        place.assert_owned(inject);
        place.assert_recovers(inject);
        through
    });
}

/// B11: wherever a start is killed, the PID file names the engine that the record owns or there is none, also where an
/// engine that crashed left its own; and finishing the start makes the file.
#[test]
fn a_killed_start_leaves_no_pid_file_of_an_earlier_engine() {
    need_strace();
    for call in ["rename", "renameat", "renameat2", "unlink", "unlinkat", "futex"] {
        for n in 1..END {
            let inject = format!("{call}:signal=KILL:when={n}");
            let place = Place::new(ALONE);
            place.run("ensure");
            let crashed = nix::unistd::Pid::from_raw(place.pool.record().pid);
            nix::sys::signal::kill(crashed, nix::sys::signal::Signal::SIGKILL).unwrap();
            until("it ended", || engines_in(&place.pool.dir).is_empty());
            let through = place.strike("ensure", &inject).status.success();
            place.assert_owned(&inject);
            let file = || std::fs::read_to_string(place.pool.dir.pid_file()).ok().map(|text| text.trim().to_owned());
            let written = file();
            if let Settled::Running(record) = settle(&place.pool.lock()).unwrap() {
                let pid = record.pid.to_string();
                assert!(written.is_none() || written.as_ref() == Some(&pid), "{inject}: {written:?} {pid}");
                assert_eq!(file(), Some(pid), "{inject}");
            }
            if through {
                break;
            }
        }
    }
}

/// F05: killed at the calls of the thread that forks, and of the child between fork and exec.
#[test]
fn a_child_killed_before_its_program_leaves_nothing() {
    need_strace();
    let calls = ["setsid", "umask", "close_range", "getppid", "prctl", "clone", "clone3", "exit_group"];
    for (call, n) in calls.into_iter().flat_map(|call| [(call, 1), (call, 2)]) {
        let place = Place::new(ALONE);
        let inject = format!("{call}:signal=KILL:when={n}");
        place.strike_all("ensure", &inject);
        place.assert_owned(&inject);
        place.assert_recovers(&inject);
    }
}

/// F07: wherever a stop is killed, the next one ends the rest, and a start does not build on what was asked to end.
#[test]
fn a_stop_killed_anywhere_is_finished() {
    need_strace();
    sweep(&[], |inject, n| {
        let place = Place::new(WITH_WORKER);
        place.run("ensure");
        let through = place.strike("stop", inject).status.success();
        place.assert_port_is_freed(inject);
        if n % 2 == 0 {
            place.run("stop");
            assert_eq!(engines_in(&place.pool.dir), Vec::<i32>::new(), "{inject}");
            place.assert_tidy(inject);
        }
        place.assert_recovers(inject);
        through
    });
}

/// F12, F15, F22: whatever the system refuses, a start either runs an engine that is owned or leaves nothing.
#[test]
fn a_start_that_the_system_refuses_leaves_nothing() {
    need_strace();
    for (call, error, step) in [
        ("fsync", "EIO", 1),
        ("write", "ENOSPC", 1),
        ("renameat", "EROFS", 1),
        ("flock", "ENOLCK", 1),
        ("pipe2", "EMFILE", 1),
        ("pidfd_open", "EMFILE", 1),
        ("clone3", "EAGAIN", 1),
        // Mostly looks at other processes, one like the other.
        ("openat", "EMFILE", 7),
    ] {
        let mut through = 0;
        for n in (1..END).step_by(step) {
            let place = Place::new(WITH_WORKER);
            let inject = format!("{call}:error={error}:when={n}");
            let output = place.strike("ensure", &inject);
            place.assert_owned(&inject);
            // It names the engine, also where the printing of that is what failed.
            let started = !output.stdout.is_empty();
            assert_eq!(started, !engines_in(&place.pool.dir).is_empty(), "{inject}: {output:?}");
            through += u32::from(started);
            if through > 1 {
                break;
            }
        }
    }
}

/// F22: a lock that the file system cannot give is an error, never a start without one.
#[test]
fn without_locks_nothing_is_started() {
    need_strace();
    for error in ["ENOLCK", "EOPNOTSUPP"] {
        let place = Place::new(WITH_WORKER);
        let output = place.strike("ensure", &format!("flock:error={error}"));
        assert!(!output.status.success());
        assert!(String::from_utf8_lossy(&output.stderr).contains("LockUnsupported"), "{output:?}");
        assert_eq!(engines_in(&place.pool.dir), Vec::<i32>::new());
        place.assert_tidy(error);
    }
}

/// F09, F40: for a record of a process that is not ours, no signal leaves the program.
#[test]
fn no_signal_is_sent_for_a_stale_record() {
    need_strace();
    let place = Place::new(WITH_WORKER);
    place.run("ensure");
    let record = place.pool.record();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(record.pid), nix::sys::signal::Signal::SIGKILL).unwrap();
    until("only the worker is left", || engines_in(&place.pool.dir).len() == 1);
    place.run("stop");
    place.pool.write_record(&spawner::Record { boot_id: "before".into(), ..record });
    // Any signal sent would be this error, and so a failure.
    let output = place.strike("stop", "kill,tkill,tgkill,pidfd_send_signal:error=EPERM");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "AlreadyGone");
}
