//! A pool changes from an engine of its own to one that others run, and back.

use std::sync::Arc;

use provisioner_core::{PlanFile, Started};

use super::*;
use crate::support::alive;

#[test]
fn a_pool_changes_between_its_own_engine_and_anothers() {
    let mut world = World::new();
    let web = Web::serve(None, |asked, wire| answers(Engine::Llamacpp, "1.0", asked, wire));
    let own = world.pool(&json!({}));
    let others = pool_of(&world, Engine::Llamacpp, &json!({ "url": web.url }), &json!({}));
    let pid = world.ensure(&own).pid().unwrap();
    // Another engine runs: it is stopped only where that is asked for.
    assert_eq!(code(world.try_ensure(&others)), "pool::differs");
    assert!(alive(pid));
    world.settings.replace = true;
    let ensured = world.ensure(&others);
    assert_eq!((ensured.started, ensured.pid()), (Started::Replaced, None));
    assert!(!alive(pid));
    assert_eq!(world.executed("demo").differences, []);
    world.settings.replace = false;
    assert_eq!(code(world.try_ensure(&own)), "pool::differs");
    world.settings.replace = true;
    let back = world.ensure(&own);
    assert!(back.started == Started::Replaced && alive(back.pid().unwrap()));
    assert_eq!(world.executed("demo").differences, []);
}

/// What refuses to be used is found before the engine that works is stopped.
#[test]
fn a_working_engine_is_not_stopped_for_one_that_does_not_answer() {
    let mut world = World::new();
    let pid = world.ensure(&world.pool(&json!({}))).pid().unwrap();
    world.settings.replace = true;
    assert_eq!(code(world.try_ensure(&pool(&world, "http://127.0.0.1:1"))), "remote::unreachable");
    assert!(alive(pid));
}

/// EP-85: an approved plan holds for this address, model and version; what was prepared can be started.
#[test]
fn an_approved_plan_binds_the_address() {
    let mut world = World::new();
    let serve = || Web::serve(None, |asked, wire| answers(Engine::Vllm, "1.0", asked, wire));
    let (web, other) = (serve(), serve());
    let wanted = pool(&world, &web.url);
    world.settings.approved = Some(Arc::new(PlanFile::of(std::slice::from_ref(&wanted), &world.settings).unwrap()));
    assert_eq!(code(world.try_ensure(&pool(&world, &other.url))), "plan::stale");
    assert!(other.asked().is_empty());
    let prepared = world.provider(&wanted).prepare(wanted.clone()).unwrap();
    assert!(!world.pool_dir("demo").record_file().exists());
    let started = world.provider(&wanted).start(&prepared).unwrap();
    assert_eq!((started.started, started.prepared.url.as_str()), (Started::Now, web.url.as_str()));
    assert_eq!(world.ensure(&wanted).started, Started::Already);
    // A summary of schema 2, with all that a later start needs.
    drop(web);
    lifecycle(&world).stop(&wanted.id, LONG).unwrap();
    assert_eq!(code(world.provider(&wanted).start(&prepared)), "remote::unreachable");
}
