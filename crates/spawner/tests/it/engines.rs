//! The fake engine: every way to end, to multiply and to make noise.

use std::time::{Duration, Instant};

use crate::support::{LONG, Pool, engines_in, fake, lives, until};
use spawner::{
    Exit, Lifetime, SpawnError, StartRequest, Status, Stopped, leader, pids, status, stop, vitals, wait_exit, watch,
};

const GRACE: Duration = Duration::from_millis(100);

/// F46: each signal is told by its number, and none is mistaken for a graceful end.
#[test]
fn each_deadly_signal_is_told() {
    let signals = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL"];
    let more = ["SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGXCPU", "SIGXFSZ", "SIGSYS"];
    for signal in signals.into_iter().chain(more) {
        let pool = Pool::new();
        let request = StartRequest { early_exit: LONG, ..fake(&format!("say loading die {signal}")) };
        let error = pool.start(&request).unwrap_err();
        let number = signal.parse::<nix::sys::signal::Signal>().unwrap() as i32;
        assert!(matches!(error, SpawnError::ExitedEarly { exit: Exit::Signal(n), .. } if n == number), "{error}");
        assert!(error.to_string().ends_with("loading"), "{error}");
        pool.assert_clean();
    }
}

/// F46: the same after the start was given back: the starter learns it, and others that it has ended.
#[test]
fn a_later_end_is_told() {
    for (words, exit) in [("exit 0", Exit::Code(0)), ("exit 3", Exit::Code(3)), ("die SIGSEGV", Exit::Signal(11))] {
        let pool = Pool::new();
        let engine = pool.start(&fake(&format!("until go {words}"))).unwrap();
        let watch = watch(&engine.record).unwrap().unwrap();
        assert_eq!(watch.wait(Duration::ZERO).unwrap(), None);
        pool.touch("go");
        assert_eq!(engine.wait_exit(LONG), Some(exit));
        let told = watch.wait(LONG).unwrap();
        let kernel = procfs::KernelVersion::current().unwrap();
        assert!(told == Some(exit) || told == Some(Exit::Unknown) && kernel < procfs::KernelVersion::new(6, 15, 0));
        assert!(matches!(status(&pool.dir).unwrap(), Status::Exited { .. }));
        assert!(wait_exit(&engine.record, LONG).unwrap().is_some());
        assert!(spawner::watch(&engine.record).unwrap().is_none());
    }
}

/// The watch's descriptor is one that event loops can wait for.
#[test]
fn one_thread_waits_for_many_engines() {
    use rustix::event::{PollFd, PollFlags, poll};
    let pools: Vec<Pool> = (0..4).map(|_| Pool::new()).collect();
    let start = |pool: &Pool| watch(&pool.start(&fake("until go exit 0")).unwrap().record).unwrap().unwrap();
    let watches: Vec<_> = pools.iter().map(start).collect();
    let mut fds: Vec<_> = watches.iter().map(|watch| PollFd::new(watch, PollFlags::IN)).collect();
    assert_eq!(poll(&mut fds, Some(&rustix::event::Timespec::default())).unwrap(), 0);
    pools[2].touch("go");
    assert_eq!(poll(&mut fds, None).unwrap(), 1);
    assert_eq!(fds.iter().position(|fd| !fd.revents().is_empty()), Some(2));
}

/// F43, F44, F45: workers and strays that ignore SIGTERM are all ended, within the grace and little more.
#[test]
fn a_stubborn_family_is_ended() {
    let pool = Pool::new();
    let engine = pool.start(&fake("ignore SIGTERM worker worker stray say up")).unwrap();
    until("all are up", || pool.log().lines().filter(|line| line.ends_with("up")).count() == 4);
    let seen = vitals(&engine.record).unwrap().unwrap();
    assert_eq!(pids(&engine.record).unwrap().as_ref(), Some(&seen.pids));
    assert_eq!(leader(&engine.record).unwrap(), seen.pids.first().copied());
    assert_eq!((seen.pids.len(), seen.pids[0]), (4, engine.record.pid));
    assert!(seen.rss_bytes > 4 * 4096, "{seen:?}");
    let began = Instant::now();
    assert_eq!(stop(&pool.lock(), GRACE).unwrap(), Stopped::Forced);
    assert!(began.elapsed() < GRACE + LONG / 2, "{:?}", began.elapsed());
    assert_eq!(engines_in(&pool.dir), Vec::<i32>::new());
    assert!(seen.pids.iter().all(|pid| !lives(*pid)));
    assert_eq!(vitals(&engine.record).unwrap(), None);
    assert_eq!((pids(&engine.record).unwrap(), leader(&engine.record).unwrap()), (None, None));
    pool.assert_clean();
}

/// F43: the same where the engine itself dies at once and leaves them.
#[test]
fn a_family_without_its_head_is_ended() {
    let pool = Pool::new();
    let request = StartRequest { early_exit: LONG, ..fake("worker stray wait 50 exit 0") };
    let error = pool.start(&request).unwrap_err();
    assert!(matches!(error, SpawnError::ExitedEarly { left_behind: true, exit: Exit::Code(0), .. }), "{error}");
    assert_eq!(engines_in(&pool.dir), Vec::<i32>::new());
    pool.assert_clean();
}

/// Signals that the caller ignores, or has given to somebody else, are the engine's own again.
#[test]
fn no_signal_is_ignored_by_inheritance() {
    let pool = Pool::new();
    let ignored = [nix::sys::signal::Signal::SIGHUP, nix::sys::signal::Signal::SIGUSR1];
    // As a daemon does that takes its signals by `sigwait`.
    let blocked: nix::sys::signal::SigSet = [nix::sys::signal::Signal::SIGTERM].into_iter().collect();
    blocked.thread_block().unwrap();
    for signal in ignored {
        #[expect(unsafe_code, reason = "nix calls handlers unsafe")]
        // SAFETY: no function of ours is installed.
        unsafe { nix::sys::signal::signal(signal, nix::sys::signal::SigHandler::SigIgn) }.unwrap();
    }
    let pid = pool.start(&fake("say up")).unwrap().record.pid;
    until("it runs", || pool.log() == "up\n");
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let of = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim();
    let signals = |name: &str| u64::from_str_radix(of(name), 16).unwrap();
    // Rust programs ignore SIGPIPE by themselves.
    assert_eq!((signals("SigIgn:") & !(1 << 12), signals("SigBlk:")), (0, 0), "{text}");
    assert_eq!(of("Umask:"), "0077");
}

/// An engine that is tied to its starter's life still stops like any other.
#[test]
fn a_tied_engine_is_stopped_like_any_other() {
    let pool = Pool::new();
    let engine = pool.start(&StartRequest { lifetime: Lifetime::Tied, ..fake("say up") }).unwrap();
    // Not tied to the thread that asked for it.
    let other = Pool::new();
    let request = StartRequest { lifetime: Lifetime::Tied, ..fake("say up") };
    let second = std::thread::scope(|scope| scope.spawn(|| other.start(&request).unwrap()).join().unwrap());
    std::thread::sleep(Duration::from_millis(50));
    assert!(lives(engine.record.pid) && lives(second.record.pid));
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
    assert_eq!(engine.wait_exit(LONG), Some(Exit::Signal(15)));
}
