//! The two locks of a pool: a long one to prepare, a short one to start and stop, and what a wait for them says.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use miette::Diagnostic;
use spawner::{LockWait, Stopped, start, stop};

use crate::support::{LONG, Pool, sh};

/// B2: whatever is prepared, and for however long, an engine is started and stopped at once.
#[test]
fn an_engine_is_stopped_while_another_is_prepared() {
    let pool = Pool::new();
    let _preparing = pool.dir.lock_prepare("building for 2 h", &LockWait::new(LONG)).unwrap();
    let began = Instant::now();
    let guard = pool.dir.lock("test", Duration::ZERO).unwrap();
    start(&guard, &sh("exec sleep 60")).unwrap();
    assert_eq!(stop(&guard, LONG).unwrap(), Stopped::Graceful);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let second = pool.dir.lock_prepare("another", &LockWait::new(Duration::from_millis(20))).unwrap_err();
    assert_eq!(second.code().unwrap().to_string(), "lock::timeout");
    assert!(second.to_string().contains("(building for 2 h, since"), "{second}");
}

/// A wait says after one second, and once, for whom it waits and why; a shorter one says nothing.
#[test]
fn a_wait_is_reported_after_one_second() {
    let pool = Pool::new();
    let held = pool.lock();
    for (limit, expected) in [(100, 0), (1300, 1)] {
        let reports = RefCell::new(Vec::new());
        let report = |waiting: &spawner::Waiting| reports.borrow_mut().push(waiting.clone());
        let wait = LockWait::new(Duration::from_millis(limit)).reporting(&report);
        assert_eq!(pool.dir.lock_with("other", &wait).unwrap_err().code().unwrap().to_string(), "lock::timeout");
        let reports = reports.into_inner();
        assert_eq!(reports.len(), expected, "{reports:?}");
        if let [waiting] = reports.as_slice() {
            let me = format!("process {} (test, since", std::process::id());
            assert!(waiting.holder.starts_with(&me) && waiting.limit == Duration::from_millis(limit), "{waiting:?}");
            assert!((1000..1300).contains(&waiting.waited.as_millis()), "{waiting:?}");
        }
    }
    drop(held);
}

/// A wait is broken off soon after its caller was cancelled, and one who was cancelled before takes no lock.
#[test]
fn a_cancelled_wait_ends_at_once() {
    let pool = Pool::new();
    let held = pool.lock();
    let asked = Cell::new(0);
    let cancelled = || {
        asked.set(asked.get() + 1);
        asked.get() > 3
    };
    let wait = LockWait::new(LONG).cancelled_by(&cancelled);
    let began = Instant::now();
    let error = pool.dir.lock_with("other", &wait).unwrap_err();
    assert_eq!(error.code().unwrap().to_string(), "spawner::cancelled");
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    drop(held);
    assert!(pool.dir.lock_with("other", &wait).is_err());
    assert!(pool.dir.lock_prepare("other", &LockWait::new(LONG).cancelled_by(&|| false)).is_ok());
}

/// B10: the file of a writer that was killed goes with the next lock of the pool.
#[test]
fn a_killed_writers_file_goes_with_the_next_lock() {
    let pool = Pool::new();
    let left = pool.dir.path().join(".new-AbC123");
    std::fs::File::create(&left).unwrap();
    let guard = pool.lock();
    assert!(!left.exists() && guard.dir().path().exists());
}
