//! The stream of events: what begins ends, once, with its seconds; runs are told apart; everything can be read back.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use provisioner_core::{Cache, Cancel, Event, Happening, Lifecycle, Outcome, SCHEMA, Settings, StepId, provider_with};
use serde_json::json;

use crate::support::{World, code};

const TOKEN: &str = "t0ken-9f8e7d6c5b4a";
const KEY: &str = "k3y-1a2b3c4d5e6f";

/// Two pools that share a build, at the same time; a build that fails; one that is cancelled; start, readiness, stop.
#[test]
fn what_begins_ends_and_every_run_is_told_apart() {
    let mut world = World::new();
    world.settings.env = world.settings.env.clone().with("HF_TOKEN", TOKEN);
    let secret = json!({ "flags": ["--api-key", KEY], "secret_env": ["HF_TOKEN"] });
    let pools = ["one", "two"].map(|id| world.named(id, &secret));
    thread::scope(|scope| {
        pools.each_ref().map(|pool| scope.spawn(|| world.ensure(pool))).map(|run| run.join().unwrap())
    });
    world.ensure(&pools[0]);
    let lifecycle = Lifecycle::new(world.settings.clone());
    lifecycle.wait_ready(&pools[0].id, std::time::Duration::from_mins(1)).unwrap();
    lifecycle.stop(&pools[0].id, std::time::Duration::from_secs(5)).unwrap();
    let prepared = world.provider(&world.pool(&json!({}))).prepare(world.pool(&json!({}))).unwrap();
    lifecycle.start(&prepared).unwrap();

    let runs = by_run(&world);
    assert_eq!(runs.len(), 7, "each call is a run of its own");
    let outcomes: Vec<&str> = runs.values().map(|run| finished(run).0).collect();
    let mut sorted = outcomes.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ["already_running", "prepared", "ready", "started", "started", "started", "stopped"]);
    // One of the two built; the other was told that what it wants is there already.
    let built: Vec<_> = runs.values().flatten().filter_map(|event| end(event, "build")).collect();
    assert!(built.contains(&(Outcome::Done, Some(Cache::Miss))), "{built:?}");
    assert!(
        built.iter().all(|end| *end == (Outcome::Done, Some(Cache::Miss)) || end.1 == Some(Cache::Hit)),
        "{built:?}"
    );
    assert!(built.len() == 2, "{built:?}");
    assert!(runs.values().flatten().any(|event| matches!(event.what, Happening::Progress { .. })));

    world.events.lock().unwrap().clear();
    world.repo.change("tools/server/main.cpp", "#error broken on purpose\n");
    let failing = world.named("failing", &json!({}));
    assert_eq!(code(world.try_ensure(&failing)), "build::compile_error");
    let settings = Settings { cancel: Cancel::new(), ..world.settings.clone() };
    settings.cancel.cancel();
    assert_eq!(code(provider_with(&failing, settings).unwrap().ensure(failing.clone())), "core::cancelled");
    let runs = by_run(&world);
    let mut codes: Vec<_> = runs.values().map(|run| finished(run)).collect();
    codes.sort_unstable();
    assert_eq!(codes, [("failed", Some("build::compile_error")), ("failed", Some("core::cancelled"))]);
    let ends: Vec<_> = runs.values().flatten().filter_map(|event| end(event, "build")).collect();
    assert_eq!(ends, [(Outcome::Failed, Some(Cache::Miss))]);
}

/// The events of all runs, each checked.
#[track_caller]
fn by_run(world: &World) -> BTreeMap<String, Vec<Event>> {
    let mut runs: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for event in world.events.lock().unwrap().iter() {
        let json = serde_json::to_string(event).unwrap();
        assert!(!json.contains(TOKEN) && !json.contains(KEY) && !format!("{event:?}").contains(TOKEN), "{json}");
        assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), *event);
        assert!(event.schema == SCHEMA && event.unix_ms > 1_700_000_000_000, "{json}");
        runs.entry(event.run_id.clone()).or_default().push(event.clone());
    }
    for run in runs.values() {
        check(run);
    }
    runs
}

/// One run: steps pair up, and nothing comes after its end.
#[track_caller]
fn check(run: &[Event]) {
    let pools: BTreeSet<&str> = run.iter().map(|event| event.pool_id.as_str()).collect();
    assert_eq!(pools.len(), 1, "a run is of one pool: {run:?}");
    assert!(matches!(run.last().unwrap().what, Happening::Finished { .. }), "{run:?}");
    let (mut open, mut done): (BTreeSet<&StepId>, BTreeSet<&StepId>) = Default::default();
    let has_steps = run.iter().any(|event| matches!(event.what, Happening::Begin { .. }));
    let mut ends = 0;
    for event in run {
        match &event.what {
            Happening::Begin { .. } => {
                let step = event.step.as_ref().unwrap();
                assert!(open.insert(step) && !done.contains(step), "{step} begins twice: {run:?}");
            }
            Happening::Progress { .. } => {
                let step = event.step.as_ref().unwrap();
                assert!(!has_steps || open.contains(step), "{step} is not under way: {run:?}");
            }
            Happening::End { seconds, outcome, code, .. } => {
                let step = event.step.as_ref().unwrap();
                assert!(open.remove(step) && done.insert(step), "{step} ends without a beginning: {run:?}");
                assert!(*seconds >= 0.0 && seconds.is_finite());
                let failed = matches!(outcome, Outcome::Failed | Outcome::Cancelled);
                assert_eq!(code.is_some(), failed, "{event:?}");
            }
            Happening::Finished { seconds, .. } => {
                assert!(event.step.is_none() && *seconds > 0.0 && open.is_empty(), "{run:?}");
                ends += 1;
            }
            Happening::Note { text } if text.starts_with("the plan is made again: ") => {
                assert!(open.is_empty());
                done.clear();
            }
            _ => {}
        }
    }
    assert_eq!(ends, 1);
}

fn finished(run: &[Event]) -> (&str, Option<&str>) {
    run.iter()
        .find_map(|event| match &event.what {
            Happening::Finished { outcome, code, .. } => Some((outcome.as_str(), code.as_deref())),
            _ => None,
        })
        .unwrap()
}

/// How a step of this name ended.
fn end(event: &Event, step: &str) -> Option<(Outcome, Option<Cache>)> {
    match &event.what {
        Happening::End { outcome, cache, .. } if event.step.as_ref()?.as_str() == step => Some((*outcome, *cache)),
        _ => None,
    }
}
