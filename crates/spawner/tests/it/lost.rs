//! Engines that no record leads to: found by what their environment says, stopped, and never doubled.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;

use miette::Diagnostic;
use spawner::{Life, LockWait, PoolDir, SpawnError, Stopped, observe, stop, stop_pool};

use crate::support::{Earlier, LONG, Pool, fake, lives, outside, sh, tenders_of, until, with_token};

const SCRIPT: &str = "sleep 60 & exec sleep 60";

fn stop_by_name(root: &Path) -> Stopped {
    stop_pool(root, "pool", LONG, &LockWait::new(LONG)).unwrap()
}

/// B3: the run folder is removed under an engine that runs.
#[test]
fn a_stop_finds_the_engine_of_a_removed_run_folder() {
    let pool = Pool::new();
    let engine = pool.start(&sh(SCRIPT)).unwrap().record;
    until("its worker runs", || with_token(&engine.instance).len() == 2);
    fs::remove_dir_all(pool.root.path()).unwrap();
    let seen = observe(pool.root.path(), "pool").unwrap();
    assert_eq!((seen.life, seen.pids.len(), seen.record), (Life::Unrecorded, 2, None));
    assert!(!pool.root.path().exists(), "a look creates nothing");
    assert_eq!(observe(pool.root.path(), "other").unwrap().life, Life::Nothing);
    assert_eq!(stop_by_name(pool.root.path()), Stopped::Graceful);
    assert!(with_token(&engine.instance).is_empty());
    assert_eq!(stop_by_name(pool.root.path()), Stopped::NothingRecorded);
}

/// B3: the pool's folder is moved away; a start does not give a second engine.
#[test]
fn an_engine_of_a_moved_folder_is_not_doubled() {
    let pool = Pool::new();
    let engine = pool.start(&sh(SCRIPT)).unwrap().record;
    fs::rename(pool.dir.path(), pool.root.path().join("pool-old")).unwrap();
    let again = PoolDir::open(pool.root.path(), "pool").unwrap();
    let guard = again.lock("test", LONG).unwrap();
    let error = spawner::start(&guard, &sh(SCRIPT)).unwrap_err();
    assert!(error.to_string().contains(&engine.pid.to_string()), "{error}");
    assert_eq!(error.code().unwrap().to_string(), "spawner::record_unreadable");
    assert!(lives(engine.pid));
    assert_eq!(stop(&guard, LONG).unwrap(), Stopped::Graceful);
    assert!(with_token(&engine.instance).is_empty());
    spawner::start(&guard, &sh(SCRIPT)).unwrap();
}

/// B15: a record that is deleted or torn; the port on which the engine listens counts as the pool's own.
#[test]
fn an_engine_without_a_record_keeps_its_port_for_the_pool() {
    for torn in [false, true] {
        let pool = Pool::new();
        let engine = pool.start(&fake("listen 127.0.0.1:0 say up")).unwrap().record;
        until("it listens", || pool.log().ends_with("up\n"));
        let port = pool.log().lines().find_map(|line| line.strip_prefix("listening on ")?.parse().ok());
        let record = fs::read(pool.dir.record_file()).unwrap();
        if torn {
            durable::replace(&pool.dir.record_file(), &record[..record.len() / 2]).unwrap();
        } else {
            fs::remove_file(pool.dir.record_file()).unwrap();
        }
        let seen = observe(pool.root.path(), "pool").unwrap();
        assert_eq!((seen.life, seen.pids.as_slice()), (Life::Unrecorded, [engine.pid].as_slice()));
        assert_eq!(seen.own_port().unwrap(), port);
        assert!(matches!(spawner::settle(&pool.lock()), Err(SpawnError::RecordUnreadable { .. })));
        assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
        pool.assert_clean();
    }
}

/// A worker that threw its environment away is known by the session of an engine that was found.
#[test]
fn the_session_of_a_lost_engine_is_ended_with_it() {
    let pool = Pool::new();
    pool.start(&sh("env -i /bin/sleep 60 & echo $! > go.pid; exec sleep 60")).unwrap();
    let worker = crate::support::number_in(&pool.dir.path().join("go.pid"));
    until("its environment is empty", || crate::support::environ(worker).is_empty());
    fs::remove_file(pool.dir.record_file()).unwrap();
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
    assert!(!lives(worker));
}

/// The tender of a lost engine ends with it.
#[test]
fn the_tender_of_a_lost_engine_ends() {
    let pool = Pool::new();
    let mut tool = outside(crate::support::example("pool"));
    assert!(tool.arg(pool.root.path()).args(["pool", "ensure", "/bin/sleep", "60"]).status().unwrap().success());
    let instance = pool.record().instance;
    assert_eq!(tenders_of(&instance).len(), 1);
    fs::remove_dir_all(pool.dir.path()).unwrap();
    assert_eq!(stop_by_name(pool.root.path()), Stopped::Graceful);
    until("its tender ended", || tenders_of(&instance).is_empty());
}

/// The same name below another run root, and another name below the same one, are other pools.
#[test]
fn engines_of_other_pools_are_left_alone() {
    let (pool, other) = (Pool::new(), Pool::new());
    let engine = other.start(&sh("exec sleep 60")).unwrap().record;
    let beside = PoolDir::open(other.root.path(), "pool2").unwrap();
    let second = spawner::start(&beside.lock("test", LONG).unwrap(), &sh("exec sleep 60")).unwrap().record;
    for root in [pool.root.path(), other.root.path()] {
        assert_eq!(observe(root, "pool3").unwrap().life, Life::Nothing);
    }
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::NothingRecorded);
    fs::remove_file(other.dir.record_file()).unwrap();
    assert_eq!(stop(&other.lock(), LONG).unwrap(), Stopped::Graceful);
    assert!(!lives(engine.pid) && lives(second.pid));
    assert_eq!(stop(&beside.lock("test", LONG).unwrap(), LONG).unwrap(), Stopped::Graceful);
}

/// The same path in another mount namespace is another folder, and its engine another pool's.
#[test]
fn the_same_path_in_another_mount_namespace_is_another_pool() {
    let pool = Pool::new();
    let mut apart = outside("unshare");
    apart.args(["-m"]);
    if !rustix::process::geteuid().is_root() {
        apart.args(["-U", "-r"]);
    }
    // A file system of its own over the run root, as a service with a private `/tmp` has.
    let script = "mount -t tmpfs none \"$1\" && chmod 700 \"$1\" && exec \"$2\" \"$1\" pool ensure /bin/sleep 60";
    apart.args(["/bin/sh", "-c", script, "sh"]).arg(pool.root.path()).arg(crate::support::example("pool"));
    let output = apart.output().unwrap();
    assert!(output.status.success(), "no mount namespace can be made here: {output:?}");
    let pid: i32 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    assert!(lives(pid));
    assert_eq!(observe(pool.root.path(), "pool").unwrap().life, Life::Nothing);
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::NothingRecorded);
    assert!(lives(pid), "the engine of another folder was hit");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap();
}

/// Engines of an earlier version: adopted and stopped by their record, which this version can also write for that one.
#[test]
fn an_engine_of_an_earlier_version_is_adopted_and_stopped() {
    let pool = Pool::new();
    let engine = Earlier::start(&pool);
    assert_eq!(observe(pool.root.path(), "pool").unwrap().life, Life::Running);
    let error = pool.start(&sh(SCRIPT)).unwrap_err();
    assert!(matches!(error, SpawnError::AlreadyRunning { pid, .. } if pid == engine.record.pid), "{error}");
    assert_eq!(stop(&pool.lock(), LONG).unwrap(), Stopped::Graceful);
    assert!(!lives(engine.record.pid));
}

/// What this version writes keeps every name of the version before and adds the kind. That one refuses it by its schema,
/// before it looks at a field, and touches nothing.
#[test]
fn a_record_keeps_the_names_of_the_version_before() {
    let pool = Pool::new();
    pool.start(&sh("exec sleep 60")).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&fs::read(pool.dir.record_file()).unwrap()).unwrap();
    let mut names: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = [
        "schema",
        "kind",
        "pool",
        "instance",
        "state",
        "pid",
        "start_ticks",
        "pidfd_inode",
        "boot_id",
        "pid_ns",
        "uid",
        "exe",
        "argv",
        "host",
        "port",
        "fingerprint",
        "started_unix_s",
    ];
    expected.sort_unstable();
    names.sort_unstable();
    assert_eq!(names, expected);
    assert_eq!((&value["schema"], &value["kind"]), (&2.into(), &"process".into()));
}

/// A process of this user that cannot be looked into is reported, and is no reason to fail.
#[test]
fn a_process_that_cannot_be_read_is_reported() {
    if !rustix::process::geteuid().is_root() {
        return; // Root makes a process of another user, as whom it cannot read every process any more.
    }
    let nobody = rustix::process::Uid::from_raw(65534);
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    // The folder of the examples may be closed to others.
    let program = place.path().join("engine");
    fs::copy(crate::support::example("fake_engine"), &program).unwrap();
    let mut agent = outside(&program);
    let agent = agent.args(["session", "undumpable", "say", "up"]).stdout(Stdio::piped()).uid(65534).gid(65534);
    let mut agent = agent.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(agent.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let seen = std::thread::scope(|scope| {
        let as_nobody = || {
            // The user of this thread alone.
            rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
            observe(Path::new("/nonexistent/run"), "pool").unwrap()
        };
        scope.spawn(as_nobody).join().unwrap()
    });
    agent.kill().unwrap();
    agent.wait().unwrap();
    assert_eq!(seen.life, Life::Nothing);
    assert!(seen.unreadable.contains(&i32::try_from(agent.id()).unwrap()), "{seen:?}");
}
