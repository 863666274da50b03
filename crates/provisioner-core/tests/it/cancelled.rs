//! A cancelled call returns within a second, leaves no process behind, and the next call resumes.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use provisioner_core::cfg::PoolConfig;
use provisioner_core::{
    Cancel, Env, Event, Happening, Lifecycle, Observer, Outcome, Settings, Started, StepKind, provider_with,
};
use serde_json::json;
use spawner::{LockWait, PortLock};

use crate::lifecycle::cancelled_after;
use crate::support::{World, code};

/// Ensures the pool and cancels as soon as `at` says so of an event; the call has to return within a second from then.
#[track_caller]
fn cancel_at(world: &World, pool: &PoolConfig, at: impl Fn(&Event) -> bool + Send + Sync + 'static) {
    let cancel = Cancel::new();
    let when = Arc::new(Mutex::new(None));
    let (theirs, noted) = (cancel.clone(), Arc::clone(&when));
    let mut settings = Settings { cancel, ..world.settings.clone() };
    settings.observer = Observer::new(move |event| {
        if at(event) {
            let (cancel, noted) = (theirs.clone(), Arc::clone(&noted));
            // From another thread, as a signal does, and while the step's program runs.
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(200));
                noted.lock().unwrap().get_or_insert_with(Instant::now);
                cancel.cancel();
            });
        }
    });
    let result = provider_with(pool, settings).unwrap().ensure_running(pool.clone());
    let returned = Instant::now();
    let error = result.unwrap_err();
    assert!(error.is_cancelled(), "{error}");
    assert_eq!(code(Err::<(), _>(error)), "core::cancelled");
    let waited = returned - when.lock().unwrap().unwrap();
    assert!(waited < Duration::from_secs(1), "{waited:?}");
    assert_eq!(processes_of(world.path()), Vec::<String>::new());
    assert!(!world.pool_dir("demo").record_file().exists());
}

/// The command lines of living processes that name something below a folder.
pub(crate) fn processes_of(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.contains(&*dir.to_string_lossy()) {
            found.push(line);
        }
    }
    found
}

fn begins(kind: StepKind) -> impl Fn(&Event) -> bool {
    move |event| event.what == Happening::Begin { kind }
}

/// Each step whose program hangs, and a build that is compiling.
#[test]
fn while_a_program_runs() {
    let world = World::new();
    let pool = world.pool(&json!({}));
    let tools = world.path().join("tools");
    let sleep = Env::current().find("sleep").unwrap();
    for (kind, tool, hangs) in [
        (StepKind::Fetch, "git", "*"),
        (StepKind::Configure, "cmake", "*\\ -S\\ *|-S\\ *"),
        (StepKind::Build, "cmake", "*--build\\ *"),
    ] {
        let was = fs::read_to_string(tools.join(tool)).unwrap();
        let real = was.replacen("#!/bin/sh\n", "", 1);
        // A child of a child, so that a kill of the program alone would leave something behind.
        let hang = format!("/bin/sh -c '{} 600; : {}'; exit 1", sleep.display(), world.path().display());
        let script = format!("case \"$*\" in *--version) ;; {hangs}) {hang} ;; esac\n{real}");
        testkit::fake_tool(&tools, tool, &script);
        cancel_at(&world, &pool, begins(kind));
        testkit::fake_tool(&tools, tool, &real);
    }
    // For real, in the middle of compiling.
    cancel_at(&world, &pool, |event| {
        let of_build = event.step.as_ref().is_some_and(|step| step.as_str() == "build");
        of_build && matches!(event.what, Happening::Progress { done: 1, .. })
    });
    let steps = world.executed("demo").steps;
    assert!(steps.iter().any(|step| step.outcome == Outcome::Cancelled), "{steps:?}");

    world.calls();
    assert_eq!(world.ensure(&pool).started, Started::Now);
    let calls = world.calls();
    assert!(!calls.iter().any(|call| call.contains(" clone ")), "what was fetched is kept: {calls:?}");
    assert!(!calls.iter().any(|call| call.starts_with("cmake -S ")), "what was configured is kept: {calls:?}");
}

/// Other calls that hold the pool, or every port it may have.
#[test]
fn while_another_call_is_waited_for() {
    let world = World::new();
    let pool = world.pool(&json!({}));
    let prepared = world.provider(&pool).prepare(pool.clone()).unwrap();
    let dir = world.pool_dir("demo");
    let settings = || Settings { cancel: Cancel::new(), ..world.settings.clone() };
    let ensure = |settings: &Settings| provider_with(&pool, settings.clone()).unwrap().ensure_running(pool.clone());

    let preparing = dir.lock_prepare("test", &LockWait::new(Duration::ZERO)).unwrap();
    let cancelled = settings();
    assert_eq!(code(Err::<(), _>(cancelled_after(&cancelled, || ensure(&cancelled)))), "core::cancelled");
    drop(preparing);

    let starting = dir.lock("test", Duration::ZERO).unwrap();
    let cancelled = settings();
    assert_eq!(code(Err::<(), _>(cancelled_after(&cancelled, || ensure(&cancelled)))), "core::cancelled");
    let cancelled = settings();
    let start = || Lifecycle::new(cancelled.clone()).start(&prepared);
    assert_eq!(code(Err::<(), _>(cancelled_after(&cancelled, start))), "core::cancelled");
    let cancelled = settings();
    let stop = || Lifecycle::new(cancelled.clone()).stop(&pool.id, Duration::from_secs(5));
    assert_eq!(code(Err::<(), _>(cancelled_after(&cancelled, stop))), "core::cancelled");
    drop(starting);

    let run_dir = &world.settings.run_dir;
    let locks: Vec<_> =
        world.ports.iter().map(|port| PortLock::try_acquire(run_dir, *port, "test").unwrap().unwrap()).collect();
    let cancelled = settings();
    assert_eq!(code(Err::<(), _>(cancelled_after(&cancelled, || ensure(&cancelled)))), "core::cancelled");
    drop(locks);

    // Cancelled before it begins, and nothing is done.
    let cancelled = settings();
    cancelled.cancel.cancel();
    assert_eq!(code(ensure(&cancelled)), "core::cancelled");
    assert!(!dir.record_file().exists());
    assert_eq!(world.ensure(&pool).started, Started::Now);
}

/// A question to the hub and a download that hang, beside a build; both are kept for the next call, which finishes them.
#[test]
fn while_a_model_is_fetched() {
    let world = World::new();
    let tools = world.path().join("tools");
    let pool = world.pool(&json!({ "model": { "ref": "hf:owner/repo/x.gguf" } }));
    let sleep = Env::current().find("sleep").unwrap();
    let hang = format!("/bin/sh -c '{} 600; : {}'; exit 1", sleep.display(), world.path().display());
    let of = |step: &'static str| {
        move |event: &Event| {
            let is = event.step.as_ref().is_some_and(|id| id.as_str() == step);
            is && matches!(event.what, Happening::Begin { .. })
        }
    };
    testkit::fake_tool(&tools, "hf", &hang);
    cancel_at(&world, &pool, of("model-check"));
    testkit::fake_tool(&tools, "hf", &format!("case \"$*\" in *--dry-run*) exit 0 ;; esac\n{hang}"));
    cancel_at(&world, &pool, of("model"));
    let [mkdir, cp] = ["mkdir", "cp"].map(|tool| Env::current().find(tool).unwrap().display().to_string());
    let fetched = format!(
        "case \"$*\" in *--dry-run*) exit 0 ;; esac\nwhile [ \"$1\" != --local-dir ]; do shift; done\n\
         {mkdir} -p \"$2\"; {cp} '{}' \"$2/x.gguf\"",
        world.model.display()
    );
    testkit::fake_tool(&tools, "hf", &fetched);
    let ensured = world.try_ensure(&pool).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(ensured.started, Started::Now);
    assert!(ensured.prepared.model.path.ends_with("x.gguf"), "{:?}", ensured.prepared.model);
}
