//! Records and PID files that lie, are torn, or come from elsewhere: no process that is not proven ours is signalled.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::{
    Earlier, LONG, Pool, Stranger, fake, lives, outside, pidfd_inode_of, sh, start_ticks_of, until, with_token,
};
use miette::Diagnostic;
use spawner::{
    Life, LockWait, Record, SpawnError, State, Status, Stopped, observe, recorded, running, settle, status, stop,
    stop_pool,
};

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
    let engine = Earlier::start(&pool);
    let whole = fs::read(pool.dir.record_file()).unwrap();
    for end in (0..whole.len()).step_by(16) {
        durable::replace(&pool.dir.record_file(), &whole[..end]).unwrap();
        assert!(matches!(status(&pool.dir).unwrap(), Status::Unreadable { .. }), "{end} bytes");
        assert!(matches!(stop(&pool.lock(), LONG), Err(SpawnError::RecordUnreadable { .. })), "{end} bytes");
    }
    assert!(lives(engine.record.pid), "the engine of a torn record was hit");
    assert_eq!(observe(pool.root.path(), "pool").unwrap().life, Life::Unproven);
    durable::replace(&pool.dir.record_file(), &whole).unwrap();
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);

    durable::replace(&pool.dir.record_file(), &whole[..whole.len() / 2]).unwrap();
    let replaced = pool.start(&sh("exec sleep 60")).unwrap();
    assert_eq!(pool.record(), replaced.record);
}

/// A record of a later version may own an engine that lives, and one of a container is not a process's: neither is
/// believed, replaced or signalled for, whatever process carries its token.
#[test]
fn a_record_that_is_not_ours_is_kept() {
    let pool = Pool::new();
    let engine = Earlier::start(&pool);
    let container = serde_json::json!({
        "schema": 2, "kind": "container", "pool": "pool", "instance": engine.record.instance, "state": "running",
        "runtime": "podman", "id": "9f8e", "name": "engine-pool", "image": "r/e@sha256:1a",
        "boot_id": engine.record.boot_id, "uid": engine.record.uid, "argv": [], "host": "127.0.0.1", "port": 0,
        "fingerprint": {}, "started_unix_s": 1
    });
    let mut remote = container.clone();
    for field in ["runtime", "id", "name", "image"] {
        remote.as_object_mut().unwrap().remove(field);
    }
    (remote["kind"], remote["url"]) = ("remote".into(), "http://10.0.0.7:8000".into());
    let calls: [fn(&Pool) -> SpawnError; 5] = [
        |pool| pool.start(&sh("exec sleep 60")).unwrap_err(),
        |pool| stop(&pool.lock(), LONG).unwrap_err(),
        |pool| stop_pool(pool.root.path(), "pool", LONG, &LockWait::new(LONG)).unwrap_err(),
        |pool| settle(&pool.lock()).unwrap_err(),
        |pool| running(&pool.dir).unwrap_err(),
    ];
    for (value, expected) in [
        (serde_json::json!({ "schema": 3 }), "schema 3"),
        (container, "it is of container `engine-pool` of podman, not of a process"),
        (remote, "it is of the remote engine at http://10.0.0.7:8000, not of a process"),
    ] {
        let bytes = value.to_string().into_bytes();
        durable::replace(&pool.dir.record_file(), &bytes).unwrap();
        assert!(matches!(status(&pool.dir).unwrap(), Status::Unreadable { why } if why.contains(expected)));
        assert_eq!(observe(pool.root.path(), "pool").unwrap().life, Life::Unreadable);
        for call in calls {
            let error = call(&pool);
            assert_eq!(error.code().unwrap().to_string(), "spawner::record_unreadable");
            assert!(error.to_string().contains(expected), "{error}");
        }
        assert_eq!(fs::read(pool.dir.record_file()).unwrap(), bytes);
        assert_eq!(recorded(&pool.dir).unwrap().is_some(), value["schema"] == 2);
        assert!(lives(engine.record.pid), "a process was signalled for a record that is none of a process");
    }
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

/// Lets the record name another process, with the kernel's number for it.
fn forge(record: &mut Record, pid: i32, start_ticks: u64) {
    (record.pid, record.start_ticks, record.pidfd_inode) = (pid, start_ticks, pidfd_inode_of(pid));
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
    stale(&pool, "its number was given to another process");
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::AlreadyGone);
    pool.assert_clean();
    record_of(&pool, forge);
    pool.start(&sh("exec sleep 60")).unwrap();
    stranger.assert_unharmed();
}

/// F40: the kernel's own number tells processes apart that share number, start time and session.
#[test]
fn the_kernels_number_decides() {
    let (pool, other) = (Pool::new(), Pool::new());
    let engine = other.start(&sh("exec sleep 60")).unwrap().record;
    if engine.pidfd_inode == 0 {
        return; // A kernel before 6.9 has no such numbers.
    }
    let inode = engine.pidfd_inode + 1;
    record_of(&pool, |record| {
        (record.pid, record.start_ticks, record.pidfd_inode) = (engine.pid, engine.start_ticks, inode);
    });
    stale(&pool, "its number was given to another process");
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::AlreadyGone);
    assert!(lives(engine.pid));
    // It is the same in every time namespace, where start times are not.
    other.write_record(&Record { start_ticks: engine.start_ticks + 4711, ..engine.clone() });
    assert_eq!(stop(&other.lock(), LONG).unwrap(), Stopped::Graceful);
    assert!(!lives(engine.pid));
}

/// Start times count in hundredths of a second: one that is equal by chance does not make a stranger an engine.
#[test]
fn an_equal_start_time_is_not_enough() {
    let (pool, mut stranger) = (Pool::new(), Stranger::new());
    let start_ticks = start_ticks_of(stranger.pid());
    record_of(&pool, |record| forge(record, stranger.pid(), start_ticks));
    stale(&pool, "not the leader of a session");
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::AlreadyGone);
    stranger.assert_unharmed();
}

/// D2: a record that was forged to name a stranger that leads a session gets no signal sent to it: not without the
/// kernel's number, which only a forger leaves out, and not with it, since the stranger does not carry the token.
#[test]
fn a_forged_record_harms_no_stranger() {
    let pool = Pool::new();
    let mut child = outside("/usr/bin/setsid").args(["/bin/sleep", "60"]).current_dir("/").spawn().unwrap();
    let pid = i32::try_from(child.id()).unwrap();
    let argv0 = || fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.starts_with(b"/bin/sleep"));
    until("it leads its session", argv0);
    if pidfd_inode_of(pid) != 0 {
        let unnumbered = |record: &mut Record| {
            forge(record, pid, start_ticks_of(pid));
            record.pidfd_inode = 0;
        };
        record_of(&pool, unnumbered);
        stale(&pool, "the kernel's number for it is missing");
        assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::AlreadyGone);
        record_of(&pool, unnumbered);
        pool.start(&sh("exec sleep 60")).unwrap();
        stop(&pool.lock(), LONG).unwrap();
    }
    let record = record_of(&pool, |record| forge(record, pid, start_ticks_of(pid)));
    let found = status(&pool.dir).unwrap();
    assert!(matches!(&found, Status::Foreign { why, .. } if why.contains("does not carry its token")), "{found:?}");
    assert_eq!(observe(pool.root.path(), "pool").unwrap().life, Life::Unproven);
    for error in [pool.start(&sh("exec sleep 60")).unwrap_err(), stop(&pool.lock(), LONG).unwrap_err()] {
        assert_eq!(error.code().unwrap().to_string(), "spawner::record_unreadable");
    }
    assert_eq!(pool.record(), record);
    assert_eq!(child.try_wait().unwrap(), None, "the stranger was hit");
    child.kill().unwrap();
    child.wait().unwrap();
    fs::remove_file(pool.dir.record_file()).unwrap();
}

/// Engines that hide or lose their token are stopped by number, start time and boot: one that is not dumpable, one that
/// wrote a title over its environment, and wrappers that replace it.
#[test]
fn an_engine_without_a_readable_token_is_stopped() {
    for request in [
        fake("undumpable say up"),
        fake("title say up"),
        sh("exec env -i /bin/sh -c 'echo up; exec sleep 60'"),
        sh("exec env -i A=1 /bin/sh -c 'echo up; exec sleep 60'"),
    ] {
        let pool = Pool::new();
        let engine = pool.start(&request).unwrap().record;
        until("it is up", || pool.log() == "up\n");
        assert!(matches!(status(&pool.dir).unwrap(), Status::Running { .. }));
        assert_eq!(observe(pool.root.path(), "pool").unwrap().life, Life::Running);
        assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
        assert!(!lives(engine.pid));
        pool.assert_clean();
    }
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
    let found = status(&pool.dir).unwrap();
    assert!(matches!(&found, Status::Foreign { why, .. } if why.contains("PID namespace")), "{found:?}");
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
fn an_engine_of_another_user_is_not_taken_for_gone() {
    let nobody = rustix::process::Uid::from_raw(65534);
    if !rustix::process::geteuid().is_root() {
        return; // Only root can become another user.
    }
    let pool = Pool::new();
    let mut child = outside("/usr/bin/setsid").args(["/bin/sleep", "60"]).spawn().unwrap();
    let pid = i32::try_from(child.id()).unwrap();
    let argv0 = || fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.starts_with(b"/bin/sleep"));
    until("it leads its session", argv0);
    let record = record_of(&pool, |record| forge(record, pid, start_ticks_of(pid)));
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
fn a_zombie_is_dead() {
    let pool = Pool::new();
    let mut child = outside("/usr/bin/setsid").args(["/bin/sh", "-c", "exit 7"]).spawn().unwrap();
    let pid = i32::try_from(child.id()).unwrap();
    until("it is a zombie", || crate::support::state_of(pid) == Some('Z'));
    let start_ticks = start_ticks_of(pid);
    record_of(&pool, |record| forge(record, pid, start_ticks));
    let found = status(&pool.dir).unwrap();
    assert!(matches!(found, Status::Exited { exit: Some(spawner::Exit::Code(7)), .. }), "{found:?}");
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::AlreadyGone);
    child.wait().unwrap();
}

/// F05, F25: an engine whose starter was killed is found by its record; there is never a second one.
#[test]
fn an_interrupted_start_is_adopted() {
    let pool = Pool::new();
    let engine = pool.start(&sh("sleep 60 & exec sleep 60")).unwrap();
    let instance = engine.record.instance.clone();
    until("its worker runs", || with_token(&instance).len() == 2);
    // What `kill -9` leaves between the record and the PID file.
    fs::remove_file(pool.dir.pid_file()).unwrap();
    assert!(matches!(status(&pool.dir).unwrap(), Status::Running { record, .. } if record == engine.record));
    assert!(!pool.dir.pid_file().exists(), "a look changes nothing");
    let error = pool.start(&sh("exec sleep 60")).unwrap_err();
    assert!(matches!(error, SpawnError::AlreadyRunning { pid, .. } if pid == engine.record.pid), "{error}");
    assert_eq!(fs::read_to_string(pool.dir.pid_file()).unwrap(), format!("{}\n", engine.record.pid));
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
    assert!(with_token(&instance).is_empty());
    pool.assert_clean();
}

/// Promise 1: an engine of an earlier version that lost its record is not doubled, and not signalled either: nothing but
/// its working directory says whose it is.
#[test]
fn an_engine_without_a_record_is_not_doubled() {
    let pool = Pool::new();
    let engine = Earlier::start(&pool);
    let whole = fs::read(pool.dir.record_file()).unwrap();
    for lost in [None, Some(&whole[..9])] {
        match lost {
            None => fs::remove_file(pool.dir.record_file()).unwrap(),
            Some(torn) => durable::replace(&pool.dir.record_file(), torn).unwrap(),
        }
        for error in [pool.start(&sh("exec sleep 60")).unwrap_err(), stop(&pool.lock(), LONG).unwrap_err()] {
            assert_eq!(error.code().unwrap().to_string(), "spawner::record_unreadable");
            assert!(error.to_string().contains(&format!("as process {}", engine.record.pid)), "{error}");
        }
        assert!(lives(engine.record.pid));
    }
    durable::replace(&pool.dir.record_file(), &whole).unwrap();
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
    durable::replace(&pool.dir.record_file(), &whole[..9]).unwrap();
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::AlreadyGone, "nothing runs: it is as if there were none");
    pool.assert_clean();
}
