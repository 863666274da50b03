//! EP-02: programs that others installed.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use provisioner_core::cfg::PoolConfig;
use provisioner_core::{PlanFile, Started, Status, StepKind, checkup};
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

/// A program that answers what it is asked, and is none that could run.
fn answers(dir: &Path, comment: &str) {
    testkit::fake_tool(dir, "llama-server", &format!("# {comment}\necho 'version: 1234 (abcdef0)'"));
}

/// An approved plan holds for the bytes that were there when it was made, whether they were asked by then or not.
#[test]
fn an_approved_plan_binds_the_program() {
    let mut world = World::new();
    let dir = world.path().join("bin");
    fs::create_dir(&dir).unwrap();
    let wanted = pool(&world, &json!({ "path": dir.join("llama-server") }));
    for asked in [false, true] {
        answers(&dir, "one");
        world.settings.approved = None;
        if asked {
            world.provider(&wanted).prepare(wanted.clone()).unwrap();
        }
        world.settings.approved = Some(Arc::new(PlanFile::of(std::slice::from_ref(&wanted), &world.settings).unwrap()));
        world.provider(&wanted).prepare(wanted.clone()).unwrap();
        answers(&dir, "two");
        let refused = world.provider(&wanted).prepare(wanted.clone()).unwrap_err();
        assert!(refused.to_string().contains("input program: approved `sha256:"), "{refused}");
        assert_eq!(code::<()>(Err(refused)), "plan::stale");
    }
}

/// What it answered may be lost while it runs: it is known by its bytes.
#[test]
fn a_cache_without_answers_is_no_obstacle_to_what_runs() {
    let world = World::new();
    let built = world.ensure(&world.pool(&json!({})));
    world.stop("demo");
    let wanted = pool(&world, &json!({ "path": built.prepared.binary_path.unwrap() }));
    assert_eq!(world.ensure(&wanted).started, Started::Now);
    fs::remove_dir_all(world.settings.cache_dir.join("v1/answers")).unwrap();
    assert_eq!(world.ensure(&wanted).started, Started::Already);
    world.provider(&wanted).prepare(wanted.clone()).unwrap();
}

/// What is finished is not compiled, so no compiler is missing.
#[test]
fn a_checkup_of_an_installed_program_asks_for_no_compiler() {
    let world = World::new();
    let wanted = pool(&world, &json!({ "path": "/usr/bin/true" }));
    let tools = |pools: &[PoolConfig]| {
        let tools = checkup(pools, &world.settings).host.tools;
        tools.found.len() + tools.missing.len() + tools.outdated.len()
    };
    assert_eq!(tools(&[wanted]), 0);
    assert!(tools(&[]) > 0);
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
        (json!({ "url": "http://127.0.0.1:1" }), "remote::unreachable"),
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
