//! Many at once: pools on one host, callers of one pool.

use std::time::{Duration, Instant};

use crate::support::{LONG, Pool, engines_in, example, outside, sh};
use spawner::{PoolDir, SpawnError, Status, Stopped, start, status, stop};

/// F18, F24: 64 pools are started, looked at and stopped at the same time, and none is disturbed by another.
#[test]
fn sixty_four_pools_at_once() {
    let root = tempfile::tempdir().unwrap();
    let dirs: Vec<PoolDir> = (0..64).map(|n| PoolDir::open(root.path(), &format!("pool-{n}")).unwrap()).collect();
    let all = |work: &(dyn Fn(&PoolDir) + Sync)| {
        std::thread::scope(|scope| dirs.iter().for_each(|dir| drop(scope.spawn(move || work(dir)))));
    };
    let began = Instant::now();
    all(&|dir| {
        let engine = start(&dir.lock("test", LONG).unwrap(), &sh("exec sleep 60")).unwrap();
        assert!(matches!(status(dir).unwrap(), Status::Running { record, .. } if record == engine.record));
    });
    let started = began.elapsed();
    let mut pids: Vec<i32> = dirs.iter().flat_map(engines_in).collect();
    pids.sort_unstable();
    pids.dedup();
    assert_eq!(pids.len(), 64);
    all(&|dir| assert_eq!(stop(&dir.lock("test", LONG).unwrap(), LONG).unwrap(), Stopped::Graceful));
    assert!(dirs.iter().all(|dir| engines_in(dir).is_empty()));
    println!("started in {started:?}, stopped after {:?}", began.elapsed());
}

/// F17: of 16 programs that want the same pool's engine, all get the one.
#[test]
fn sixteen_programs_get_one_engine() {
    let pool = Pool::new();
    let tool = example("pool");
    let ensure = || {
        let mut tool = outside(&tool);
        tool.arg(pool.root.path()).args(["pool", "ensure", "/bin/sleep", "60"]);
        let output = tool.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().parse::<i32>().unwrap()
    };
    let mut told: Vec<i32> = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..16).map(|_| scope.spawn(ensure)).collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    told.dedup();
    assert_eq!(told, engines_in(&pool.dir));
    assert_eq!(told, [pool.record().pid]);
}

/// F24: starts and stops in any order leave the last one's result, and at most one engine at every moment.
#[test]
fn starts_and_stops_in_any_order() {
    let pool = Pool::new();
    let until = Instant::now() + Duration::from_secs(1);
    std::thread::scope(|scope| {
        for n in 0..4 {
            let (pool, request) = (&pool, sh("exec sleep 60"));
            scope.spawn(move || {
                while Instant::now() < until {
                    if n % 2 == 0 {
                        let done = pool.start(&request);
                        assert!(matches!(done, Ok(_) | Err(SpawnError::AlreadyRunning { .. })), "{done:?}");
                    } else {
                        stop(&pool.lock(), LONG).unwrap();
                    }
                }
            });
        }
        scope.spawn(|| {
            while Instant::now() < until {
                let running = engines_in(&pool.dir);
                assert!(running.len() <= 1, "{running:?}");
                status(&pool.dir).unwrap();
            }
        });
    });
    stop(&pool.lock(), LONG).unwrap();
    assert_eq!(engines_in(&pool.dir), Vec::<i32>::new());
    pool.assert_clean();
}
