//! An engine of another runtime is looked at, waited for, read, watched and stopped as every engine is.

use std::fs;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use provisioner_core::cfg::PoolId;
use provisioner_core::seam::Runtime;
use provisioner_core::{EngineProvisioner, Health, Lifecycle, PoolState, Running, Started, StopOutcome};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Toy;
use crate::support::{alive, code};

const LONG: Duration = Duration::from_secs(30);

fn demo() -> PoolId {
    "demo".parse().unwrap()
}

/// Whether the descriptor becomes readable within so many seconds.
fn exits(running: &Running, seconds: i64) -> bool {
    let mut fds = [PollFd::from_borrowed_fd(running.as_fd(), PollFlags::IN)];
    poll(&mut fds, Some(&Timespec { tv_sec: seconds, tv_nsec: 0 })).unwrap() == 1
}

#[test]
fn a_toy_is_known_by_its_runtime_alone() {
    for image in [false, true] {
        let mut toy = Toy::new();
        toy.supply.image = image;
        let (provider, id) = (toy.provider(), demo());
        assert_eq!(provider.status(&id).unwrap().state, PoolState::Absent);
        assert!(provider.running(&id).unwrap().is_none());
        assert_eq!(provider.stop(&id, LONG).unwrap(), StopOutcome::NothingRecorded);

        let ensured = provider.ensure_running(toy.pool(&[])).unwrap();
        assert_eq!(provider.wait_ready(&id, LONG).unwrap().url, ensured.prepared.url);
        let status = provider.status(&id).unwrap();
        assert_eq!((status.state, status.health), (PoolState::Running, Some(Health::Ready)));
        assert_eq!((status.pid, status.lives()), (ensured.pid(), true));
        assert_eq!((status.port, status.rss_bytes), (Some(ensured.prepared.port), Some(4711)));
        assert_eq!(status.engine, Some(ensured.clone()));
        assert_eq!(provider.logs(&id, 9).unwrap(), "up");

        let lifecycle =
            Lifecycle::with_runtime(toy.world.settings.clone(), Arc::clone(&toy.runtime) as Arc<dyn Runtime>);
        lifecycle.wait_ready_for(&ensured, LONG).unwrap();
        let lines: Vec<String> = lifecycle.follow(&id, 9).unwrap().unwrap().map(Result::unwrap).collect();
        assert_eq!(lines, ["up"]);

        let running = provider.running(&id).unwrap().unwrap();
        assert_eq!(Some(&running.instance.kind), ensured.instance.as_ref());
        assert!(running.uptime() < LONG && !exits(&running, 0));
        assert_eq!(running.wait(Duration::ZERO).unwrap(), None);
        assert_eq!(provider.stop(&id, LONG).unwrap(), StopOutcome::Forced);
        assert!(exits(&running, 30) && running.wait(LONG).unwrap().is_some());
        assert_eq!(provider.status(&id).unwrap().state, PoolState::Absent);
        assert_eq!(code(provider.wait_ready(&id, LONG)), "engine::gone");
        assert_eq!(code(lifecycle.wait_ready_for(&ensured, LONG)), "engine::gone");
    }
}

#[test]
fn a_toy_that_exits_ends_the_wait() {
    let toy = Toy::new();
    let (provider, id) = (toy.provider(), demo());
    let ensured = provider.ensure_running(toy.pool(&[])).unwrap();
    provider.wait_ready(&id, LONG).unwrap();
    let running = provider.running(&id).unwrap().unwrap();
    kill(Pid::from_raw(ensured.pid().unwrap()), Signal::SIGTERM).unwrap();
    let report = running.wait(LONG).unwrap().unwrap();
    assert_eq!((report.signal, exits(&running, 0)), (Some(15), true));
    let status = provider.status(&id).unwrap();
    assert_eq!((status.state, status.exit.as_ref(), status.lives()), (PoolState::Exited, Some(&report), false));
    let error = provider.wait_ready(&id, LONG).unwrap_err();
    assert!(error.to_string().contains(&report.how) && error.to_string().ends_with("up"), "{error}");
    assert_eq!(code::<()>(Err(error)), "engine::stopped");
    assert_eq!(provider.stop(&id, LONG).unwrap(), StopOutcome::AlreadyGone);
}

/// What was approved is started by the runtime that prepares and ensures use.
#[test]
fn a_prepared_toy_is_started() {
    let toy = Toy::new();
    let provider = toy.provider();
    let prepared = provider.prepare(toy.pool(&[])).unwrap();
    let first = provider.start(&prepared).unwrap();
    assert_eq!((first.started, alive(first.pid().unwrap())), (Started::Now, true));
    let again = provider.start(&prepared).unwrap();
    assert_eq!((again.started, again.pid()), (Started::Already, first.pid()));
    fs::remove_file(&prepared.model.path).unwrap();
    assert_eq!(code(provider.start(&prepared)), "plan::changed");
    // A reader of records alone sees no engine of this runtime, and does not touch it.
    let by_record = Lifecycle::new(toy.world.settings.clone());
    assert_eq!(by_record.status(&demo()).unwrap().state, PoolState::Absent);
    assert_eq!(by_record.stop(&demo(), LONG).unwrap(), StopOutcome::NothingRecorded);
    assert!(alive(first.pid().unwrap()));
}

/// A container that another program version started: seen, named, and left alone.
#[test]
fn a_containers_record_is_not_a_processs() {
    let toy = Toy::new();
    toy.provider().prepare(toy.pool(&[])).unwrap();
    let path = toy.world.pool_dir("demo").record_file();
    let record = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/container.record.json")).unwrap();
    durable::replace(&path, &record).unwrap();
    let by_record = Lifecycle::new(toy.world.settings.clone());
    let status = by_record.status(&demo()).unwrap();
    assert_eq!((status.state, status.lives()), (PoolState::Unreadable, false));
    assert!(status.why.as_ref().is_some_and(|why| why.contains("container `engine-provisioner-demo` of podman")));
    assert_eq!(code(by_record.stop(&demo(), LONG)), "spawner::record_unreadable");
    assert_eq!(code(by_record.wait_ready(&demo(), LONG)), "engine::gone");
    assert_eq!(fs::read(&path).unwrap(), record);
}
