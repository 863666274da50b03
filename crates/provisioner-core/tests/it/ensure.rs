//! An engine that runs already, runs otherwise, or no longer runs.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use provisioner_core::{Error, Health, Lifecycle, PoolState, Started, StepKind};
use serde_json::json;

use crate::support::{World, alive, code, health};

/// EP-05: another configuration is told, and replaces only when that is asked for.
#[test]
fn a_changed_flag_is_named_and_replaced_on_request() {
    let mut world = World::new();
    let first = world.ensure(&world.pool(&json!({ "flags": ["--threads", "1"] })));
    let changed = world.pool(&json!({ "flags": ["--threads", "2"] }));
    let error = world.try_ensure(&changed).unwrap_err();
    let Error::Differs { differences, .. } = &error else { panic!("{error}") };
    assert_eq!(differences.len(), 1, "{error}");
    let difference = &differences[0];
    assert_eq!(difference.what, "flags");
    assert!(difference.runs.ends_with("--threads 1") && difference.wanted.ends_with("--threads 2"), "{difference}");
    assert!(alive(first.pid().unwrap()));

    world.settings.replace = true;
    let plan = world.plan(&changed);
    assert!(plan.blocked().is_none() && plan.to_string().contains("stop pid"), "{plan}");
    let second = world.ensure(&changed);
    assert_eq!(second.started, Started::Replaced);
    assert!(!alive(first.pid().unwrap()) && alive(second.pid().unwrap()));
    assert_eq!(second.prepared.port, first.prepared.port, "an engine keeps its port");
    assert!(health(second.prepared.port).contains(" 200 "));
    assert_eq!(world.ensure(&changed).started, Started::Already);
}

/// EP-10: a branch is followed once the pool starts anew, and not while its engine runs.
#[test]
fn a_killed_engine_is_started_again_and_a_moved_branch_is_followed() {
    let world = World::new();
    let pool = world.pool(&json!({}));
    let first = world.ensure(&pool);
    kill(Pid::from_raw(first.pid().unwrap()), Signal::SIGKILL).unwrap();
    while alive(first.pid().unwrap()) {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let second = world.ensure(&pool);
    assert_eq!(second.started, Started::Now);
    assert!(second.pid().unwrap() != first.pid().unwrap() && alive(second.pid().unwrap()));
    assert_eq!(second.prepared.engine_digest, first.prepared.engine_digest);

    let moved = world.repo.change("CHANGES", "third\n");
    assert_eq!(world.ensure(&pool).started, Started::Already);
    world.stop("demo");
    let plan = world.plan(&pool);
    let to_run: Vec<StepKind> = plan.to_run().map(|step| step.kind).collect();
    assert_eq!(to_run, [StepKind::Fetch, StepKind::Start], "the branch is asked for: {plan}");
    let third = world.ensure(&pool);
    assert_eq!(third.prepared.build_ref, Some(moved));
    assert_ne!(third.prepared.build_key, first.prepared.build_key);
}

/// A summary that was lost is made again for the engine that runs: its commit and its port, whatever they would be now.
#[test]
fn a_lost_summary_is_made_again_for_what_runs() {
    let world = World::new();
    let pool = world.pool(&json!({}));
    let held = TcpListener::bind((Ipv4Addr::LOCALHOST, world.ports[0])).unwrap();
    let first = world.ensure(&pool);
    drop(held);
    assert_eq!(first.prepared.port, world.ports[1]);
    fs::remove_file(world.pool_dir("demo").summary_file()).unwrap();
    world.repo.change("CHANGES", "third\n");
    let again = world.ensure(&pool);
    assert_eq!((again.started, again.pid().unwrap()), (Started::Already, first.pid().unwrap()));
    assert_eq!((again.prepared.port, &again.prepared.build_ref), (first.prepared.port, &first.prepared.build_ref));
    let fresh = fs::read(world.pool_dir("demo").summary_file()).unwrap();
    assert_eq!(serde_json::from_slice::<provisioner_core::Ensured>(&fresh).unwrap(), again);
}

/// B11: what a start that was killed between record and summary left undone is done by the next ensure.
#[test]
fn an_interrupted_start_is_completed() {
    let world = World::new();
    let pool = world.pool(&json!({}));
    let first = world.ensure(&pool);
    let dir = world.pool_dir("demo");
    for lost in [vec![dir.pid_file(), dir.summary_file()], vec![dir.pid_file()]] {
        for path in &lost {
            fs::remove_file(path).unwrap();
        }
        let again = world.ensure(&pool);
        assert_eq!((again.started, again.pid()), (Started::Already, first.pid()));
        assert_eq!(fs::read_to_string(dir.pid_file()).unwrap(), format!("{}\n", first.pid().unwrap()));
        assert!(dir.summary_file().exists());
    }
}

/// B14: a cache that cannot be written serves what a branch was last resolved to.
#[test]
fn a_cache_that_is_only_read_serves_a_branch() {
    let world = World::new();
    let pool = world.pool(&json!({}));
    let first = world.ensure(&pool);
    world.stop("demo");
    // Root may write whatever the mode says; no user can write through a link that leads nowhere.
    let locks = world.settings.cache_dir.join("v1/locks");
    fs::remove_dir_all(&locks).unwrap();
    std::os::unix::fs::symlink("nowhere", &locks).unwrap();
    let second = world.ensure(&pool);
    assert_eq!((second.started, &second.prepared.build_key), (Started::Now, &first.prepared.build_key));
}

/// B3: an engine whose record is gone is reported, with what stops it.
#[test]
fn an_engine_without_a_record_is_not_absent() {
    let world = World::new();
    let pid = world.ensure(&world.pool(&json!({}))).pid().unwrap();
    fs::remove_file(world.pool_dir("demo").record_file()).unwrap();
    let lifecycle = Lifecycle::new(world.settings.clone());
    let status = lifecycle.status(&"demo".parse().unwrap()).unwrap();
    assert_eq!(status.state, PoolState::Unreadable);
    assert!(status.why.unwrap().ends_with(&format!("runs as process {pid}")));
    world.stop("demo");
    assert_eq!(lifecycle.status(&"demo".parse().unwrap()).unwrap().state, PoolState::Absent);
}

/// D1: an engine that takes connections and does nothing is replaced by a caller that replaces, after the pool's own
/// limit; one that comes back within it is kept.
#[test]
fn a_hung_engine_is_replaced_after_its_silence() {
    let mut world = World::new();
    let pool = world.pool(&json!({ "limits": { "ready_silence_s": 1, "stop_grace_s": 1 } }));
    let first = world.ensure(&pool);
    let signal = |signal| kill(Pid::from_raw(first.pid().unwrap()), signal).unwrap();
    let lifecycle = Lifecycle::new(world.settings.clone()).with_ready_silence(Some(Duration::from_secs(1)));
    lifecycle.wait_ready(&pool.id, Duration::from_mins(1)).unwrap();
    signal(Signal::SIGSTOP);
    let status = lifecycle.status(&pool.id).unwrap();
    assert!(status.health == Some(Health::Silent) && status.last_output_unix_s.is_some(), "{status:?}");
    assert_eq!(code(lifecycle.wait_ready(&pool.id, Duration::from_mins(1))), "engine::silent");
    assert_eq!(world.ensure(&pool).started, Started::Already, "only a caller that replaces replaces");

    world.settings.replace = true;
    let back = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(300));
            signal(Signal::SIGCONT);
        });
        world.ensure(&pool)
    });
    assert_eq!((back.started, back.pid()), (Started::Already, first.pid()));

    signal(Signal::SIGSTOP);
    let begin = Instant::now();
    let second = world.ensure(&pool);
    assert!(begin.elapsed() >= Duration::from_secs(1), "{:?}", begin.elapsed());
    assert_eq!((second.started, second.prepared.port), (Started::Replaced, first.prepared.port));
    assert!(!alive(first.pid().unwrap()) && alive(second.pid().unwrap()));
    assert!(world.executed("demo").differences.is_empty(), "what ran is what the plan said");
    lifecycle.wait_ready(&pool.id, Duration::from_mins(1)).unwrap();
    assert_eq!(world.ensure(&pool).started, Started::Already);
}

/// D1: an engine that loads for longer than the limit reports that it does, and is kept; a pool without the limit keeps
/// every engine.
#[test]
fn an_engine_that_loads_is_not_hung() {
    let mut world = World::new();
    world.settings.replace = true;
    let pool = world.pool(&json!({ "limits": { "ready_silence_s": 1 }, "env": { "TINY_LOAD_MS": "2500" } }));
    let lifecycle = Lifecycle::new(world.settings.clone()).with_ready_silence(Some(Duration::from_secs(1)));
    let first = world.ensure(&pool);
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(1500) {
        assert_eq!(world.ensure(&pool).pid(), first.pid());
    }
    lifecycle.wait_ready(&pool.id, Duration::from_mins(1)).unwrap();

    let patient = world.named("patient", &json!({ "ports": [world.ports[3]] }));
    let first = world.ensure(&patient);
    lifecycle.wait_ready(&patient.id, Duration::from_mins(1)).unwrap();
    kill(Pid::from_raw(first.pid().unwrap()), Signal::SIGSTOP).unwrap();
    assert_eq!(world.ensure(&patient).pid(), first.pid());
    kill(Pid::from_raw(first.pid().unwrap()), Signal::SIGCONT).unwrap();
}
