//! Logs: bounded while the engine writes, followed while it runs, safe to print.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use crate::support::{LONG, Pool, fake, sh, until, when};
use spawner::{Exit, StartRequest, cap_log, follow, log_tail, start, tend_log};

/// The names and sizes of the pool's log files.
fn sizes(pool: &Pool) -> Vec<(String, u64)> {
    let entries = fs::read_dir(pool.dir.path()).unwrap().flatten();
    let mut all: Vec<_> =
        entries.map(|e| (e.file_name().into_string().unwrap(), e.metadata().map_or(0, |meta| meta.len()))).collect();
    all.retain(|(name, _)| name.starts_with("engine.log"));
    all.sort();
    all
}

/// F51: whatever an engine writes, its logs keep to their limit, and hold its last words.
#[test]
fn a_flood_is_bounded_while_the_engine_writes() {
    const LIMIT: u64 = 1 << 20;
    let pool = Pool::new();
    let words = "flood 50000000 wait 300 flood 3000000 say last until go exit 0";
    let engine = pool.start(&StartRequest { log_limit: LIMIT, ..fake(words) }).unwrap();
    until("it has said it all", || log_tail(&pool.dir, 1).unwrap() == "last" || pool.log().is_empty());
    pool.touch("go");
    assert_eq!(engine.wait_exit(LONG), Some(Exit::Code(0)));
    let all = sizes(&pool);
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["engine.log", "engine.log.1", "engine.log.2"]);
    assert!(all.iter().all(|(_, size)| *size <= LIMIT), "{all:?}");
    for (name, _) in &all {
        assert_eq!(fs::metadata(pool.dir.path().join(name)).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

/// Nothing is lost of what was written before, and what comes after stands at the new beginning.
#[test]
fn a_log_is_set_aside_whole() {
    let pool = Pool::new();
    let request = StartRequest { log_limit: u64::MAX, ..fake("flood 1600 say one until go say two until go2 exit 0") };
    let engine = pool.start(&request).unwrap();
    until("it wrote", || pool.log().ends_with("one\n"));
    let before = pool.log();
    assert!(!cap_log(&pool.dir, 2138).unwrap(), "it is within three quarters of the limit");
    assert!(cap_log(&pool.dir, 2137).unwrap());
    assert_eq!(fs::read_to_string(pool.dir.path().join("engine.log.1")).unwrap(), before[1..]);
    assert_eq!(pool.log(), "");
    pool.touch("go");
    until("it writes on", || pool.log() == "two\n");
    assert!(cap_log(&pool.dir, 3).unwrap());
    assert_eq!(fs::read_to_string(pool.dir.path().join("engine.log.2")).unwrap(), before[1..]);
    pool.touch("go2");
    assert_eq!(engine.wait_exit(LONG), Some(Exit::Code(0)));
}

/// An engine that somebody else started is tended by whoever wants to.
#[test]
fn a_foreign_log_is_tended() {
    let pool = Pool::new();
    let words = "until go flood 300000 wait 20 flood 300000 exit 0";
    let record = pool.start(&StartRequest { log_limit: u64::MAX, ..fake(words) }).unwrap().record;
    std::thread::scope(|scope| {
        let tender = scope.spawn(|| tend_log(&pool.dir, &record, 100_000).unwrap());
        pool.touch("go");
        tender.join().unwrap();
    });
    assert!(fs::metadata(pool.dir.log_file()).unwrap().len() <= 100_000, "{:?}", sizes(&pool));
    tend_log(&pool.dir, &record, 1).unwrap();
}

/// F36: setting a log aside neither follows nor changes what is not ours.
#[test]
fn what_is_not_a_log_is_not_set_aside() {
    let pool = Pool::new();
    let canary = pool.root.path().join("canary");
    durable::replace(&canary, b"canary canary").unwrap();
    symlink(&canary, pool.dir.log_file()).unwrap();
    assert!(cap_log(&pool.dir, 1).is_err());
    fs::remove_file(pool.dir.log_file()).unwrap();
    fs::hard_link(&canary, pool.dir.log_file()).unwrap();
    assert!(cap_log(&pool.dir, 1).is_err());
    fs::remove_file(pool.dir.log_file()).unwrap();
    assert!(!cap_log(&pool.dir, 1).unwrap(), "no log is within every limit");
    // Where the copy and the older log belong.
    durable::replace(&pool.dir.log_file(), b"a log").unwrap();
    for name in ["engine.log.part", "engine.log.1", "engine.log.2"] {
        symlink(&canary, pool.dir.path().join(name)).unwrap();
    }
    assert!(cap_log(&pool.dir, 1).unwrap());
    assert_eq!(fs::read(&canary).unwrap(), b"canary canary");
    assert_eq!(fs::metadata(&canary).unwrap().nlink(), 1);
}

/// F51: lines as they come, over the log's being set aside, until the engine has ended.
#[test]
fn a_log_is_followed_to_its_end() {
    let pool = Pool::new();
    let words = "say old say before until go1 say \x1b[2J until go2 say after until go3 say last exit 0";
    pool.start(&StartRequest { log_limit: u64::MAX, ..fake(words) }).unwrap();
    until("it wrote", || pool.log().lines().count() == 2);
    let mut lines = follow(&pool.dir, 1).unwrap();
    let mut next = || lines.next().map(Result::unwrap);
    assert_eq!(next().as_deref(), Some("before"));
    pool.touch("go1");
    assert_eq!(next().as_deref(), Some("\\x1b[2J"));
    assert!(cap_log(&pool.dir, 1).unwrap());
    pool.touch("go2");
    assert_eq!(next().as_deref(), Some("after"));
    pool.touch("go3");
    assert_eq!(next().as_deref(), Some("last"));
    assert_eq!(next(), None);
    assert_eq!(next(), None);
}

/// Following goes on with the next engine of the pool, and tells a line without an end when nothing more can come.
#[test]
fn a_new_start_is_followed_too() {
    let pool = Pool::new();
    assert_eq!(follow(&pool.dir, 9).unwrap().count(), 0, "no log, no engine, no wait");
    pool.start(&fake("say first")).unwrap();
    until("it wrote", || !pool.log().is_empty());
    let mut lines = follow(&pool.dir, 9).unwrap();
    assert_eq!(lines.next().unwrap().unwrap(), "first");
    let guard = pool.lock();
    spawner::stop(&guard, LONG).unwrap();
    start(&guard, &sh(&when("go", "printf 'a\\r\\n\\377\\nno end'"))).unwrap();
    pool.touch("go");
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(rest, ["a", "\u{fffd}", "no end"]);
}

/// F51: an endless line comes in pieces of bounded size.
#[test]
fn an_endless_line_is_cut() {
    let pool = Pool::new();
    pool.start(&sh(&when("go", "yes é | tr -d '\\n' | head -c 1000000"))).unwrap();
    let lines = follow(&pool.dir, 99).unwrap();
    pool.touch("go");
    let lines: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(lines.len() > 10 && lines.iter().all(|line| line.len() <= 64 << 10), "{} pieces", lines.len());
    assert_eq!(lines.concat(), "é".repeat(500_000), "no character is cut in two");
}
