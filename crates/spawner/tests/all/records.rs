//! Records and PID files that lie, are torn, or come from elsewhere: no process that is not proven ours is signalled.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::{LONG, Pool, Stranger, lives, sh, start_ticks_of, until, with_token};
use miette::Diagnostic;
use spawner::{Record, SpawnError, State, Status, Stopped, status, stop};

/// F09: whatever a PID file says, nobody is signalled for it.
#[test]
fn a_pid_file_is_never_believed() {
    let pool = Pool::new();
    let mut stranger = Stranger::new();
    let number = stranger.pid();
    let texts = ["", "-1", "0", "1", "999999999999", "123abc", &format!("{number}\n"), &format!("{number}\r\n"), "-"];
    for text in texts {
        durable::replace(&pool.dir.pid_file(), text.as_bytes()).unwrap();
        assert_eq!(status(&pool.dir).unwrap(), Status::Absent);
        assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::NothingRecorded, "{text:?}");
        assert!(!pool.dir.pid_file().exists());
        durable::replace(&pool.dir.pid_file(), text.as_bytes()).unwrap();
        let engine = pool.start(&sh("exec sleep 60")).unwrap();
        assert_eq!(fs::read_to_string(pool.dir.pid_file()).unwrap(), format!("{}\n", engine.record.pid));
        durable::replace(&pool.dir.pid_file(), text.as_bytes()).unwrap();
        assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful, "{text:?}");
        assert!(!lives(engine.record.pid));
        stranger.assert_unharmed();
    }
}

/// F09: a record cut at any length is no record; nobody is signalled for it, and the next start replaces it.
#[test]
fn a_torn_record_is_never_believed() {
    let pool = Pool::new();
    let engine = pool.start(&sh("exec sleep 60")).unwrap();
    let whole = fs::read(pool.dir.record_file()).unwrap();
    for end in 0..whole.len() {
        durable::replace(&pool.dir.record_file(), &whole[..end]).unwrap();
        assert!(matches!(status(&pool.dir).unwrap(), Status::Unreadable { .. }), "{end} bytes");
        assert!(matches!(stop(&pool.lock(), LONG), Err(SpawnError::RecordUnreadable { .. })), "{end} bytes");
    }
    assert!(lives(engine.record.pid), "the engine of a torn record was hit");
    durable::replace(&pool.dir.record_file(), &whole).unwrap();
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);

    durable::replace(&pool.dir.record_file(), &whole[..whole.len() / 2]).unwrap();
    let replaced = pool.start(&sh("exec sleep 60")).unwrap();
    assert_eq!(pool.record(), replaced.record);
}

/// A record of a later version may own an engine that lives: it is neither believed nor replaced.
#[test]
fn a_record_of_another_version_is_kept() {
    let pool = Pool::new();
    durable::replace(&pool.dir.record_file(), b"{\"schema\": 2}").unwrap();
    assert!(matches!(status(&pool.dir).unwrap(), Status::Unreadable { why } if why.contains("schema 2")));
    for error in [pool.start(&sh("exec sleep 60")).unwrap_err(), stop(&pool.lock(), LONG).unwrap_err()] {
        assert_eq!(error.code().unwrap().to_string(), "spawner::record_unreadable");
    }
    assert_eq!(fs::read(pool.dir.record_file()).unwrap(), b"{\"schema\": 2}");
    fs::remove_file(pool.dir.record_file()).unwrap();
}

/// F36: a link in the record's place is not followed, and is replaced rather than written through.
#[test]
fn a_link_in_the_records_place_is_not_followed() {
    let pool = Pool::new();
    let canary = pool.root.path().join("canary");
    durable::replace(&canary, b"{}").unwrap();
    for path in [pool.dir.record_file(), pool.dir.pid_file()] {
        symlink(&canary, path).unwrap();
    }
    assert!(matches!(status(&pool.dir).unwrap(), Status::Unreadable { .. }));
    pool.start(&sh("exec sleep 60")).unwrap();
    assert_eq!(fs::read(&canary).unwrap(), b"{}");
}

/// A record as an engine of this pool would have, but of process `pid`.
fn record_of(pool: &Pool, change: impl FnOnce(&mut Record)) -> Record {
    let mut record = pool.start(&sh("exec sleep 60")).unwrap().record;
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
    change(&mut record);
    pool.write_record(&record);
    record
}

#[track_caller]
fn stale(pool: &Pool, expected: &str) {
    let found = status(&pool.dir).unwrap();
    assert!(matches!(&found, Status::Stale { why, .. } if why.contains(expected)), "{found:?}");
}

/// F40: a number that was given to somebody else.
#[test]
fn a_reused_number_is_not_signalled() {
    let (pool, mut stranger) = (Pool::new(), Stranger::new());
    let pid = stranger.pid();
    let forge = |record: &mut Record| (record.pid, record.start_ticks) = (pid, start_ticks_of(pid) + 1);
    record_of(&pool, forge);
    stale(&pool, "the number was given to another process");
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::AlreadyGone);
    pool.assert_clean();
    record_of(&pool, forge);
    pool.start(&sh("exec sleep 60")).unwrap();
    stranger.assert_unharmed();
}

/// Start times count in hundredths of a second: one that is equal by chance does not make a stranger an engine.
#[test]
fn an_equal_start_time_is_not_enough() {
    let (pool, mut stranger) = (Pool::new(), Stranger::new());
    let start_ticks = start_ticks_of(stranger.pid());
    record_of(&pool, |record| (record.pid, record.start_ticks) = (stranger.pid(), start_ticks));
    stale(&pool, "not the leader of a session");
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::AlreadyGone);
    stranger.assert_unharmed();
}

/// F41: after a reboot neither the number nor the start time means anything, even where both match.
#[test]
fn a_record_from_before_the_boot_is_not_believed() {
    let pool = Pool::new();
    let engine = pool.start(&sh("exec sleep 60")).unwrap();
    let before_boot = Record { boot_id: "00000000-0000-0000-0000-000000000000".into(), ..engine.record.clone() };
    // The engine of another pool stands for a process that came after the boot.
    let other = Pool::new();
    let instance = "0".repeat(32);
    other.write_record(&Record { instance, ..before_boot });
    stale(&other, "started anew");
    assert_eq!(stop(&other.lock(), LONG).unwrap(), Stopped::AlreadyGone);
    assert!(lives(engine.record.pid));
    other.assert_clean();
}

/// F55: in another PID namespace the engine may live: it is not signalled, and its record is not removed.
#[test]
fn a_record_from_another_pid_namespace_is_kept() {
    let (pool, mut stranger) = (Pool::new(), Stranger::new());
    let record = record_of(&pool, |record| {
        record.pid = stranger.pid();
        record.pid_ns += 1;
    });
    stale(&pool, "PID namespace");
    let refused = [pool.start(&sh("exec sleep 60")).unwrap_err(), stop(&pool.lock(), LONG).unwrap_err()];
    for error in refused {
        assert!(matches!(error, SpawnError::OtherPidNamespace { .. }), "{error}");
    }
    assert_eq!(pool.record(), record);
    stranger.assert_unharmed();
    fs::remove_file(pool.dir.record_file()).unwrap();
}

/// F55: a process that we may not signal is not gone: the stop fails, and the record stays.
#[test]
#[expect(clippy::disallowed_methods, reason = "an engine of another user")]
fn an_engine_of_another_user_is_not_taken_for_gone() {
    let nobody = rustix::process::Uid::from_raw(65534);
    if !rustix::process::geteuid().is_root() {
        return; // Only root can become another user.
    }
    let pool = Pool::new();
    let mut child = std::process::Command::new("/usr/bin/setsid").args(["/bin/sleep", "60"]).spawn().unwrap();
    let pid = i32::try_from(child.id()).unwrap();
    let argv0 = || fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.starts_with(b"/bin/sleep"));
    until("it leads its session", argv0);
    let record = record_of(&pool, |record| (record.pid, record.start_ticks) = (pid, start_ticks_of(pid)));
    for path in [pool.root.path(), pool.dir.path(), &pool.dir.record_file(), &pool.dir.path().join("pool.lock")] {
        std::os::unix::fs::chown(path, Some(65534), None).unwrap();
    }
    let stopped = std::thread::scope(|scope| {
        let as_nobody = || {
            // The user of this thread alone.
            rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
            stop(&pool.lock(), LONG)
        };
        scope.spawn(as_nobody).join().unwrap()
    });
    assert!(matches!(stopped, Err(SpawnError::NotPermitted { pid: named, .. }) if named == pid), "{stopped:?}");
    assert_eq!(pool.record(), Record { state: State::Stopping, ..record });
    assert_eq!(child.try_wait().unwrap(), None);
    child.kill().unwrap();
    child.wait().unwrap();
    fs::remove_file(pool.dir.record_file()).unwrap();
}

/// F42: a zombie is dead, and says how it died.
#[test]
#[expect(clippy::disallowed_methods, reason = "a child that nobody waits for")]
fn a_zombie_is_dead() {
    let pool = Pool::new();
    let mut child = std::process::Command::new("/usr/bin/setsid").args(["/bin/sh", "-c", "exit 7"]).spawn().unwrap();
    let pid = i32::try_from(child.id()).unwrap();
    until("it is a zombie", || crate::support::state_of(pid) == Some('Z'));
    let start_ticks = start_ticks_of(pid);
    record_of(&pool, |record| (record.pid, record.start_ticks) = (pid, start_ticks));
    let found = status(&pool.dir).unwrap();
    assert!(matches!(found, Status::Exited { exit: Some(spawner::Exit::Code(7)), .. }), "{found:?}");
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::AlreadyGone);
    child.wait().unwrap();
}

/// What `kill -9` between the spawn and the record leaves on disk.
fn back_to_intent(record: &Record) -> Record {
    Record { state: State::Intent, pid: 0, start_ticks: 0, ..record.clone() }
}

/// F05: an engine whose start was interrupted is found by its token; there is never a second one.
#[test]
fn an_interrupted_start_is_adopted() {
    let pool = Pool::new();
    let engine = pool.start(&sh("sleep 60 & exec sleep 60")).unwrap();
    let instance = engine.record.instance.clone();
    until("its worker runs", || with_token(&instance).len() == 2);
    pool.write_record(&back_to_intent(&engine.record));
    fs::remove_file(pool.dir.pid_file()).unwrap();

    let found = status(&pool.dir).unwrap();
    assert!(matches!(&found, Status::Running { record, .. } if *record == engine.record), "{found:?}");
    assert_eq!(pool.record().state, State::Intent, "a look changes nothing");
    let error = pool.start(&sh("exec sleep 60")).unwrap_err();
    assert!(matches!(error, SpawnError::AlreadyRunning { pid, .. } if pid == engine.record.pid), "{error}");
    assert_eq!(pool.record(), engine.record, "the start that found it completed its record");
    assert!(pool.dir.pid_file().exists());

    pool.write_record(&back_to_intent(&engine.record));
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
    assert!(with_token(&instance).is_empty());
    pool.assert_clean();
}

/// F05: an intent without a process is nothing.
#[test]
fn an_intent_that_came_to_nothing_is_cleared() {
    let pool = Pool::new();
    record_of(&pool, |record| *record = back_to_intent(record));
    assert_eq!(status(&pool.dir).unwrap(), Status::Absent);
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::AlreadyGone);
    pool.assert_clean();
    record_of(&pool, |record| *record = back_to_intent(record));
    pool.start(&sh("exec sleep 60")).unwrap();
}
