//! What another call does to an engine after this one judged it and before this one has the pool's lock.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use provisioner_core::seam::Runtime;
use provisioner_core::{EngineProvisioner, Happening, Started};

use super::Toy;
use crate::support::{World, alive};

const LONG: Duration = Duration::from_secs(30);

/// Whether it was noted that this call waits for another one.
fn waits(world: &World) -> bool {
    let events = world.events.lock().unwrap();
    events.iter().any(|event| matches!(&event.what, Happening::Note { text } if text.starts_with("waiting for")))
}

/// Only the engine that was judged is stopped, not the one that is there instead of it.
#[test]
fn the_engine_that_came_instead_is_not_stopped() {
    let toy = Toy::new();
    let (provider, pool) = (toy.provider(), toy.pool(&[]));
    let pid = provider.ensure_running(pool.clone()).unwrap().pid().unwrap();
    toy.runtime.replaced.store(true, Ordering::SeqCst);
    let again = provider.ensure_running(pool).unwrap();
    assert!(!toy.runtime.replaced.load(Ordering::SeqCst), "it was looked at");
    assert_eq!((again.started, again.pid(), again.started_unix_s), (Started::Already, Some(pid), 2));
    assert!(alive(pid));
}

/// An engine that was stopped while its lock was waited for does not count as one that runs.
#[test]
fn an_engine_that_was_stopped_meanwhile_is_started_again() {
    let toy = Toy::new();
    let (provider, pool) = (toy.provider(), toy.pool(&[]));
    let first = provider.ensure_running(pool.clone()).unwrap().pid().unwrap();
    let guard = toy.world.pool_dir("demo").lock("test", LONG).unwrap();
    let again = thread::scope(|scope| {
        let call = scope.spawn(|| provider.ensure_running(pool).unwrap());
        let begin = Instant::now();
        while !waits(&toy.world) && begin.elapsed() < LONG {
            thread::sleep(Duration::from_millis(20));
        }
        toy.runtime.stop(&guard, LONG).unwrap();
        drop(guard);
        call.join().unwrap()
    });
    assert!(!alive(first) && alive(again.pid().unwrap()));
    assert_eq!(again.started, Started::Now);
}
