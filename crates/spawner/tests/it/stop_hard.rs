//! Engines that do not want to end, and all that an engine can leave behind.

use std::time::{Duration, Instant};

use crate::support::{LONG, Pool, lives, number_in, sh, sh_that_ends, until, when, with_token};
use spawner::{SpawnError, State, Status, Stopped, status, stop};

const GRACE: Duration = Duration::from_millis(150);

/// F44
#[test]
fn an_engine_that_ignores_the_request_is_forced() {
    let pool = Pool::new();
    let engine = pool.start(&sh("trap '' TERM; echo up; while :; do sleep 0.1; done")).unwrap();
    until("the trap is set", || pool.log() == "up\n");
    let started = Instant::now();
    assert_eq!(stop(&pool.lock(), GRACE).unwrap(), Stopped::Forced);
    assert!((GRACE..GRACE + LONG / 2).contains(&started.elapsed()), "{:?}", started.elapsed());
    assert!(!lives(engine.record.pid));
    assert!(with_token(&engine.record.instance).is_empty());
    pool.assert_clean();
}

/// A second SIGTERM means "at once" to llama-server and others: an engine gets exactly one.
#[test]
fn an_engine_is_asked_once() {
    let pool = Pool::new();
    let script = "trap 'echo asked' TERM; echo up; until grep -q asked engine.log; do sleep 0.02; done; sleep 0.2";
    pool.start(&sh(script)).unwrap();
    until("the trap is set", || pool.log() == "up\n");
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
    let asked = pool.log().lines().filter(|line| *line == "asked").count();
    assert_eq!(asked, 1, "{}", pool.log());
}

/// A stopped engine is asked too, not only forced.
#[test]
fn a_suspended_engine_ends_gracefully() {
    let pool = Pool::new();
    let engine = pool.start(&sh("kill -STOP $$; exec sleep 60")).unwrap();
    until("it is suspended", || crate::support::state_of(engine.record.pid) == Some('T'));
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
}

/// F45: what survives the leader in its group is ended with it.
#[test]
fn a_worker_that_outlives_its_leader_is_ended() {
    let pool = Pool::new();
    let worker = "(trap '' TERM; echo up; while :; do sleep 0.1; done) & echo $! > worker.pid; exec sleep 60";
    pool.start(&sh(worker)).unwrap();
    let worker = number_in(&pool.dir.path().join("worker.pid"));
    until("the trap is set", || pool.log() == "up\n");
    assert_eq!(stop(&pool.lock(), GRACE).unwrap(), Stopped::Forced);
    assert!(!lives(worker));
}

/// F45: a member of the session is known by it even when it has thrown the token away.
#[test]
fn a_worker_without_the_token_is_ended() {
    let pool = Pool::new();
    pool.start(&sh("env -i /bin/sleep 60 & echo $! > worker.pid; exec sleep 60")).unwrap();
    let worker = number_in(&pool.dir.path().join("worker.pid"));
    until("its environment is empty", || crate::support::environ(worker).is_empty());
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
    assert!(!lives(worker));
}

/// F43: a process that left the session is known by the token it inherited.
#[test]
fn a_worker_that_left_the_session_is_ended() {
    let pool = Pool::new();
    let engine = pool.start(&sh("setsid -f /bin/sh -c 'echo $$ > worker.pid; exec sleep 60'; exec sleep 60")).unwrap();
    let worker = number_in(&pool.dir.path().join("worker.pid"));
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
    assert!(!lives(worker));
    assert!(with_token(&engine.record.instance).is_empty());
}

/// F43: what a dead engine left running is ended by a stop, and by the next start.
#[test]
fn what_a_dead_engine_left_behind_is_ended() {
    let script = when("go", "setsid -f /bin/sh -c 'echo $$ > worker.pid; exec sleep 60'");
    let left_behind = |pool: &Pool| {
        let engine = pool.start(&sh(&script)).unwrap();
        pool.touch("go");
        engine.wait_exit(LONG).unwrap();
        let worker = number_in(&pool.dir.path().join("worker.pid"));
        assert!(lives(worker) && matches!(status(&pool.dir).unwrap(), Status::Exited { .. }));
        worker
    };
    let pool = Pool::new();
    let worker = left_behind(&pool);
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
    assert!(!lives(worker));

    let pool = Pool::new();
    let worker = left_behind(&pool);
    pool.start(&sh("exec sleep 60")).unwrap();
    assert!(!lives(worker));
}

/// F43: an engine that puts itself into the background is refused, and its daemon does not stay.
#[test]
fn an_engine_that_daemonises_is_refused() {
    let pool = Pool::new();
    let script =
        "setsid -f /bin/sh -c 'echo $$ > worker.pid; exec sleep 60'; until [ -s worker.pid ]; do sleep 0.01; done";
    let error = pool.start(&sh_that_ends(script)).unwrap_err();
    let SpawnError::ExitedEarly { left_behind: true, .. } = &error else { panic!("{error}") };
    assert!(error.to_string().contains("exit status 0"), "{error}");
    assert!(error.to_string().contains("leaving processes behind"), "{error}");
    assert!(!lives(number_in(&pool.dir.path().join("worker.pid"))));
    std::fs::remove_file(pool.dir.path().join("worker.pid")).unwrap();
    pool.assert_clean();
}

/// F07: a stop that was interrupted after its request is finished by the next one.
#[test]
fn an_interrupted_stop_is_finished() {
    let pool = Pool::new();
    let engine = pool.start(&sh("exec sleep 60")).unwrap();
    let mut record = engine.record.clone();
    record.state = State::Stopping;
    pool.write_record(&record);
    assert!(matches!(status(&pool.dir).unwrap(), Status::Running { record, .. } if record.state == State::Stopping));
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
    assert!(!lives(record.pid));

    // A start finishes it too: an engine that was asked to end is not one to build on.
    let first = pool.start(&sh("exec sleep 60")).unwrap().record;
    pool.write_record(&spawner::Record { state: State::Stopping, ..first.clone() });
    let second = pool.start(&sh("exec sleep 60")).unwrap().record;
    assert!(!lives(first.pid) && lives(second.pid));
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);

    // The same, where the engine had ended before the files were removed.
    pool.write_record(&record);
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::AlreadyGone);
    pool.assert_clean();
}
