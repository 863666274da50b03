//! Several at once.

use std::thread;

use provisioner_core::Started;
use serde_json::json;

use crate::support::{World, alive};

/// F17: who comes second finds the engine of who came first.
#[test]
fn two_ensures_of_one_pool_make_one_engine() {
    let world = World::new();
    let pool = world.pool(&json!({}));
    let both = thread::scope(|scope| {
        [scope.spawn(|| world.ensure(&pool)), scope.spawn(|| world.ensure(&pool))].map(|run| run.join().unwrap())
    });
    let mut started = both.each_ref().map(|ensured| ensured.started);
    started.sort_by_key(|started| *started == Started::Already);
    assert_eq!(started, [Started::Now, Started::Already]);
    assert_eq!(both[0].pid().unwrap(), both[1].pid().unwrap());
    assert_eq!(both[0].prepared, both[1].prepared);
}

/// F18: one build for both, and a port for each.
#[test]
fn two_pools_share_a_build_and_no_port() {
    let world = World::new();
    let pools = ["one", "two"].map(|id| world.named(id, &json!({})));
    let both = thread::scope(|scope| {
        let [one, two] = &pools;
        [scope.spawn(|| world.ensure(one)), scope.spawn(|| world.ensure(two))].map(|run| run.join().unwrap())
    });
    assert!(both.iter().all(|ensured| alive(ensured.pid().unwrap())));
    assert_ne!(both[0].prepared.port, both[1].prepared.port);
    assert_eq!(both[0].prepared.build_key, both[1].prepared.build_key);
    let configured = world.calls().iter().filter(|call| call.starts_with("cmake -S ")).count();
    assert_eq!(configured, 1);
}
