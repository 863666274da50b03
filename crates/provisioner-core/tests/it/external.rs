//! EP-02: programs that others installed.

use std::fs;

use provisioner_core::cfg::PoolConfig;
use provisioner_core::{Started, Status, StepKind};
use serde_json::{Value, json};

use crate::support::{World, code};

fn pool(world: &World, external: &Value) -> PoolConfig {
    world.pool(&json!({ "mode": "external", "source": null, "external": external }))
}

/// A program is asked once, started, found running, and started again once it was updated.
#[test]
fn an_installed_program_is_run_like_any_other() {
    let world = World::new();
    let built = world.ensure(&world.pool(&json!({})));
    world.stop("demo");
    let from = built.prepared.binary_path.unwrap();
    let dir = world.path().join("usr");
    testkit::copy_tree(from.parent().unwrap(), &dir);
    let program = dir.join("llama-server");
    let wanted = pool(&world, &json!({ "path": program }));
    let plan = world.plan(&wanted);
    let kinds: Vec<_> = plan.steps.iter().map(|step| step.kind).collect();
    assert_eq!(kinds[..2], [StepKind::Accelerator, StepKind::Check], "{plan}");
    assert_eq!(plan.step(&StepKind::Check.into()).unwrap().actions.len(), 2, "{plan}");
    let ensured = world.ensure(&wanted);
    assert_eq!((ensured.started, ensured.prepared.binary_path), (Started::Now, Some(program.clone())));
    assert_eq!(ensured.prepared.engine_version, built.prepared.engine_version);
    assert_eq!(world.executed("demo").differences, []);
    assert_eq!(world.ensure(&wanted).started, Started::Already);
    // An update under a running pool is told, by the next plan.
    let updated = fs::read(&program).unwrap();
    fs::remove_file(&program).unwrap();
    durable::replace(&program, &[&updated[..], b"\0"].concat()).unwrap();
    fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let plan = world.plan(&wanted);
    assert!(
        matches!(&plan.steps.last().unwrap().status, Status::Blocked { code: Some(code), .. } if code == "pool::differs"),
        "{plan}"
    );
    world.stop("demo");
    assert_eq!(world.ensure(&wanted).started, Started::Now);
    // What others installed stays when its engine is stopped.
    world.stop("demo");
    assert!(program.is_file());
}

#[test]
fn what_is_no_engine_is_named() {
    let world = World::new();
    let at = |name: &str| world.path().join(name);
    fs::create_dir(at("bin")).unwrap();
    testkit::fake_tool(&at("bin"), "silent", "exit 0");
    testkit::fake_tool(&at("bin"), "fails", "echo broken >&2; exit 3");
    testkit::fake_tool(&at("bin"), "other", "echo 'version: 1234 (abcdef0)'");
    durable::replace(&at("text"), b"text").unwrap();
    for (external, expected) in [
        (json!({}), "pool::no_external"),
        (json!({ "path": "/x", "url": "http://h" }), "pool::no_external"),
        (json!({ "url": "http://127.0.0.1:1" }), "pool::unsupported_url"),
        (json!({ "path": "llama-server" }), "pool::relative_program"),
        (json!({ "path": at("absent") }), "fit::no_program"),
        (json!({ "path": world.path() }), "fit::no_program"),
        (json!({ "path": at("text") }), "fit::no_program"),
        (json!({ "path": at("bin/silent") }), "fit::does_not_answer"),
        (json!({ "path": at("bin/fails") }), "fit::does_not_answer"),
        (json!({ "path": at("bin/other"), "version": "999" }), "fit::other_version"),
    ] {
        assert_eq!(code(world.try_ensure(&pool(&world, &external))), expected, "{external}");
    }
    assert!(!world.pool_dir("demo").record_file().exists());
}
