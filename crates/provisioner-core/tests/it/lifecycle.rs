//! What a daemon asks of an engine that was prepared or runs: start exactly that, look, wait, stop, and know why it
//! exited.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use provisioner_core::cfg::{PoolConfig, PoolId};
use provisioner_core::{
    Cancel, Error, Event, ExitReport, Happening, Health, Lifecycle, PoolState, PreparedEngine, Settings, Started,
    StopOutcome, provider_with,
};
use serde_json::{Value, json};
use testkit::Repo;

use crate::support::{World, alive, code, tree};

const MINUTE: Duration = Duration::from_mins(1);

/// Makes the server of the repository fail in the ways of a real one: a model whose name has `broken` in it is one,
/// TINY_CRASH=memory asks for more memory than there is, and TINY_WAIT_MS is how long it does nothing at first.
pub(crate) fn faulty(repo: &Repo) {
    let path = "tools/server/main.cpp";
    let mut text = fs::read_to_string(repo.path.join(path)).unwrap();
    for (old, new) in [
        (
            "const std::string problem = llama_model_check(state.model_path);",
            "const std::string problem = strstr(state.model_path.c_str(), \"broken\") ? \"tensor data is not within the file \
             bounds, model is corrupted or incomplete\" : llama_model_check(state.model_path);",
        ),
        ("    die_if_asked();", "    usleep(env_int(\"TINY_WAIT_MS\", 0) * 1000);\n    die_if_asked();"),
        (
            "if (const char * crash = getenv(\"TINY_CRASH\")) {",
            "if (const char * crash = getenv(\"TINY_CRASH\")) {\n        volatile size_t most = (size_t) 1 << 60;\n        \
             if (strcmp(crash, \"memory\") == 0) printf(\"%p\\n\", (void *) new char[most]);",
        ),
    ] {
        assert!(text.contains(old), "{old}");
        text = text.replacen(old, new, 1);
    }
    repo.change(path, &text);
}

fn id(pool: &str) -> PoolId {
    pool.parse().unwrap()
}

fn lifecycle(world: &World) -> Lifecycle {
    Lifecycle::new(world.settings.clone())
}

#[track_caller]
fn prepare(world: &World, pool: &PoolConfig) -> PreparedEngine {
    world.provider(pool).prepare(pool.clone()).unwrap_or_else(|error| panic!("{error}"))
}

fn send(pid: i32, signal: Signal) {
    kill(Pid::from_raw(pid), signal).unwrap();
}

/// Preload as a daemon does it: PID file and log are there before health is asked, and nothing but the pool's name is
/// needed from then on.
#[test]
fn prepare_look_start_wait_and_everything_by_name() {
    let mut world = World::new();
    let pool = world.pool(&json!({ "env": { "TINY_LOAD_MS": "700" } }));
    let prepared = prepare(&world, &pool);
    // What was looked at is what is started, also by way of its JSON.
    let approved: PreparedEngine = serde_json::from_str(&serde_json::to_string(&prepared).unwrap()).unwrap();
    assert_eq!(approved, prepared);
    let provider = world.provider(&pool);
    let ensured = provider.start(&approved).unwrap();
    let (dir, pid) = (world.pool_dir("demo"), ensured.pid().unwrap());
    assert_eq!((ensured.started, &ensured.prepared), (Started::Now, &prepared));
    assert_eq!(fs::read_to_string(dir.pid_file()).unwrap().trim(), pid.to_string());
    assert!(dir.log_file().exists() && dir.record_file().exists() && dir.summary_file().exists());
    let status = provider.status(&pool.id).unwrap();
    assert!(
        status.lives() && status.state == PoolState::Starting && status.health != Some(Health::Ready),
        "{status:?}"
    );
    assert_eq!(status.engine.as_ref(), Some(&ensured), "what a scheduler is handed");

    let ready = provider.wait_ready(&pool.id, MINUTE).unwrap();
    assert!(ready.url == prepared.url && ready.seconds > 0.1, "{ready:?}");
    assert_eq!(provider.start(&approved).unwrap().started, Started::Already);
    assert_eq!(provider.status(&pool.id).unwrap().pid, Some(pid), "it was left alone");

    // Another process of the host, which has no configuration of the pool: the word is all it needs.
    let other = lifecycle(&world);
    let status = other.status(&id("demo")).unwrap();
    assert_eq!((status.state, status.health, status.pid), (PoolState::Running, Some(Health::Ready), Some(pid)));
    assert!(status.rss_bytes > Some(0) && status.port == Some(prepared.port), "{status:?}");
    assert_eq!(serde_json::from_value::<provisioner_core::PoolStatus>(json!(status)).unwrap(), status);
    assert!(other.logs(&id("demo"), 50).unwrap().contains("listening on"));
    assert!(other.running(&id("demo")).unwrap().unwrap().uptime() > Duration::ZERO);

    // A different configuration is refused by name, unless the caller replaces.
    let changed = prepare(&world, &world.pool(&json!({ "flags": ["--threads", "2"] })));
    let error = other.start(&changed).unwrap_err();
    let Error::Differs { differences, .. } = &error else { panic!("{error}") };
    assert!(differences.iter().any(|difference| difference.what == "flags"), "{error}");
    assert!(alive(pid));
    world.settings.replace = true;
    let replaced = lifecycle(&world).start(&changed).unwrap();
    assert_eq!((replaced.started, replaced.prepared.port), (Started::Replaced, prepared.port));
    assert!(!alive(pid));

    assert_eq!(other.stop(&id("demo"), MINUTE).unwrap(), StopOutcome::Graceful);
    assert_eq!(other.stop(&id("demo"), MINUTE).unwrap(), StopOutcome::NothingRecorded);
    assert_eq!(other.status(&id("demo")).unwrap().state, PoolState::Absent);
    assert!(other.running(&id("demo")).unwrap().is_none() && !dir.pid_file().exists());
    assert_eq!(code(other.wait_ready(&id("demo"), MINUTE)), "engine::gone");
    // The log is still there to explain why.
    assert!(other.logs(&id("demo"), 50).unwrap().contains("cleaning up before exit"));

    // A pool that never was.
    let never = id("never");
    assert_eq!(other.status(&never).unwrap().state, PoolState::Absent);
    assert_eq!(other.stop(&never, MINUTE).unwrap(), StopOutcome::NothingRecorded);
    assert!(other.logs(&never, 5).unwrap().is_empty() && other.running(&never).unwrap().is_none());
    assert!(!world.settings.run_dir.join("never").exists(), "looking makes nothing");
}

/// What was prepared is started as it was or not at all; the refusal says what changed.
#[test]
fn what_changed_since_is_refused_by_name() {
    let mut world = World::new();
    world.settings.env = world.settings.env.clone().with("HF_TOKEN", "s3cr3t-value");
    let checksum = format!("sha256:{}", durable::sha256(&world.model).unwrap().1);
    let model = json!({ "ref": world.model, "checksum": checksum });
    let pool = world.pool(&json!({ "secret_env": ["HF_TOKEN"], "model": model, "ports": [world.ports[0]] }));
    let prepared = prepare(&world, &pool);
    let binary = prepared.binary_path.clone().unwrap();
    let refused = |settings: &Settings, prepared: &PreparedEngine, expected: &str, named: &str| {
        let error = Lifecycle::new(settings.clone()).start(prepared).unwrap_err();
        assert!(error.to_string().contains(named), "{error}");
        assert_eq!(code(Err::<(), _>(error)), expected);
        assert!(!world.pool_dir("demo").record_file().exists());
    };
    let now = &world.settings;
    for (path, larger, expected) in [(&binary, true, "plan::changed"), (&world.model, true, "plan::changed")]
        .into_iter()
        .chain([(&world.model, false, "plan::changed")])
    {
        let was = fs::read(path).unwrap();
        let mut other = was.clone();
        if larger {
            other.push(0);
        } else {
            other[60] ^= 1;
        }
        write(path, &other);
        refused(now, &prepared, expected, &path.display().to_string());
        fs::remove_file(path).unwrap();
        if larger {
            refused(now, &prepared, "plan::changed", &path.display().to_string());
        }
        write(path, &was);
    }
    let held = TcpListener::bind((Ipv4Addr::LOCALHOST, prepared.port)).unwrap();
    refused(now, &prepared, "port::taken", &format!("process {}", std::process::id()));
    drop(held);
    let mut without = now.clone();
    without.env = provisioner_core::Env::from_pairs([("PATH", "/usr/bin:/bin")]);
    refused(&without, &prepared, "pool::secret_unset", "HF_TOKEN");
    let planted = now.run_dir.join("demo/config/llama.cpp");
    fs::create_dir(&planted).unwrap();
    refused(now, &prepared, "pool::engine_config", &planted.display().to_string());
    fs::remove_dir(&planted).unwrap();
    let old = PreparedEngine { schema: 1, ..prepared.clone() };
    refused(now, &old, "plan::old_summary", "schema 1");
    let bare = PreparedEngine { facts: std::collections::BTreeMap::new(), ..prepared.clone() };
    refused(now, &bare, "plan::old_summary", "demo");
    // All is as it was: it starts.
    assert_eq!(lifecycle(&world).start(&prepared).unwrap().started, Started::Now);
}

/// Over the same file or a new one, executable like the one before.
fn write(path: &Path, bytes: &[u8]) {
    use std::os::unix::fs::PermissionsExt;
    fs::remove_file(path).ok();
    durable::replace(path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// How an engine exited, and by which cause: a crash is told from an exit that was asked for, one cause from another.
#[test]
fn an_exit_is_seen_at_once_with_its_cause() {
    let mut world = World::new();
    faulty(&world.repo);
    world.settings.early_exit = Duration::ZERO;
    let broken = world.path().join("broken.gguf");
    fs::copy(&world.model, &broken).unwrap();
    let exit = |name: &str, change: &Value, then: &dyn Fn(&PreparedEngine, i32)| -> ExitReport {
        let pool = world.named(name, change);
        let provider = provider_with(&pool, world.settings.clone()).unwrap();
        let prepared = provider.prepare(pool.clone()).unwrap_or_else(|error| panic!("{error}"));
        let ensured = provider.start(&prepared).unwrap_or_else(|error| panic!("{name}: {error}"));
        let running = provider.running(&pool.id).unwrap();
        then(&prepared, ensured.pid().unwrap());
        let begin = Instant::now();
        // It may have been too fast to be seen.
        let seen = running.map(|running| running.wait(MINUTE).unwrap().unwrap());
        assert!(begin.elapsed() < Duration::from_secs(10));
        let status = provider.status(&pool.id).unwrap();
        let report = status.exit.clone().unwrap_or_else(|| panic!("{name}: {status:?}"));
        assert!(!status.lives() && status.state == PoolState::Exited, "{status:?}");
        if let Some(seen) = seen {
            assert_eq!((&seen.code, seen.status, seen.signal), (&report.code, report.status, report.signal), "{name}");
        }
        assert_eq!(serde_json::from_value::<ExitReport>(json!(report)).unwrap(), report);
        let error = provider.wait_ready(&pool.id, MINUTE).unwrap_err();
        let expected = report.code.clone().unwrap_or_else(|| "engine::exited".into());
        assert_eq!(code(Err::<(), _>(error)), expected, "{name}");
        assert!(!report.help.is_empty());
        report
    };
    let nothing = |_: &PreparedEngine, _: i32| ();
    let facts = |report: ExitReport| (report.code.unwrap_or_default(), report.status, report.signal);
    let model = exit("model", &json!({ "model": { "ref": broken }, "env": { "TINY_WAIT_MS": "1000" } }), &nothing);
    assert_eq!(facts(model), ("engine::model_file".into(), Some(1), None));
    let memory = exit("memory", &json!({ "env": { "TINY_CRASH": "memory", "TINY_WAIT_MS": "1000" } }), &nothing);
    assert_eq!(facts(memory), ("engine::memory".into(), None, Some(6)));
    let port = exit("port", &json!({ "env": { "TINY_WAIT_MS": "1000" } }), &|prepared, _| {
        // Between the choice of the port and the engine's own call another program takes it.
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, prepared.port)).unwrap();
        while alive(lifecycle(&world).status(&id("port")).unwrap().pid.unwrap_or(-1)) {
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(held);
    });
    assert_eq!(facts(port), ("engine::not_bound".into(), Some(1), None));
    let killed = exit("killed", &json!({}), &|_, pid| send(pid, Signal::SIGKILL));
    assert!(killed.help.contains("dmesg"), "{killed:?}");
    assert_eq!(facts(killed), ("engine::killed".into(), None, Some(9)));
    let crashed = exit("crashed", &json!({}), &|_, pid| send(pid, Signal::SIGSEGV));
    assert!(!crashed.help.contains("GGML_NATIVE"), "no fault of the CPU: {crashed:?}");
    assert_eq!(facts(crashed), ("engine::crashed".into(), None, Some(11)));
    // While it loads, at any moment: its starter learns how it exited.
    for (wait_ms, signal) in
        [(0, Signal::SIGKILL), (150, Signal::SIGKILL), (900, Signal::SIGABRT), (300, Signal::SIGKILL)]
    {
        let name = format!("loading-{wait_ms}");
        let loading = exit(&name, &json!({ "env": { "TINY_LOAD_MS": "600000" } }), &|_, pid| {
            std::thread::sleep(Duration::from_millis(wait_ms));
            send(pid, signal);
        });
        let code = if signal == Signal::SIGKILL { "engine::killed" } else { "engine::crashed" };
        assert_eq!(facts(loading), (code.into(), None, Some(signal as i32)), "{name}");
    }
    let asked = exit("asked", &json!({}), &|prepared, pid| {
        lifecycle(&world).wait_ready(&prepared.pool_id, MINUTE).unwrap();
        send(pid, Signal::SIGTERM);
    });
    assert!(asked.is_graceful(), "{asked:?}");
    assert_eq!(facts(asked), (String::new(), Some(0), None));
}

/// A wait ends when its caller cancels, also where the engine takes connections and says nothing; the engine runs on.
#[test]
fn a_wait_for_readiness_is_cancelled_and_limited() {
    let world = World::new();
    let pool = world.pool(&json!({ "env": { "TINY_LOAD_MS": "600000" } }));
    let pid = world.ensure(&pool).pid().unwrap();
    for stopped in [false, true] {
        if stopped {
            send(pid, Signal::SIGSTOP);
        }
        let error = lifecycle(&world).wait_ready(&pool.id, Duration::from_millis(300)).unwrap_err();
        assert_eq!(code(Err::<(), _>(error)), "engine::not_ready");
        let settings = Settings { cancel: Cancel::new(), ..world.settings.clone() };
        let error = cancelled_after(&settings, || Lifecycle::new(settings.clone()).wait_ready(&pool.id, MINUTE));
        assert_eq!(code(Err::<(), _>(error)), "core::cancelled");
        assert!(alive(pid));
    }
    send(pid, Signal::SIGCONT);
    assert_eq!(lifecycle(&world).status(&pool.id).unwrap().state, PoolState::Starting);
}

/// A stop waits for another call at least as long as that one may take to stop the engine with the same grace.
#[test]
fn a_stop_waits_longer_than_its_grace() {
    let world = World::new();
    let guard = world.pool_dir("demo").lock("test", MINUTE).unwrap();
    let settings = Settings { cancel: Cancel::new(), ..world.settings.clone() };
    let stop = || Lifecycle::new(settings.clone()).stop(&id("demo"), MINUTE);
    let noted = |events: &[Event]| {
        events.iter().any(|event| matches!(&event.what, Happening::Note { text } if text.ends_with("for 90 s at most")))
    };
    let error = std::thread::scope(|scope| {
        let call = scope.spawn(stop);
        let begin = Instant::now();
        while !noted(&world.events.lock().unwrap()) && begin.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(20));
        }
        settings.cancel.cancel();
        call.join().unwrap().unwrap_err()
    });
    drop(guard);
    assert_eq!(code(Err::<(), _>(error)), "core::cancelled");
    assert!(noted(&world.events.lock().unwrap()));
}

/// Looking at an engine costs milliseconds, and an `ensure` of one that runs takes its locks and does nothing else.
#[test]
fn looking_is_cheap_and_what_runs_is_left_as_it_is() {
    let world = World::new();
    let pool = world.pool(&json!({}));
    let ensured = world.ensure(&pool);
    lifecycle(&world).wait_ready(&pool.id, MINUTE).unwrap();
    let times = (0..50).map(|_| {
        let begin = Instant::now();
        assert_eq!(lifecycle(&world).status(&pool.id).unwrap().health, Some(Health::Ready));
        begin.elapsed()
    });
    // The fastest of many: the host has other work too.
    let fastest = times.min().unwrap();
    assert!(fastest < Duration::from_millis(30), "{fastest:?}");

    world.calls();
    let before = tree(world.path());
    assert_eq!(world.ensure(&pool).started, Started::Already);
    let after = tree(world.path());
    assert!(before.keys().eq(after.keys()));
    let changed: Vec<_> =
        after.iter().filter(|(path, what)| before.get(*path) != Some(what)).map(|(path, _)| path).collect();
    let locks = ["prepare.lock", "pool.lock"];
    assert!(changed.iter().all(|path| locks.iter().any(|lock| path.ends_with(lock))), "{changed:?}");
    assert_eq!(world.calls(), [""; 0]);
    assert!(alive(ensured.pid().unwrap()));
}

/// Runs a call that lasts, cancels it, and sees it return within a second.
#[track_caller]
pub(crate) fn cancelled_after<T: std::fmt::Debug>(
    settings: &Settings,
    call: impl FnOnce() -> Result<T, Error>,
) -> Error {
    let cancel = settings.cancel.clone();
    let canceller = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(700));
        cancel.cancel();
        Instant::now()
    });
    let error = call().unwrap_err();
    let returned = Instant::now();
    let when = canceller.join().unwrap();
    assert!(returned >= when, "it ended before it was cancelled: {error}");
    assert!(returned - when < Duration::from_secs(1), "{:?}", returned - when);
    error
}
