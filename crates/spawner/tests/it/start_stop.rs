//! An engine from start to stop, as it should go.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::support::{LONG, Pool, lives, sh, state_of, until, when};
use spawner::{Exit, SpawnError, State, Status, Stopped, log_tail, start, status, stop, wait_exit};

/// EP-42
#[test]
fn an_engine_is_recorded_while_it_runs() {
    let pool = Pool::new();
    assert_eq!(status(&pool.dir).unwrap(), Status::Absent);
    let mut request = sh("echo ready; exec sleep 60");
    request.fingerprint.insert("build".into(), "k1".into());
    request.port = 8123;
    let engine = pool.start(&request).unwrap();
    let pid = engine.record.pid;

    assert_eq!(pool.record(), engine.record);
    assert_eq!(fs::read_to_string(pool.dir.pid_file()).unwrap(), format!("{pid}\n"));
    for file in [pool.dir.record_file(), pool.dir.pid_file(), pool.dir.log_file()] {
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
    assert_eq!(engine.record.state, State::Running);
    assert_eq!((engine.record.port, engine.record.fingerprint["build"].as_str()), (8123, "k1"));
    let Status::Running { record, uptime } = status(&pool.dir).unwrap() else { panic!("not running") };
    assert_eq!(record, engine.record);
    assert!(uptime < LONG, "{uptime:?}");
    until("its output is in the log", || log_tail(&pool.dir, 9).unwrap() == "ready");

    assert_eq!(engine.wait_exit(Duration::ZERO), None);
    assert_eq!(wait_exit(&record, Duration::ZERO).unwrap(), None);
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
    assert!(!lives(pid));
    assert_eq!(engine.wait_exit(LONG), Some(Exit::Signal(15)));
    assert_eq!(wait_exit(&record, Duration::ZERO).unwrap(), Some(Exit::Signal(15)), "its starter knows");
    assert_eq!(status(&pool.dir).unwrap(), Status::Absent);
    pool.assert_clean();
    assert_eq!(pool.log(), "ready\n", "the log stays");
}

/// Promise 6: a second stop finds nothing to do.
#[test]
fn stop_is_idempotent() {
    let pool = Pool::new();
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::NothingRecorded);
    pool.start(&sh("exec sleep 60")).unwrap();
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::NothingRecorded);
}

/// Promise 1
#[test]
fn a_pool_has_one_engine() {
    let pool = Pool::new();
    let first = pool.start(&sh("exec sleep 60")).unwrap();
    let error = pool.start(&sh("exec sleep 61")).unwrap_err();
    assert!(matches!(error, SpawnError::AlreadyRunning { pid, .. } if pid == first.record.pid), "{error}");
    assert_eq!(pool.record(), first.record);
    assert!(lives(first.record.pid));
}

/// F19: threads of one process exclude each other like processes do.
#[test]
fn of_many_starters_one_succeeds() {
    let pool = Pool::new();
    let (started, refused) = std::thread::scope(|scope| {
        let starters: Vec<_> = (0..8).map(|_| scope.spawn(|| pool.start(&sh("exec sleep 60")))).collect();
        let results = starters.into_iter().map(|starter| starter.join().unwrap());
        let (started, refused): (Vec<_>, Vec<_>) = results.partition(Result::is_ok);
        (started, refused)
    });
    assert_eq!(started.len(), 1);
    assert!(refused.iter().all(|r| matches!(r, Err(SpawnError::AlreadyRunning { .. }))));
    let instance = pool.record().instance;
    assert_eq!(crate::support::with_token(&instance), [pool.record().pid]);
}

/// F42, P10: a long-lived caller keeps no zombie, and says how the engine ended.
#[test]
fn an_engine_that_ends_is_reaped() {
    let pool = Pool::new();
    let engine = pool.start(&sh(&when("go", "exit 3"))).unwrap();
    pool.touch("go");
    assert_eq!(engine.wait_exit(LONG), Some(Exit::Code(3)));
    until("it is gone, not a zombie", || state_of(engine.record.pid).is_none());
    assert!(matches!(status(&pool.dir).unwrap(), Status::Exited { exit: Some(Exit::Code(3)), .. }));
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::AlreadyGone);
    pool.assert_clean();
}

/// A dead engine's record makes room; its log is set aside, and only the last one is kept.
#[test]
fn an_ended_engine_is_replaced_and_logs_are_set_aside() {
    let pool = Pool::new();
    for round in 1..=3 {
        let go = format!("go{round}");
        let engine = pool.start(&sh(&when(&go, &format!("echo round {round}")))).unwrap();
        pool.touch(&go);
        assert_eq!(engine.wait_exit(LONG), Some(Exit::Code(0)));
        assert_eq!(wait_exit(&engine.record, LONG).unwrap(), Some(Exit::Code(0)));
    }
    assert_eq!(pool.log(), "round 3\n");
    assert_eq!(fs::read_to_string(pool.dir.path().join("engine.log.1")).unwrap(), "round 2\n");
}

#[test]
fn the_lock_names_its_holder() {
    let pool = Pool::new();
    let _held = pool.lock();
    let error = pool.dir.lock("other", Duration::from_millis(10)).unwrap_err().to_string();
    assert!(error.contains("(test, since"), "{error}");
}

/// The guard of one pool starts engines in that pool only, and pools do not disturb each other.
#[test]
fn pools_are_independent() {
    let (a, b) = (Pool::new(), Pool::new());
    let first = start(&a.lock(), &sh("exec sleep 60")).unwrap();
    let second = start(&b.lock(), &sh("exec sleep 60")).unwrap();
    assert_eq!(stop(&a.lock(), LONG).unwrap(), Stopped::Graceful);
    assert!(!lives(first.record.pid) && lives(second.record.pid));
}
