//! A pool's engine that others run is a record like any other, and is in no process's way.

use std::collections::BTreeMap;

use crate::support::{Pool, sh};
use spawner::{RecordedEngine, RemoteEngine, SpawnError, forget_remote, record_remote, recorded, start};

fn engine(url: &str) -> RemoteEngine {
    let fingerprint = BTreeMap::from([("url".to_owned(), url.to_owned())]);
    RemoteEngine { url: url.into(), host: "10.0.0.7".into(), port: 8000, fingerprint }
}

#[test]
fn a_remote_engine_is_recorded_replaced_and_forgotten() {
    let pool = Pool::new();
    let guard = pool.lock();
    assert!(!forget_remote(&guard).unwrap());
    let first = record_remote(&guard, engine("http://10.0.0.7:8000")).unwrap();
    assert_eq!(recorded(&pool.dir).unwrap().as_ref(), Some(&first));
    // While it is recorded, no process is started beside it.
    assert!(matches!(start(&guard, &sh("exit 0")), Err(SpawnError::RecordUnreadable { .. })));
    let second = record_remote(&guard, engine("https://other")).unwrap();
    assert!(matches!(&second.engine, RecordedEngine::Remote { url } if url == "https://other"));
    assert_ne!(first.instance, second.instance);
    assert!(forget_remote(&guard).unwrap());
    assert!(!forget_remote(&guard).unwrap());
    drop(guard);
    pool.assert_clean();
}

#[test]
fn a_process_that_runs_is_not_hidden_by_it() {
    let pool = Pool::new();
    let running = pool.start(&sh("exec sleep 60")).unwrap();
    let guard = pool.lock();
    let refused = record_remote(&guard, engine("http://10.0.0.7:8000")).unwrap_err();
    assert!(matches!(refused, SpawnError::AlreadyRunning { pid, .. } if pid == running.record.pid), "{refused}");
    assert!(!forget_remote(&guard).unwrap());
    assert!(matches!(recorded(&pool.dir).unwrap().unwrap().engine, RecordedEngine::Process { .. }));
}
