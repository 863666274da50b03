//! The log of an engine whose starter has gone: bounded by a tender, which is nobody else's business.

use std::fs;
use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{LONG, Pool, example, lives, outside, tenders_of, until};
use spawner::{Status, Stopped, cap_log, log_tail, status};

/// What the example gives each of the log's files.
const LIMIT: u64 = 4 << 20;

/// The engine of a caller that has gone by now.
fn ensure(pool: &Pool, words: &str) -> i32 {
    let caller = outside(example("pool"))
        .arg(pool.root.path())
        .args(["pool", "ensure"])
        .arg(example("fake_engine"))
        .args(words.split_whitespace())
        .output()
        .unwrap();
    assert!(caller.status.success(), "{}", String::from_utf8_lossy(&caller.stderr));
    String::from_utf8(caller.stdout).unwrap().trim().parse().unwrap()
}

fn stop(pool: &Pool) -> String {
    let output = outside(example("pool")).arg(pool.root.path()).args(["pool", "stop"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[track_caller]
fn tender_of(pool: &Pool) -> i32 {
    let instance = pool.record().instance;
    until("it is tended by one", || tenders_of(&instance).len() == 1);
    tenders_of(&instance)[0]
}

/// Whether the newest line is `word`, wherever it stands by now.
fn said(pool: &Pool, word: &str) -> bool {
    let older = fs::read(pool.dir.path().join("engine.log.1")).unwrap_or_default();
    let newest = log_tail(&pool.dir, 1).unwrap();
    newest == word || newest.is_empty() && older.ends_with(format!("{word}\n").as_bytes())
}

/// What the log's files take on the disk.
fn taken(pool: &Pool) -> u64 {
    let entries = fs::read_dir(pool.dir.path()).unwrap().flatten();
    entries
        .filter(|e| e.file_name().to_string_lossy().starts_with("engine.log"))
        .filter_map(|e| e.metadata().ok())
        .map(|m| m.len())
        .sum()
}

/// F51, promise 13: the starter is long gone, and a gigabyte of log still takes a few megabytes, at any time.
#[test]
fn a_flood_without_its_starter_is_bounded() {
    let pool = Pool::new();
    let pid = ensure(&pool, "until go flood 1200000000 wait 200 say last");
    let tender = tender_of(&pool);
    pool.touch("go");
    let largest = std::cell::Cell::new(0);
    until("it has said it all", || {
        largest.set(taken(&pool).max(largest.get()));
        said(&pool, "last")
    });
    println!("{} bytes at most", largest.get());
    // Its files, and what is written while the tender waits for a processor.
    assert!(largest.get() < 300_000_000, "{} bytes", largest.get());
    until("it is within its limit again", || taken(&pool) <= 3 * LIMIT);
    assert!(lives(pid) && lives(tender));
    assert_eq!(stop(&pool), "Graceful");
    assert!(!lives(pid) && !lives(tender), "nothing is left");
    pool.assert_clean();
}

/// Two descriptors besides the engine's, one variable, a session and a folder that are nobody's.
#[test]
fn a_tender_has_nothing_of_its_starter() {
    let pool = Pool::new();
    let engine = ensure(&pool, "");
    let tender = tender_of(&pool);
    let proc = |what: &str| Path::new("/proc").join(tender.to_string()).join(what);
    let environ = fs::read_to_string(proc("environ")).unwrap();
    assert_eq!(environ, format!("ENGINE_PROVISIONER_TENDS={}\0", pool.record().instance));
    assert_eq!(fs::read_link(proc("cwd")).unwrap(), Path::new("/"));
    let session = |pid: i32| nix::unistd::getsid(Some(nix::unistd::Pid::from_raw(pid))).unwrap().as_raw();
    assert_eq!((session(tender), session(engine)), (tender, engine));
    until("it has settled", || fs::read_dir(proc("fd")).unwrap().count() == 6);
    let mut files: Vec<String> = fs::read_dir(proc("fd"))
        .unwrap()
        .map(|fd| fs::read_link(fd.unwrap().path()).unwrap().display().to_string())
        .collect();
    files.sort();
    let log = fs::canonicalize(pool.dir.log_file()).unwrap().display().to_string();
    files.retain(|file| !file.contains("pidfd") && file != "/dev/null" && *file != log && !file.contains("inotify"));
    assert_eq!(files, Vec::<String>::new());
    let rss = procfs::process::Process::new(tender).unwrap().statm().unwrap().resident * procfs::page_size();
    assert!(rss < 8 << 20, "{rss} bytes");
    let vitals = spawner::vitals(&pool.record()).unwrap().unwrap();
    assert_eq!(vitals.pids, [engine], "it is no part of the engine");
}

/// It lives as long as its engine, however that ends, and keeps no second engine from starting.
#[test]
fn a_tender_ends_with_its_engine() {
    let pool = Pool::new();
    let first = ensure(&pool, "");
    let tender = tender_of(&pool);
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(first), nix::sys::signal::Signal::SIGKILL).unwrap();
    until("it has ended", || !lives(tender));
    let second = ensure(&pool, "");
    assert_ne!(first, second);
    assert_ne!(tender_of(&pool), tender);
    assert_eq!(stop(&pool), "Graceful");
}

/// A tender that hangs is ended with its engine, which is not said to have needed force.
#[test]
fn a_tender_that_hangs_does_not_delay_a_stop() {
    let pool = Pool::new();
    ensure(&pool, "");
    let tender = tender_of(&pool);
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(tender), nix::sys::signal::Signal::SIGSTOP).unwrap();
    let started = std::time::Instant::now();
    assert_eq!(spawner::stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
    assert!(started.elapsed() < LONG / 2, "{:?}", started.elapsed());
    assert!(!lives(tender));
    pool.assert_clean();
}

/// Killed, it does no harm: the engine writes on, a look at the log cuts it, and the next start restores it.
#[test]
fn a_killed_tender_is_restored() {
    let pool = Pool::new();
    let pid = ensure(&pool, "until go flood 20000000 say more until go2 flood 20000000 wait 200 say last");
    let tender = tender_of(&pool);
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(tender), nix::sys::signal::Signal::SIGKILL).unwrap();
    until("it is gone", || !lives(tender));
    pool.touch("go");
    until("it wrote", || said(&pool, "more"));
    assert!(taken(&pool) > 3 * LIMIT);
    assert!(cap_log(&pool.dir, LIMIT).unwrap());
    assert!(taken(&pool) <= 2 * LIMIT);
    assert_eq!(ensure(&pool, ""), pid, "the same engine");
    let restored = tender_of(&pool);
    assert_ne!(restored, tender);
    assert_eq!(ensure(&pool, ""), pid);
    assert_eq!(tender_of(&pool), restored, "one is enough");
    assert!(!cap_log(&pool.dir, 1).unwrap(), "the log is left to its tender");
    pool.touch("go2");
    until("it wrote", || said(&pool, "last"));
    assert!(matches!(status(&pool.dir).unwrap(), Status::Running { .. }));
    assert_eq!(stop(&pool), "Graceful");
    assert!(!lives(restored));
}

/// A log that somebody removed is kept from filling the disk unseen.
#[test]
fn a_removed_log_does_not_fill_the_disk() {
    let pool = Pool::new();
    let pid = ensure(&pool, "until go flood 50000000 until go2");
    tender_of(&pool);
    fs::remove_file(pool.dir.log_file()).unwrap();
    pool.touch("go");
    // What the engine's standard output takes, wherever its name has gone.
    let size = || fs::metadata(format!("/proc/{pid}/fd/1")).unwrap().len();
    until("it has written", || fs::read_to_string(format!("/proc/{pid}/io")).unwrap().contains("wchar: 50"));
    until("it is emptied", || size() <= LIMIT);
    stop(&pool);
}

/// A caller that stays and has a tender collects it.
#[test]
fn a_long_lived_starter_keeps_no_zombie() {
    let pool = Pool::new();
    let mut request = crate::support::fake("say x");
    request.tender = Some(spawner::Tender { program: example("pool"), args: vec!["tend".into()] });
    pool.start(&request).unwrap();
    let tender = tender_of(&pool);
    spawner::stop(&pool.lock(), crate::support::LONG).unwrap();
    until("it is collected", || crate::support::state_of(tender).is_none());
    // One that does not exist is no reason not to start an engine.
    request.tender = Some(spawner::Tender { program: "/nonexistent/tender".into(), args: vec![] });
    pool.start(&request).unwrap();
    assert!(matches!(status(&pool.dir).unwrap(), Status::Running { .. }));
}

/// B11: a start that is killed right after it started the tender leaves one that has not come to its lock yet. It counts.
#[test]
fn a_tender_that_is_still_starting_counts() {
    let pool = Pool::new();
    ensure(&pool, "wait 60000");
    let record = pool.record();
    let kill = |pid: i32| kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    let first = tender_of(&pool);
    kill(first);
    // A process that ends gives up its memory, and with it its mark, before its locks.
    until("it has ended", || crate::support::state_of(first).is_none_or(|state| state == 'Z'));
    let mut starting =
        outside("/bin/sleep").arg("60").env("ENGINE_PROVISIONER_TENDS", &record.instance).spawn().unwrap();
    until("it has its mark", || tenders_of(&record.instance).len() == 1);
    let tender = spawner::Tender { program: example("pool"), args: vec!["tend".into()] };
    assert!(!spawner::restore_tender(&pool.lock(), &record, &tender, LIMIT).unwrap());
    starting.kill().unwrap();
    starting.wait().unwrap();
    assert!(spawner::restore_tender(&pool.lock(), &record, &tender, LIMIT).unwrap());
    tender_of(&pool);
    stop(&pool);
}

/// It is started for an engine and for nothing else.
#[test]
fn a_tender_needs_an_engine() {
    let pool = Pool::new();
    let output = outside(example("pool")).arg("tend").arg(pool.dir.path()).arg("1").output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no pidfd"));
}
