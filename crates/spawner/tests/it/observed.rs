//! What lives of a pool, as it is observed, and how what was interrupted is finished.

use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, poll};
use spawner::{
    Exit, Life, Observation, Record, Settled, StartRequest, State, Stopped, is_free, observe, running, settle, stop,
    watch,
};

use crate::support::{LONG, Pool, example, fake, lives, outside, sh, start_ticks_of, until, with_token};

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn seen(pool: &Pool) -> Observation {
    observe(pool.root.path(), "pool").unwrap()
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    std::net::TcpListener::bind((LOCAL, 0)).unwrap().local_addr().unwrap().port()
}

/// An engine that listens on `port` and does what `words` say besides.
fn listening(port: u16, words: &str) -> StartRequest {
    StartRequest { port, ..fake(&format!("{words} listen 127.0.0.1:{port} say up")) }
}

#[track_caller]
fn assert_settled(pool: &Pool, expected: &[i32], port: u16) {
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(seen(pool).own_port().unwrap(), Some(port), "it counts as the pool's own");
    let Settled::Free(mut ended) = settle(&pool.lock()).unwrap() else { panic!("nothing of it is to stay") };
    ended.sort_unstable();
    assert_eq!(ended, expected);
    assert!(expected.iter().all(|pid| !lives(*pid)));
    assert!(is_free(LOCAL, port).unwrap(), "the port is free again");
    assert_eq!(seen(pool).life, Life::Nothing);
}

/// B1: a stop that was killed while its engine ignored the request; the engine comes back on its own port.
#[test]
fn an_interrupted_stop_is_finished_before_a_port_is_chosen() {
    let (pool, port) = (Pool::new(), free_port());
    let engine = pool.start(&listening(port, "ignore SIGTERM")).unwrap().record;
    until("it listens", || pool.log().ends_with("up\n"));
    assert_eq!((seen(&pool).life, seen(&pool).pids), (Life::Running, vec![engine.pid]));
    pool.write_record(&Record { state: State::Stopping, ..engine.clone() });
    assert_eq!(seen(&pool).life, Life::Stopping);
    assert_settled(&pool, &[engine.pid], port);
    pool.assert_clean();
    let again = pool.start(&listening(port, "")).unwrap().record;
    until("it listens", || pool.log().ends_with("up\n"));
    assert_eq!((seen(&pool).life, again.port), (Life::Running, port));
}

/// B1: the leader was killed, and a process that it started holds the port.
#[test]
fn what_a_dead_leader_left_is_the_pools_own() {
    let (pool, port) = (Pool::new(), free_port());
    let request = StartRequest { port, ..fake(&format!("child listen,127.0.0.1:{port},say,up")) };
    let engine = pool.start(&request).unwrap();
    until("its child listens", || pool.log().ends_with("up\n"));
    let pids = with_token(&engine.record.instance);
    let child: Vec<i32> = pids.into_iter().filter(|pid| *pid != engine.record.pid).collect();
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(engine.record.pid), nix::sys::signal::Signal::SIGKILL).unwrap();
    engine.wait_exit(LONG).unwrap();
    let seen = seen(&pool);
    assert_eq!((seen.life, &seen.pids), (Life::LeaderGone, &child));
    assert_settled(&pool, &child, port);
}

/// B1: the record says nothing about the process any more (boot, kernel's number, start time), and the token lives.
#[test]
fn a_stale_record_with_a_living_token_is_the_pools_own() {
    let changes: [fn(&mut Record); 3] = [
        |record| record.boot_id = "before".into(),
        |record| record.pidfd_inode += 1,
        |record| (record.start_ticks, record.pidfd_inode) = (record.start_ticks + 1, record.pidfd_inode + 1),
    ];
    for change in changes {
        let (pool, port) = (Pool::new(), free_port());
        let mut record = pool.start(&listening(port, "")).unwrap().record;
        until("it listens", || pool.log().ends_with("up\n"));
        assert_eq!(record.start_ticks, start_ticks_of(record.pid));
        change(&mut record);
        pool.write_record(&record);
        assert_eq!(seen(&pool).life, Life::StaleAlive);
        assert_settled(&pool, &[record.pid], port);
    }
}

/// B11: a start that was killed between record and PID file is finished, and its engine left alone.
#[test]
fn an_interrupted_start_gets_its_pid_file() {
    let pool = Pool::new();
    let engine = pool.start(&sh("exec sleep 60")).unwrap().record;
    std::fs::remove_file(pool.dir.pid_file()).unwrap();
    assert_eq!(seen(&pool).life, Life::Starting);
    assert!(!pool.dir.pid_file().exists(), "a look changes nothing");
    assert_eq!(settle(&pool.lock()).unwrap(), Settled::Running(engine.clone()));
    assert_eq!(std::fs::read_to_string(pool.dir.pid_file()).unwrap(), format!("{}\n", engine.pid));
    assert_eq!((seen(&pool).life, lives(engine.pid)), (Life::Running, true));
}

/// The record of an engine that exited by itself is kept; that of a stop which was killed at its very end is not.
#[test]
fn what_is_settled_is_free() {
    let pool = Pool::new();
    assert_eq!(settle(&pool.lock()).unwrap(), Settled::Free(Vec::new()));
    let engine = pool.start(&fake("until go exit 3")).unwrap();
    pool.touch("go");
    engine.wait_exit(LONG).unwrap();
    let record = Record { port: 4711, ..engine.record };
    pool.write_record(&record);
    assert_eq!((seen(&pool).life, seen(&pool).own_port().unwrap()), (Life::Nothing, None));
    assert_eq!(settle(&pool.lock()).unwrap(), Settled::Free(Vec::new()));
    assert_eq!(pool.record(), record);
    pool.write_record(&Record { state: State::Stopping, ..record });
    assert_eq!(seen(&pool).own_port().unwrap(), Some(4711));
    assert_eq!(settle(&pool.lock()).unwrap(), Settled::Free(Vec::new()));
    pool.assert_clean();
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::NothingRecorded);
}

/// An engine is watched by a descriptor; how it exits is known to the process that started it, also where the part of
/// it that watches is another than the one that started.
#[test]
fn a_running_engine_is_watched() {
    let pool = Pool::new();
    assert!(running(&pool.dir).unwrap().is_none());
    let record = pool.start(&fake("until go exit 7")).unwrap().record;
    let watches = [running(&pool.dir).unwrap().unwrap(), watch(&record).unwrap().unwrap()];
    for watch in &watches {
        assert!(watch.is_starter() && watch.record() == &record && watch.uptime() < LONG);
        assert_eq!(watch.wait(Duration::ZERO).unwrap(), None);
    }
    pool.touch("go");
    for watch in &watches {
        assert_eq!(watch.wait(LONG).unwrap(), Some(Exit::Code(7)));
        // Also once it is collected and its zombie is gone.
        until("it is collected", || crate::support::state_of(record.pid).is_none());
        assert_eq!(watch.wait(Duration::ZERO).unwrap(), Some(Exit::Code(7)));
    }
    assert!(running(&pool.dir).unwrap().is_none());
}

/// Who did not start an engine is told of its end too, and of its exit where the kernel keeps that.
#[test]
fn an_adopted_engine_is_watched() {
    let pool = Pool::new();
    let mut tool = outside(example("pool"));
    assert!(tool.arg(pool.root.path()).args(["pool", "ensure", "/bin/sleep", "60"]).status().unwrap().success());
    let watch = running(&pool.dir).unwrap().unwrap();
    assert!(!watch.is_starter());
    let again = watch.as_fd().try_clone_to_owned().unwrap();
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
    let exit = watch.wait(LONG).unwrap().unwrap();
    assert!(matches!(exit, Exit::Signal(15) | Exit::Unknown), "{exit:?}");
    for fd in [again, OwnedFd::from(watch)] {
        let mut fds = [PollFd::new(&fd, PollFlags::IN)];
        assert_eq!(poll(&mut fds, Some(&rustix::event::Timespec::default())).unwrap(), 1);
    }
}

/// A look without a record to go by examines every process: a few microseconds each.
#[test]
fn a_look_at_every_process_is_cheap() {
    let pool = Pool::new();
    let processes = std::fs::read_dir("/proc").unwrap().count();
    // The best of many: others use this machine too.
    let best = (0..20)
        .map(|_| {
            let began = Instant::now();
            assert_eq!(seen(&pool).life, Life::Nothing);
            began.elapsed()
        })
        .min()
        .unwrap();
    let limit = Duration::from_micros(200) * u32::try_from(processes).unwrap();
    assert!(best < limit, "{best:?} for {processes} processes");
    println!("{best:?} for {processes} processes");
}
