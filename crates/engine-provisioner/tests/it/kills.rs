//! Killed anywhere: `strace` strikes at the N-th system call of a kind, in the program or in what it starts, and the next
//! `ensure` puts all right. Each run takes a random sample; `cargo xtask test --soak MINUTES` takes every point.

mod archive;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;

use testkit::Sample;

use crate::processes::{assert_whole, of};
use crate::support::{Place, pool, ports};

/// The calls that change anything, that others can see, or that wait.
const GROUPS: [&str; 24] = [
    "rename,renameat,renameat2",
    "fsync,fdatasync",
    "openat",
    "unlink,unlinkat",
    "mkdir,mkdirat",
    "clone,clone3,fork,vfork",
    "execve",
    "kill,tkill,tgkill,pidfd_send_signal",
    "flock",
    "write",
    "ftruncate,copy_file_range",
    "pidfd_open",
    "bind",
    "connect",
    "close_range",
    "prctl",
    "setsid",
    "dup,dup2,dup3,pipe2",
    "wait4,waitid",
    "getrandom",
    "utimensat,fchmod,fchmodat",
    "rmdir",
    "read,pread64",
    "ppoll,poll",
];
/// More calls of one kind than are struck.
const END: usize = 400;

#[derive(Clone, Copy, Debug)]
enum Verb {
    Ensure,
    Replace,
    Stop,
    Prepare,
    Gc,
    /// A replacement that fails, so that the pool goes back.
    GoBack,
    /// `ensure --previous`.
    Previous,
}

struct Host {
    place: Place,
    port: u16,
    /// The pool with another flag.
    changed: PathBuf,
    /// The pool with an engine that never gets ready, and goes back.
    broken: PathBuf,
}

impl Host {
    fn new() -> Self {
        let place = Place::bare();
        let (repo, model) = (testkit::tiny_llama_repo(place.path()), testkit::tiny_model(place.path()));
        let port = ports()[0];
        let text = pool(&repo.path, &model, &[port]);
        place.write(&text);
        let changed = place.path().join("changed.toml");
        testkit::write(&changed, &text.replace("flags = []", "flags = [\"--parallel\", \"2\"]"));
        let broken = place.path().join("broken.toml");
        let env = "[pools.provisioning.env]\nTINY_LOAD_MS = \"600000\"\n\n[pools.provisioning.source]";
        let text = text.replace("flags = []", "flags = []\non_failed_proof = \"previous\"");
        testkit::write(&broken, &text.replace("[pools.provisioning.source]", env));
        Self { place, port, changed, broken }
    }

    /// What there is before the verb.
    fn before(&self, verb: Verb) {
        let with = |file: &PathBuf| {
            let file = file.display().to_string();
            self.place.call_bare(&["ensure", "--wait", "--replace", "--config", &file]).done()
        };
        match verb {
            Verb::Previous => {
                with(&self.changed);
                with(&self.place.pool_file())
            }
            Verb::Ensure | Verb::Prepare => self.place.call(&["stop"]).done(),
            Verb::Replace | Verb::Stop | Verb::Gc | Verb::GoBack => {
                self.place.call(&["ensure", "--wait", "--replace"]).done()
            }
        };
    }

    /// Strikes at the `n`-th call of the group; whether anything was struck.
    fn strike(&self, verb: Verb, group: &str, n: usize) -> bool {
        let (file, changed) = (self.place.pool_file().display().to_string(), self.changed.display().to_string());
        let broken = self.broken.display().to_string();
        let words: Vec<&str> = match verb {
            Verb::Ensure => vec!["ensure", "--wait", "--config", &file],
            Verb::Replace => vec!["ensure", "--wait", "--replace", "--config", &changed],
            Verb::Stop => vec!["stop", "--config", &file],
            Verb::Prepare => vec!["prepare", "--config", &file],
            Verb::GoBack => vec!["ensure", "--replace", "--wait=1", "--config", &broken],
            Verb::Previous => vec!["ensure", "--wait", "--previous", "--pool", "tiny"],
            Verb::Gc => vec!["cache", "gc", "--older-than", "0", "--max-size", "0"],
        };
        let log = self.place.path().join("trace").display().to_string();
        let (trace, inject) = (format!("trace={group},execve"), format!("inject={group}:signal=KILL:when={n}"));
        // The tracer stays with the engine, so that only the program is waited for.
        let strace = ["strace", "-D", "-f", "-qq", "-o", &log, "-e", &trace, "-e", &inject];
        let status = self.place.command(&strace, &words).status().unwrap();
        status.signal() == Some(9) || was_struck(&fs::read_to_string(&log).unwrap_or_default())
    }

    /// The next `ensure` gives one engine on the pool's own port, and nothing is left of what was killed.
    fn assert_recovers(&self, verb: Verb, point: &str) {
        if matches!(verb, Verb::GoBack | Verb::Previous) {
            self.assert_goes_back(verb, point);
        }
        let file = if matches!(verb, Verb::Replace) { self.changed.clone() } else { self.place.pool_file() };
        let said =
            self.place.call_bare(&["ensure", "--wait", "--replace", "--json", "--config", &file.to_string_lossy()]);
        assert_eq!(said.code, 0, "{point}: {said:?}");
        assert_whole(point, &self.place, "tiny", self.port);
        for tracer in of(self.place.path()).iter().filter(|seen| seen.is_tracer()) {
            nix::sys::signal::kill(nix::unistd::Pid::from_raw(tracer.pid), nix::sys::signal::Signal::SIGKILL).ok();
        }
    }
}

impl Host {
    /// The same call again ends with one engine that answers: an old one, as the failure or the request wants it.
    fn assert_goes_back(&self, verb: Verb, point: &str) {
        let engines = || of(&self.place.run_dir()).iter().filter(|seen| seen.is_engine()).count();
        assert!(engines() <= 1, "{point}: {:?}", of(&self.place.run_dir()));
        let broken = self.broken.display().to_string();
        let words: &[&str] = match verb {
            Verb::GoBack => &["ensure", "--replace", "--wait=1", "--json", "--config", &broken],
            _ => &["ensure", "--wait", "--previous", "--pool", "tiny", "--json"],
        };
        let said = self.place.call_bare(words);
        let expected = if matches!(verb, Verb::GoBack) { 6 } else { 0 };
        assert_eq!(said.code, expected, "{point}: {said:?}");
        assert_eq!(engines(), 1, "{point}: {said:?}");
        let now = self.place.call(&["status", "--json"]).done().json();
        assert_eq!(now["health"], "ready", "{point}: {now}");
    }
}

/// Whether anything but a group keeper was killed: a keeper ends by KILL after every program that it guarded.
fn was_struck(log: &str) -> bool {
    let pid = |line: &str| line.split_whitespace().next().map(str::to_owned);
    let keepers: Vec<_> = log.lines().filter(|line| line.contains(":keep-group")).map(pid).collect();
    log.lines().any(|line| line.contains("killed by SIGKILL") && !keepers.contains(&pid(line)))
}

/// F05, F06, F25, B1, B11: strikes at a sample of the points of a verb, or at all of them.
#[expect(clippy::print_stdout, reason = "the figures of a long run")]
fn sweep(verb: Verb) {
    testkit::need("/usr/bin/strace".as_ref(), "strace");
    let (host, mut sample) = (Host::new(), Sample::new());
    host.place.call(&["ensure", "--wait"]).done();
    let (mut tried, mut ended) = (0, 0);
    for group in sample.pick(&GROUPS, 2) {
        let mut n = if sample.is_soak() { 1 } else { 1 + sample.below(4) };
        let last = if sample.is_soak() { END } else { n + 3 };
        while n <= last && !sample.is_over() {
            let point = format!("{verb:?}: {group} {n}; {sample}");
            host.before(verb);
            let struck = host.strike(verb, group, n);
            host.assert_recovers(verb, &point);
            if !struck {
                ended += 1;
                break;
            }
            tried += 1;
            n += 1;
        }
    }
    println!("{verb:?}: {tried} points survived, {ended} of {} groups to their end", GROUPS.len());
}

#[test]
fn an_ensure_killed_anywhere_is_put_right() {
    sweep(Verb::Ensure);
}

#[test]
fn a_replacement_killed_anywhere_is_put_right() {
    sweep(Verb::Replace);
}

#[test]
fn a_stop_killed_anywhere_is_put_right() {
    sweep(Verb::Stop);
}

#[test]
fn a_preparation_killed_anywhere_is_put_right() {
    sweep(Verb::Prepare);
}

#[test]
fn a_gc_killed_anywhere_is_put_right() {
    sweep(Verb::Gc);
}

#[test]
fn a_roll_back_killed_anywhere_is_put_right() {
    sweep(Verb::GoBack);
}

#[test]
fn a_return_to_the_previous_engine_killed_anywhere_is_put_right() {
    sweep(Verb::Previous);
}
