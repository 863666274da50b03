//! What the version before wrote is read: the files in `tests/golden/schema-1` are those that it left, as it wrote them.

use std::fs;
use std::path::Path;

use provisioner_core::{
    Cache, EngineProvisioner, Ensured, InstanceKind, Plan, PreparedEngine, Started, Status, StepId, StepKind,
};
use serde_json::{Value, json};
use spawner::{PoolRecord, RecordedEngine};

use crate::support::{World, code};
use crate::toy::Toy;

fn file(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/schema-1").join(name)).unwrap()
}

fn plan(name: &str) -> Plan {
    serde_json::from_slice(&file(name)).unwrap()
}

/// All that `old` says stands in `new`.
#[track_caller]
fn keeps(old: &Value, new: &Value, at: &str) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (name, value) in old {
                keeps(value, new.get(name).unwrap_or(&Value::Null), &format!("{at}.{name}"));
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            assert_eq!(old.len(), new.len(), "{at}");
            old.iter().zip(new).for_each(|(old, new)| keeps(old, new, at));
        }
        _ => assert_eq!(old, new, "{at}"),
    }
}

#[test]
fn plans_are_read_and_not_executed() {
    for name in ["plan-fresh.json", "plan-nearest.json", "plan-blocked.json"] {
        let plan = plan(name);
        assert_eq!((plan.schema, plan.version.as_str(), plan.steps.len()), (1, "", 9), "{name}");
        assert!(plan.steps.iter().all(|step| step.id == StepId::from(step.kind)), "{name}");
        assert_eq!(code(plan.check_version()), "plan::version", "{name}");
        // A reader of schema 1 finds in ours all that it knows.
        keeps(&serde_json::from_slice(&file(name)).unwrap(), &serde_json::to_value(&plan).unwrap(), name);
    }
    let fresh = plan("plan-fresh.json");
    let fetch = fresh.step(&StepKind::Fetch.into()).unwrap();
    assert_eq!((&fetch.status, fetch.cache), (&Status::ToRun, Some(Cache::Miss)));
    assert!(fetch.commands[0].iter().any(|word| word == "ls-remote"), "{fetch:?}");
    let nearest = plan("plan-nearest.json").step(&StepKind::Build.into()).unwrap().nearest.clone().unwrap();
    assert_eq!(nearest.differences[0].to_string(), "definitions.GGML_RPC: none → ON");
    let blocked = plan("plan-blocked.json");
    let Some(Status::Blocked { code: Some(code), .. }) = blocked.blocked().map(|step| &step.status) else {
        panic!("{blocked}")
    };
    assert!(code.starts_with("gpu::"), "{code}");
}

#[test]
fn summaries_are_read_and_not_started() {
    let prepared: PreparedEngine = serde_json::from_slice(&file("prepared.json")).unwrap();
    assert_eq!((prepared.schema, prepared.artifact.as_ref(), prepared.facts.len()), (1, None, 0));
    let ensured: Ensured = serde_json::from_slice(&file("summary.json")).unwrap();
    assert_eq!(ensured.prepared.build_key, prepared.build_key);
    assert_eq!((ensured.prepared.schema, ensured.instance.as_ref()), (1, None));
    assert_eq!(ensured.pid(), ensured.process.as_ref().map(|process| process.pid));
    assert_eq!(ensured.process.as_ref().unwrap().started, Started::Now);
    keeps(&serde_json::from_slice(&file("summary.json")).unwrap(), &serde_json::to_value(&ensured).unwrap(), "summary");
    // It does not say all that decides what it would start.
    let world = World::new();
    let error = world.provider(&world.pool(&json!({}))).start(&prepared).unwrap_err();
    assert!(error.to_string().contains("demo"), "{error}");
    assert!(!world.settings.run_dir.join("demo/record.json").exists());
}

/// The engine of such a record is a process, and all that the record says of it is kept when it is written again.
#[test]
fn records_are_read_and_written_with_schema_2() {
    let mut old: Value = serde_json::from_slice(&file("record.json")).unwrap();
    let record: PoolRecord = serde_json::from_value(old.clone()).unwrap();
    assert!(matches!(record.engine, RecordedEngine::Process { pid: 16767, .. }), "{record:?}");
    (old["schema"], old["kind"]) = (json!(2), json!("process"));
    assert_eq!(serde_json::to_value(&record).unwrap(), old);
}

/// A summary that the version before published is that of the engine that runs.
#[test]
fn an_engine_with_a_summary_of_schema_1_is_kept() {
    let toy = Toy::new();
    let (provider, pool) = (toy.provider(), toy.pool(&[]));
    let first = provider.ensure_running(pool.clone()).unwrap();
    let path = toy.world.pool_dir("demo").summary_file();
    let mut summary: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let known: Value = serde_json::from_slice(&file("summary.json")).unwrap();
    summary.as_object_mut().unwrap().retain(|name, _| known.get(name).is_some());
    summary["model"].as_object_mut().unwrap().retain(|name, _| known["model"].get(name).is_some());
    durable::replace(&path, &serde_json::to_vec(&summary).unwrap()).unwrap();
    let again = provider.ensure_running(pool).unwrap();
    assert_eq!((again.started, again.pid()), (Started::Already, first.pid()));
    assert_eq!(again.instance, first.pid().map(|pid| InstanceKind::Process { pid }));
    assert_eq!((again.started_unix_s, again.prepared.schema), (first.started_unix_s, 1));
}
