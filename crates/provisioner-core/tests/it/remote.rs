//! EP-02: engines that others run: looked at, used, never started and never stopped.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use provisioner_core::cfg::{Engine, PoolConfig};
use provisioner_core::{
    Action, Artifact, Error, Health, InstanceKind, Lifecycle, PoolState, Started, Status, StepKind, StopOutcome,
};
use serde_json::{Value, json};
use testkit::web::{Asked, Web, Wire, reply};

use crate::support::{World, code};

mod documents;
mod refused;
mod switched;

use documents::answers;

const LONG: Duration = Duration::from_secs(30);

fn pool_of(world: &World, engine: Engine, external: &Value, change: &Value) -> PoolConfig {
    let mut provisioning = json!({ "mode": "external", "accelerator": "cpu", "external": external });
    for (key, value) in change.as_object().unwrap() {
        provisioning[key] = value.clone();
    }
    let pool = json!({ "id": "demo", "engine": engine, "model": "tiny", "provisioning": provisioning });
    let _ = world;
    serde_json::from_value(pool).unwrap()
}

fn pool(world: &World, url: &str) -> PoolConfig {
    pool_of(world, Engine::Vllm, &json!({ "url": url }), &json!({}))
}

fn lifecycle(world: &World) -> Lifecycle {
    Lifecycle::new(world.settings.clone())
}

/// EP-03, EP-05, EP-43, EP-83: all five engines by the documents that their sources describe.
#[test]
fn each_engine_is_looked_at_used_and_left_running() {
    for engine in Engine::ALL {
        let world = World::new();
        let web = Web::serve(None, move |asked, wire| answers(engine, "1.2.3", asked, wire));
        let wanted = pool_of(&world, engine, &json!({ "url": format!("{}/", web.url), "version": "1.2" }), &json!({}));
        let plan = world.plan(&wanted);
        assert!(web.asked().is_empty(), "a plan asks nobody");
        let kinds: Vec<_> = plan.steps.iter().map(|step| step.kind).collect();
        assert_eq!(kinds, [StepKind::Check, StepKind::Model, StepKind::Flags, StepKind::Start], "{plan}");
        let look = Action::Look { url: web.url.clone() };
        assert_eq!(plan.step(&StepKind::Check.into()).unwrap().actions, [look]);

        let ensured = world.ensure(&wanted);
        let prepared = &ensured.prepared;
        assert_eq!(ensured.started, Started::Now);
        assert_eq!(ensured.instance, Some(InstanceKind::Remote { url: web.url.clone() }));
        assert_eq!(prepared.artifact, Some(Artifact::Remote { url: web.url.clone(), version: "1.2.3".into() }));
        assert_eq!((prepared.engine, prepared.engine_version.as_str()), (engine, "1.2.3"));
        assert_eq!((prepared.url.as_str(), prepared.host.as_str()), (web.url.as_str(), "127.0.0.1"));
        assert!(prepared.model.reference == "tiny" && prepared.flags.is_empty() && prepared.binary_path.is_none());
        let executed = world.executed("demo");
        assert_eq!(executed.differences, []);

        // What is used stays used, and is looked at each time.
        let again = world.plan(&wanted);
        assert!(again.steps.iter().all(|step| step.status == Status::Satisfied), "{again}");
        let before = web.asked().len();
        assert_eq!(world.ensure(&wanted).started, Started::Already);
        assert!(web.asked().len() > before);
        world.provider(&wanted).prepare(wanted.clone()).unwrap();
        let ready = lifecycle(&world).wait_ready(&wanted.id, LONG).unwrap();
        assert_eq!(ready.url, web.url);

        let status = lifecycle(&world).status(&wanted.id).unwrap();
        assert_eq!((status.state, status.health), (PoolState::Running, Some(Health::Ready)), "{engine}: {status:?}");
        assert_eq!((status.pid, status.uptime_s, status.why.as_ref()), (None, None, None));
        assert_eq!(status.engine.as_ref().map(|engine| &engine.prepared.url), Some(&web.url));
        assert_eq!(lifecycle(&world).logs(&wanted.id, 9).unwrap(), "");
        assert!(lifecycle(&world).running(&wanted.id).unwrap().unwrap().wait(Duration::ZERO).unwrap().is_none());

        let before = web.asked().len();
        assert_eq!(lifecycle(&world).stop(&wanted.id, LONG).unwrap(), StopOutcome::LeftRunning);
        assert_eq!(web.asked().len(), before, "what is left running is not even asked");
        assert_eq!(lifecycle(&world).status(&wanted.id).unwrap().state, PoolState::Absent);
        assert_eq!(lifecycle(&world).stop(&wanted.id, LONG).unwrap(), StopOutcome::NothingRecorded);
        assert!(web.asked().iter().all(|asked| asked.method == "GET" || asked.path == "/v2/repository/index"));
    }
}

/// What an engine is by now.
#[derive(Clone, Copy)]
enum Now {
    Serves(Engine, &'static str),
    Loads,
    Hangs,
}

fn changing(first: Now) -> (Web, Arc<Mutex<Now>>) {
    let now = Arc::new(Mutex::new(first));
    let known = Arc::clone(&now);
    let web = Web::serve(None, move |asked, wire| {
        let now = *known.lock().unwrap();
        match now {
            Now::Serves(engine, version) => answers(engine, version, asked, wire),
            Now::Loads => reply(wire, "503 Service Unavailable", "", ""),
            Now::Hangs => std::thread::sleep(Duration::from_secs(20)),
        }
    });
    (web, now)
}

/// `status` says what became of it, `ensure` takes it as it is now or says why not.
#[test]
fn what_became_of_it_is_said() {
    let world = World::new();
    let (web, now) = changing(Now::Serves(Engine::Vllm, "1.0"));
    let wanted = pool(&world, &web.url);
    world.ensure(&wanted);
    let set = |to| *now.lock().unwrap() = to;
    let status = || {
        let status = lifecycle(&world).status(&wanted.id).unwrap();
        let lives = status.lives();
        (status.state, status.health.unwrap(), status.why.unwrap_or_default(), lives)
    };

    set(Now::Serves(Engine::Vllm, "1.1"));
    let (state, health, why, lives) = status();
    assert_eq!((state, health, lives), (PoolState::Changed, Health::Silent, false));
    assert!(why.ends_with("it had version 1.0, and has 1.1"), "{why}");
    assert_eq!(code(lifecycle(&world).wait_ready(&wanted.id, LONG)), "remote::changed");
    let ensured = world.ensure(&wanted);
    assert_eq!((ensured.started, ensured.prepared.engine_version.as_str()), (Started::Now, "1.1"));
    assert_eq!(status().0, PoolState::Running);

    set(Now::Serves(Engine::Sglang, "0.5"));
    let (state, _, why, _) = status();
    assert!(state == PoolState::Changed && why.contains("is not vllm"), "{why}");
    assert_eq!(code(world.try_ensure(&wanted)), "remote::not_an_engine");

    set(Now::Loads);
    assert_eq!((status().0, status().1), (PoolState::Starting, Health::Loading));
    assert_eq!(code(world.try_ensure(&wanted)), "remote::not_ready");
    assert_eq!(code(lifecycle(&world).wait_ready(&wanted.id, Duration::from_millis(300))), "remote::not_ready");

    set(Now::Hangs);
    let begin = Instant::now();
    let (state, health, why, lives) = status();
    assert_eq!((state, health, lives), (PoolState::Unreachable, Health::Silent, false));
    assert!(why.contains("does not answer /health within 5 s") && begin.elapsed() < LONG, "{why}");

    drop(web);
    let (state, _, why, _) = status();
    assert!(state == PoolState::Unreachable && why.starts_with("nothing answers at http://127.0.0.1"), "{why}");
    assert_eq!(code(world.try_ensure(&wanted)), "remote::unreachable");
    // It can be let go of without it.
    assert_eq!(lifecycle(&world).stop(&wanted.id, LONG).unwrap(), StopOutcome::LeftRunning);
}

/// A wait ends once a loading engine serves, and a caller that cancels ends it at once.
#[test]
fn a_wait_ends_with_the_load_or_the_caller() {
    let world = World::new();
    let (web, now) = changing(Now::Serves(Engine::Vllm, "1.0"));
    let wanted = pool(&world, &web.url);
    let ensured = world.ensure(&wanted);
    *now.lock().unwrap() = Now::Loads;
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| lifecycle(&world).wait_ready_for(&ensured, LONG));
        std::thread::sleep(Duration::from_millis(500));
        assert!(!waits.is_finished());
        *now.lock().unwrap() = Now::Serves(Engine::Vllm, "1.0");
        assert_eq!(waits.join().unwrap().unwrap().url, web.url);
    });
    *now.lock().unwrap() = Now::Hangs;
    std::thread::scope(|scope| {
        let caller = scope.spawn(|| world.try_ensure(&wanted));
        std::thread::sleep(Duration::from_millis(300));
        let begin = Instant::now();
        world.settings.cancel.cancel();
        assert!(matches!(caller.join().unwrap(), Err(Error::Cancelled)));
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    });
}
