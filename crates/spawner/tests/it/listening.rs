//! Ports: whoever answers must be the engine.

use std::net::TcpListener;

use crate::support::{LONG, Pool, fake, until};
use spawner::{Listener, PortLock, StartRequest, Stopped, holders, listener, stop, vitals, vitals_of_all};

/// A port that nobody listens on. Somebody else may take it at any time; nothing here depends on that not happening.
fn free_port(address: &str) -> u16 {
    TcpListener::bind((address, 0)).unwrap().local_addr().unwrap().port()
}

fn on(host: &str, port: u16, words: &str) -> StartRequest {
    StartRequest { host: host.to_owned(), port, ..fake(words) }
}

/// F47, F48: an engine that binds late is starting until it does, and is known by its own socket then.
#[test]
fn the_engines_own_socket_is_told() {
    for (host, bind) in [("127.0.0.1", "127.0.0.1"), ("127.0.0.1", "0.0.0.0"), ("::1", "[::1]"), ("localhost", "[::]")]
    {
        let port = free_port("127.0.0.1");
        let pool = Pool::new();
        let record = pool.start(&on(host, port, &format!("until go listen {bind}:{port}"))).unwrap().record;
        assert_eq!(listener(&record).unwrap(), Listener::Nobody, "{host}");
        assert_eq!(vitals(&record).unwrap().unwrap().listener, Listener::Nobody);
        pool.touch("go");
        until(&format!("{host}: it listens"), || listener(&record).unwrap() == Listener::Ours);
        assert_eq!(vitals(&record).unwrap().unwrap().listener, Listener::Ours);
        let all = vitals_of_all(std::slice::from_ref(&record)).unwrap();
        assert_eq!(all[0].as_ref().unwrap().listener, Listener::Ours);
        assert_eq!(holders(port).unwrap()[0].process, Some((record.pid, "fake_engine".to_owned())));
        assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
        assert_eq!(listener(&record).unwrap(), Listener::Nobody);
    }
}

/// F48, F49: somebody took the port between its choice and the engine's bind; its answer is not the engine's.
#[test]
fn a_foreign_socket_is_told_by_its_holder() {
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = held.local_addr().unwrap().port();
    let pool = Pool::new();
    let record = pool.start(&on("127.0.0.1", port, "say up")).unwrap().record;
    let Listener::Foreign(holder) = listener(&record).unwrap() else { panic!("not told") };
    let all = vitals_of_all(std::slice::from_ref(&record)).unwrap();
    assert_eq!(all[0].as_ref().unwrap().listener, Listener::Foreign(holder.clone()));
    assert_eq!(holder.address, held.local_addr().unwrap());
    assert_eq!(holder.process.unwrap().0, i32::try_from(std::process::id()).unwrap());
    drop(held);
    assert_eq!(listener(&record).unwrap(), Listener::Nobody);
}

/// A worker's socket is the engine's too (vLLM and podman serve from a process that the leader started).
#[test]
fn a_workers_socket_is_ours() {
    let pool = Pool::new();
    let port = free_port("127.0.0.1");
    let program = crate::support::example("fake_engine").to_str().unwrap().to_owned();
    let script = format!("{program} listen 127.0.0.1:{port} & exec sleep 60");
    let record =
        pool.start(&StartRequest { host: "127.0.0.1".into(), port, ..crate::support::sh(&script) }).unwrap().record;
    until("it listens", || listener(&record).unwrap() == Listener::Ours);
}

#[test]
fn an_engine_without_a_port_has_no_listener() {
    let pool = Pool::new();
    let record = pool.start(&fake("say up")).unwrap().record;
    assert_eq!(listener(&record).unwrap(), Listener::NoPort);
}

/// F49: of many pools that look for a port at once, no two get the same one.
#[test]
fn pools_that_race_get_different_ports() {
    let root = tempfile::tempdir().unwrap();
    let ports: Vec<u16> = (50_000..50_016).collect();
    let choose = || ports.iter().find_map(|port| PortLock::try_acquire(root.path(), *port, "test").unwrap()).unwrap();
    let locks: Vec<PortLock> = std::thread::scope(|scope| {
        let choosers: Vec<_> = (0..8).map(|_| scope.spawn(choose)).collect();
        choosers.into_iter().map(|chooser| chooser.join().unwrap()).collect()
    });
    let mut given: Vec<u16> = locks.iter().map(PortLock::port).collect();
    given.sort_unstable();
    given.dedup();
    assert_eq!(given.len(), 8);
}
