//! Which engine a pool goes back to.

use super::*;

fn engine(name: &str) -> Ensured {
    let bytes = include_bytes!("../../../tests/golden/source.summary.json");
    let mut engine: Ensured = serde_json::from_slice(bytes).unwrap();
    engine.prepared.facts = [("build".to_owned(), name.to_owned())].into();
    engine.prepared.build_key = Some(name.into());
    engine.prepared.proofs.clear();
    engine
}

/// EP-43: after any number of failures the one that worked is still there, and the newest two are kept.
#[test]
fn what_worked_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let pool = PoolDir::open(dir.path(), "p").unwrap();
    let name = |facts: Option<&Facts>| other_than(&pool, facts).and_then(|engine| engine.build_key);
    let facts = |name: &str| engine(name).prepared.facts;
    assert_eq!(name(None), None);
    proven(&pool, &engine("a"));
    assert!(is_proven(&pool, &engine("a")) && !is_proven(&pool, &engine("b")));
    for failed in ["b", "c", "d"] {
        assert_eq!(name(Some(&facts(failed))).as_deref(), Some("a"));
    }
    assert_eq!(name(Some(&facts("a"))), None, "it is no other one");
    set_restored(&pool, &Error::Unfinished { what: "start" });
    assert_eq!(restored(&pool).unwrap().code.as_deref(), Some("core::unfinished"));
    proven(&pool, &engine("a"));
    assert!(restored(&pool).is_some(), "what came back says why");
    proven(&pool, &engine("e"));
    assert_eq!((restored(&pool), name(Some(&facts("e"))).as_deref()), (None, Some("a")));
    proven(&pool, &engine("f"));
    assert_eq!(name(Some(&facts("f"))).as_deref(), Some("e"));
    proven(&pool, &engine("e"));
    assert_eq!(name(Some(&facts("e"))).as_deref(), Some("f"), "there and back");
    let mut kept = builds(dir.path());
    kept.sort();
    assert_eq!(kept, ["e", "f"]);
}

/// An engine that was denied its accelerator did not work; a file that is none is no history.
#[test]
fn what_was_denied_did_not_work() {
    let dir = tempfile::tempdir().unwrap();
    let pool = PoolDir::open(dir.path(), "p").unwrap();
    let mut denied = engine("a");
    denied.prepared.proofs =
        vec![crate::Proof { stage: crate::ProofStage::Running, verdict: ProofVerdict::Denied, evidence: Vec::new() }];
    proven(&pool, &denied);
    assert_eq!(other_than(&pool, None), None);
    for bytes in [b"".as_slice(), b"{", b"{\"schema\": 9, \"proven\": []}", b"[]"] {
        durable::replace(&file(pool.path()), bytes).unwrap();
        assert_eq!(other_than(&pool, None), None);
    }
    std::fs::remove_file(file(pool.path())).unwrap();
    std::os::unix::fs::symlink("/dev/zero", file(pool.path())).unwrap();
    assert_eq!(other_than(&pool, None), None);
}

/// A pool goes back only where what is there now is what the failure left: never over an engine that another call started,
/// and never after a stop.
#[test]
fn what_another_call_did_stays() {
    let of = |pid, build: &str| Instance {
        kind: InstanceKind::Process { pid },
        facts: [("build".to_owned(), build.to_owned())].into(),
        args: Vec::new(),
        host: "127.0.0.1".into(),
        port: 80,
        started_unix_s: 1,
        log: "/log".into(),
    };
    let uptime = std::time::Duration::from_secs(1);
    let running = |pid, build| Condition::Running { instance: of(pid, build), uptime };
    let exited = |pid, build| Condition::Exited { instance: of(pid, build), exit: None };
    let stopping = Condition::Stopping { instance: of(1, "b"), uptime };
    let facts = of(1, "b").facts;
    let started = Failed { facts: facts.clone(), instance: Some(InstanceKind::Process { pid: 1 }) };
    let refused = Failed { facts, instance: None };
    for (failed, now, stopped, expected) in [
        (&started, running(1, "b"), false, true),
        (&started, running(2, "c"), false, false),
        (&started, running(2, "b"), false, false),
        (&started, exited(1, "b"), false, true),
        (&started, Condition::Absent, false, false),
        (&started, Condition::Absent, true, true),
        (&started, stopping, false, false),
        (&refused, Condition::Absent, false, true),
        (&refused, exited(1, "b"), false, true),
        (&refused, running(2, "a"), false, false),
        (&refused, running(2, "b"), false, false),
    ] {
        assert_eq!(failed.leaves(&now, stopped), expected, "{failed:?} {now:?} {stopped}");
    }
}
