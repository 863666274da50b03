//! An archive that is downloaded, unpacked and published, killed anywhere: the store has its entry whole or not at all, and
//! the next call goes on from what arrived.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;

use testkit::Sample;
use testkit::web::{Authority, Web};

use super::was_struck;
use crate::processes::{assert_whole, of};
use crate::support::{Place, of_archive, pool, ports, server_archive, sum};

/// The calls by which anything of it comes to be.
const GROUPS: [&str; 10] = [
    "rename,renameat,renameat2",
    "fsync,fdatasync",
    "write,pwrite64",
    "openat",
    "mkdir,mkdirat",
    "unlink,unlinkat,rmdir",
    "flock",
    "ftruncate,fallocate,copy_file_range",
    "fchmod,fchmodat,chmod",
    "linkat,symlinkat,execve",
];

struct Host {
    place: Place,
    port: u16,
    _web: Web,
}

impl Host {
    /// A pool whose engine is an archive on a web server: the small project's server, and files beside it.
    fn new() -> Self {
        let built = Place::new();
        let small = server_archive(&built, "small.tar");
        let archive = built.path().join("engine.tar.gz");
        let script = "cd \"$1\" && mkdir -p more/lib && seq 200000 >more/lib/a && seq 300000 >more/lib/b && ln more/lib/a more/lib/c \
                      && tar -xf \"$2\" -C more && tar -czf \"$3\" -C more .";
        testkit::shell(script, &[built.path(), &small, &archive]);
        let place = Place::bare();
        let authority = Authority::create(place.path());
        let web = Web::file(Some(&authority), fs::read(&archive).unwrap());
        let place = place.env("SSL_CERT_FILE", &authority.file);
        let (port, model) = (ports()[0], testkit::tiny_model(place.path()));
        let text = pool("/nonexistent".as_ref(), &model, &[port]);
        place.write(&of_archive(&text, &format!("{}/engine.tar.gz", web.url), Some(&sum(&archive))));
        Self { place, port, _web: web }
    }

    /// Nothing runs, and nothing of the archive is here.
    fn before(&self) {
        self.place.call(&["stop"]).done();
        for folder in ["store", "downloads", "staging", "answers"] {
            fs::remove_dir_all(self.place.path().join("cache/v1").join(folder)).ok();
        }
    }

    /// Prepares under `strace` with these expressions; how it ended, and what was traced.
    fn trace(&self, expressions: &[&str]) -> (std::process::ExitStatus, String) {
        let file = self.place.pool_file().display().to_string();
        let log = self.place.path().join("trace").display().to_string();
        let mut strace = vec!["strace", "-f", "-qq", "-o", &log];
        strace.extend(expressions.iter().flat_map(|expression| ["-e", *expression]));
        let status = self.place.command(&strace, &["prepare", "--config", &file]).status().unwrap();
        (status, fs::read_to_string(&log).unwrap_or_default())
    }

    /// How many calls of a group the process makes that makes most of them: `strace` counts each on its own.
    fn calls(&self, group: &str) -> usize {
        self.before();
        let (status, log) = self.trace(&[&format!("trace={group}")]);
        assert!(status.success(), "{group}: {status} {log}");
        let mut calls = BTreeMap::<&str, usize>::new();
        for line in log.lines().filter(|line| line.contains('(') && !line.contains("resumed>")) {
            *calls.entry(line.split_whitespace().next().unwrap_or_default()).or_default() += 1;
        }
        calls.into_values().max().unwrap_or_default()
    }

    /// Kills it at the `n`-th call of a group; whether anything was killed.
    fn strike(&self, group: &str, n: usize) -> bool {
        let (trace, inject) = (format!("trace={group},execve"), format!("inject={group}:signal=KILL:when={n}"));
        let (status, log) = self.trace(&[&trace, &inject]);
        status.signal() == Some(9) || was_struck(&log)
    }

    /// What is in the store is whole by its own digests, and nothing was damaged.
    fn assert_whole_or_absent(&self, point: &str) {
        let said = self.place.call_bare(&["cache", "verify", "--json"]);
        assert_eq!(said.code, 0, "{point}: {said:?}");
        let bad = self.place.path().join("cache/v1/bad");
        assert_eq!(
            fs::read_dir(&bad).map(Iterator::count).unwrap_or_default(),
            0,
            "{point}: something was quarantined"
        );
        for entry in fs::read_dir(self.place.path().join("cache/v1/store")).into_iter().flatten().flatten() {
            assert!(entry.path().join("build.json").exists(), "{point}: half an entry: {}", entry.path().display());
        }
    }

    /// The next `ensure` gives one engine.
    fn assert_recovers(&self, point: &str) {
        let said = self.place.call(&["ensure", "--wait", "--json"]);
        assert_eq!(said.code, 0, "{point}: {said:?}");
        for tracer in of(self.place.path()).iter().filter(|seen| seen.is_tracer()) {
            nix::sys::signal::kill(nix::unistd::Pid::from_raw(tracer.pid), nix::sys::signal::Signal::SIGKILL).ok();
        }
        assert_whole(point, &self.place, "tiny", self.port);
    }
}

/// EP-20, F05: `kill -9` at the calls of a download, its unpacking and its publication; a sample of them, or all.
#[test]
fn an_archive_killed_anywhere_is_whole_or_absent() {
    testkit::need("/usr/bin/strace".as_ref(), "strace");
    let (host, mut sample) = (Host::new(), Sample::new());
    let (mut struck, mut tried) = (0, 0);
    for group in sample.pick(&GROUPS, 3) {
        let calls = host.calls(group);
        let points: Vec<usize> = (1..=calls).collect();
        for n in sample.pick(&points, 3) {
            if sample.is_over() {
                break;
            }
            let point = format!("archive: {group} {n} of {calls}; {sample}");
            host.before();
            struck += usize::from(host.strike(group, *n));
            tried += 1;
            host.assert_whole_or_absent(&point);
            host.assert_recovers(&point);
        }
    }
    println!("archive: {tried} points survived, {struck} of them struck");
    assert!(tried == 0 || struck > 0, "nothing was killed; {sample}");
}
