//! What the engine gets from us, and what it does not.

use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, symlink};

use crate::support::{LONG, Pool, environ, sh};
use spawner::{SpawnError, log_tail, status};

/// EP-51, F57: the whole environment is what was asked for, the token and the pool.
#[test]
fn the_environment_is_exactly_what_was_asked() {
    let pool = Pool::new();
    let mut request = spawner::StartRequest::new("/bin/sleep", ["60"]);
    request.env.insert("LANG".into(), "C.UTF-8".into());
    request.env.insert("HF_TOKEN".into(), "gives way".into());
    request.secret_env.insert("HF_TOKEN".into(), "hf_sentinel42".into());
    let engine = pool.start(&request).unwrap();
    let token = format!("ENGINE_PROVISIONER_INSTANCE={}", engine.record.instance);
    let run = format!("ENGINE_PROVISIONER_RUN={}", fs::canonicalize(pool.root.path()).unwrap().display());
    let expected = [&token, "ENGINE_PROVISIONER_POOL=pool", &run, "HF_TOKEN=hf_sentinel42", "LANG=C.UTF-8"];
    assert_eq!(environ(engine.record.pid), expected);
}

/// EP-51, F57: a secret is in the engine's environment and nowhere else.
#[test]
fn a_secret_is_written_nowhere() {
    let pool = Pool::new();
    let mut request = sh("exec sleep 60");
    request.secret_env.insert("HF_TOKEN".into(), "hf_sentinel42".into());
    let engine = pool.start(&request).unwrap();
    assert!(environ(engine.record.pid).contains(&"HF_TOKEN=hf_sentinel42".to_owned()));
    let mut places: Vec<_> = fs::read_dir(pool.dir.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(places.contains(&pool.dir.record_file()));
    places.push(format!("/proc/{}/cmdline", engine.record.pid).into());
    for place in places {
        let bytes = fs::read(&place).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("sentinel"), "{}", place.display());
    }
    assert!(!format!("{engine:?} {request:?} {:?}", status(&pool.dir).unwrap()).contains("sentinel"));
}

/// P10: standard input is empty, both outputs are the log, and nothing else is open, not even what we left open.
#[test]
fn the_engine_gets_no_open_file_of_ours() {
    let pool = Pool::new();
    let leaked = fs::File::open("/dev/zero").unwrap();
    rustix::stdio::dup2_stdin(&leaked).unwrap();
    rustix::io::fcntl_setfd(&leaked, rustix::io::FdFlags::empty()).unwrap();
    let engine = pool.start(&spawner::StartRequest::new("/bin/sleep", ["60"])).unwrap();
    let fds = format!("/proc/{}/fd", engine.record.pid);
    let mut open: Vec<_> = fs::read_dir(&fds).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    open.sort();
    assert_eq!(open, ["0", "1", "2"], "and not {}", leaked.as_raw_fd());
    let target = |fd: &str| fs::read_link(format!("{fds}/{fd}")).unwrap();
    assert_eq!(target("0"), std::path::Path::new("/dev/null"));
    let log = fs::canonicalize(pool.dir.log_file()).unwrap();
    assert_eq!((target("1"), target("2")), (log.clone(), log));
}

/// A session of its own, so that a Ctrl-C or hang-up of ours is not the engine's; and the pool's folder to run in.
#[test]
fn the_engine_leads_its_own_session_in_the_pools_folder() {
    let pool = Pool::new();
    let pid = pool.start(&sh("exec sleep 60")).unwrap().record.pid;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    assert_eq!((fields[2], fields[3]), (pid.to_string().as_str(), pid.to_string().as_str()));
    let cwd = fs::read_link(format!("/proc/{pid}/cwd")).unwrap();
    assert_eq!(cwd, fs::canonicalize(pool.dir.path()).unwrap());
}

/// F61: a core dump would hold the secrets.
#[test]
fn core_dumps_are_off() {
    let pool = Pool::new();
    let pid = pool.start(&sh("exec sleep 60")).unwrap().record.pid;
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"]);
}

/// F36: what is not a log of ours is neither written nor moved, and nothing blocks on it.
#[test]
fn a_foreign_file_in_the_logs_place_is_refused() {
    let pool = Pool::new();
    let log = pool.dir.log_file();
    let canary = pool.root.path().join("canary");
    durable::replace(&canary, b"canary").unwrap();
    let before = fs::metadata(&canary).unwrap();
    let plants: [(&str, &dyn Fn()); 4] = [
        ("a symbolic link", &|| symlink(&canary, &log).unwrap()),
        ("a file with 2 names", &|| fs::hard_link(&canary, &log).unwrap()),
        ("not a plain file", &|| nix::unistd::mkfifo(&log, nix::sys::stat::Mode::S_IRWXU).unwrap()),
        ("not a plain file", &|| fs::create_dir(&log).unwrap()),
    ];
    for (what, plant) in plants {
        plant();
        let error = pool.start(&sh("echo overwritten; exec sleep 60")).unwrap_err();
        assert!(matches!(&error, SpawnError::UnsafeLog { why, .. } if why == what), "{error}");
        if what != "a file with 2 names" {
            assert!(log_tail(&pool.dir, 9).is_err(), "{what} is not read either");
        }
        if log.is_dir() {
            fs::remove_dir(&log).unwrap();
        } else {
            fs::remove_file(&log).unwrap();
        }
        pool.assert_clean();
    }
    assert_eq!(fs::read(&canary).unwrap(), b"canary");
    let after = fs::metadata(&canary).unwrap();
    assert_eq!((after.mode(), after.nlink(), after.ino()), (before.mode(), 1, before.ino()));
}

/// F36: the name the previous log is set aside under is replaced, not written through.
#[test]
fn a_link_in_the_place_of_the_previous_log_is_replaced() {
    let pool = Pool::new();
    let canary = pool.root.path().join("canary");
    durable::replace(&canary, b"canary").unwrap();
    durable::replace(&pool.dir.log_file(), b"previous").unwrap();
    symlink(&canary, pool.dir.path().join("engine.log.1")).unwrap();
    pool.start(&sh("exec sleep 60")).unwrap();
    assert_eq!(fs::read(pool.dir.path().join("engine.log.1")).unwrap(), b"previous");
    assert_eq!(fs::read(&canary).unwrap(), b"canary");
}

/// F15: a start that fails half-way leaves no process, no record and no zombie.
#[test]
fn a_start_that_cannot_be_recorded_leaves_nothing() {
    let pool = Pool::new();
    // A folder where the PID file belongs: the process runs by then, and its record is written.
    fs::create_dir(pool.dir.pid_file()).unwrap();
    let error = pool.start(&sh("sleep 60 & exec sleep 60")).unwrap_err();
    // The folder also stands in the way of cleaning up; both failures are told, and the record keeps owning the start.
    assert!(matches!(error, SpawnError::Cleanup { .. }), "{error}");
    assert!(crate::support::with_token(&pool.record().instance).is_empty());
    assert_eq!(crate::support::state_of(pool.record().pid), None, "no zombie");
    fs::remove_dir(pool.dir.pid_file()).unwrap();
    assert_eq!(spawner::stop(&pool.lock(), LONG).unwrap(), spawner::Stopped::AlreadyGone);
    pool.assert_clean();
}
