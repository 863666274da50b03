//! The example daemon as a process: what a pool manager relies on, with real engines, real signals and its own death.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use provisioner_core::cfg::PoolConfig;
use serde_json::{Value, json};

use crate::lifecycle::faulty;
use crate::support::{World, alive};

/// How long something may take that is built or loaded on the way.
const LONG: Duration = Duration::from_secs(80);

/// A running daemon; killed when it goes out of scope.
struct Daemon {
    child: Child,
    lines: Receiver<Value>,
    metrics: String,
}

impl Daemon {
    #[expect(clippy::disallowed_methods, reason = "it is to be killed, which `exec` has no call for")]
    fn start(world: &World, file: &PathBuf, flags: &[&str]) -> Self {
        let test = std::env::current_exe().unwrap();
        let example = test.parent().unwrap().with_file_name("examples").join("pool_managerd");
        assert!(example.exists(), "`cargo build --examples` makes the daemon");
        let mut child = std::process::Command::new(example)
            .arg(file)
            .args(["--backoff-ms", "50"])
            .args(flags)
            .env_clear()
            .env("PATH", world.path().join("tools"))
            .env("HOME", world.path().join("home"))
            .env("CUDA_VISIBLE_DEVICES", "-1")
            .env("ENGINE_PROVISIONER_CACHE_DIR", &world.settings.cache_dir)
            .env("ENGINE_PROVISIONER_RUN_DIR", &world.settings.run_dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                sender.send(serde_json::from_str(&line).unwrap()).ok();
            }
        });
        let mut daemon = Self { child, lines, metrics: String::new() };
        let listening = daemon.next(|line| line["event"] == "listening");
        listening["metrics"].as_str().unwrap().clone_into(&mut daemon.metrics);
        daemon
    }

    /// The next line that is looked for; others are passed over.
    #[track_caller]
    fn next(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut passed = Vec::new();
        let begin = Instant::now();
        while let Ok(line) = self.lines.recv_timeout(LONG.saturating_sub(begin.elapsed())) {
            if wanted(&line) {
                return line;
            }
            passed.push(line.to_string());
        }
        panic!("no such line after {:?} among:\n{}", begin.elapsed(), passed.join("\n"))
    }

    #[track_caller]
    fn of(&self, pool: &str, event: &str) -> Value {
        self.next(|line| line["pool_id"] == pool && line["event"] == event)
    }

    /// The lines in which each of these pools becomes ready, in whatever order.
    #[track_caller]
    fn ready(&self, pools: &[&str]) -> BTreeMap<String, Value> {
        let mut ready = BTreeMap::new();
        while ready.len() < pools.len() {
            let line = self.next(|line| line["event"] == "ready");
            ready.insert(line["pool_id"].as_str().unwrap().to_owned(), line);
        }
        assert_eq!(ready.keys().collect::<Vec<_>>(), pools);
        ready
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// All series, by name and labels. Every line has to be Prometheus text.
    #[track_caller]
    fn metrics(&self) -> BTreeMap<String, f64> {
        let address = self.metrics.trim_start_matches("http://").split('/').next().unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("version=0.0.4"), "{head}");
        parse(body)
    }

    /// Waits for the daemon's own end; its exit status and how long it took.
    fn ended(mut self) -> (Option<i32>, Duration) {
        let begin = Instant::now();
        let status = self.child.wait().unwrap();
        (status.code(), begin.elapsed())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The text format, as <https://prometheus.io/docs/instrumenting/exposition_formats/> has it.
#[track_caller]
fn parse(body: &str) -> BTreeMap<String, f64> {
    let mut types = BTreeMap::new();
    let mut series = BTreeMap::new();
    for line in body.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(["counter", "gauge"].contains(&kind) && types.insert(name, kind).is_none(), "{line}");
            continue;
        }
        if line.starts_with("# HELP ") {
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap();
        let value: f64 = value.parse().unwrap();
        let (metric, labels) = name.split_once('{').unwrap();
        let labels = labels.strip_suffix('}').unwrap();
        assert!(metric.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{line}");
        for label in labels.split(',') {
            let (key, value) = label.split_once('=').unwrap();
            assert!(key.bytes().all(|b| b.is_ascii_lowercase()), "{line}");
            let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap();
            let bounded = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
            assert!(bare.bytes().all(bounded), "a label has a closed set of words: {line}");
        }
        assert!(types.contains_key(metric) && (types[metric] == "gauge" || value >= 0.0), "{line}");
        assert!(series.insert(name.to_owned(), value).is_none(), "twice: {line}");
    }
    series
}

fn write(world: &World, pools: &[PoolConfig]) -> PathBuf {
    let file = world.path().join("pools.json");
    durable::replace(&file, json!({ "pools": pools }).to_string().as_bytes()).unwrap();
    file
}

fn send(line: &Value, signal: Signal) {
    kill(Pid::from_raw(pid(line)), signal).unwrap();
}

fn pid(line: &Value) -> i32 {
    i32::try_from(line["pid"].as_i64().unwrap()).unwrap()
}

/// Several pools are preloaded at once; engines die, each is restarted or not by its cause, and all is counted.
#[test]
fn engines_die_and_the_daemon_knows_why() {
    let world = World::new();
    let changes = [
        json!({}),
        json!({ "env": { "TINY_LOAD_MS": "300" }, "limits": { "stop_grace_s": 1 } }),
        json!({ "flags": ["--parallel", "3"] }),
    ];
    let ids = ["a", "b", "c"];
    let pools: Vec<PoolConfig> = ids.iter().zip(&changes).map(|(id, change)| world.named(id, change)).collect();
    let daemon = Daemon::start(&world, &write(&world, &pools), &["--stop-engines"]);

    // Preload: ready only when the engine answered, with what a scheduler wants to know.
    let first = daemon.ready(&ids);
    for (id, line) in &first {
        assert!(alive(pid(line)) && line["outcome"] == "started", "{line}");
        assert!(line["engine_version"].as_str().unwrap().len() > 3 && line["address"].is_string(), "{line}");
        let file = world.settings.run_dir.join(id).join("engine.pid");
        assert_eq!(fs::read_to_string(file).unwrap().trim(), pid(line).to_string());
    }
    assert_eq!((&first["c"]["slots_total"], &first["c"]["slots_free"]), (&json!(3), &json!(3)));
    let built = world.calls().iter().filter(|call| call.starts_with("cmake -S ")).count();
    assert_eq!(built, 1, "one build for all");

    // A crash: seen at once, by its cause, and the very same engine is started again.
    send(&first["a"], Signal::SIGKILL);
    let begin = Instant::now();
    let down = daemon.of("a", "engine_down");
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    assert_eq!((&down["cause"], &down["signal"], &down["exit_code"]), (&json!("killed"), &json!(9), &Value::Null));
    assert!(down["backoff_ms"] == 50 && down["uptime_s"].is_f64() && down["help"].is_string(), "{down}");
    let again = daemon.of("a", "ready");
    assert_eq!((&again["outcome"], &again["restart_count"]), (&json!("restarted"), &json!(1)));
    assert_eq!(again["address"], first["a"]["address"]);
    // An exit that was asked for is no crash, and is respected.
    send(&first["c"], Signal::SIGTERM);
    let down = daemon.of("c", "engine_down");
    assert_eq!(
        (&down["cause"], &down["exit_code"], &down["backoff_ms"]),
        (&json!("graceful"), &json!(0), &Value::Null)
    );
    // An engine that takes connections and answers nothing has not exited.
    send(&first["b"], Signal::SIGSTOP);
    assert_eq!(daemon.of("b", "engine_down")["cause"], "silent");
    let b = daemon.of("b", "ready");
    assert!(!alive(pid(&first["b"])) && alive(pid(&b)), "{b}");

    let metrics = daemon.metrics();
    let value = |series: &str| *metrics.get(series).unwrap_or_else(|| panic!("{series} is not in {metrics:#?}"));
    for (series, expected) in [
        ("engine_exits_total{pool=\"a\",cause=\"killed\"}", 1.0),
        ("engine_restarts_total{pool=\"a\",cause=\"killed\"}", 1.0),
        ("engine_exits_total{pool=\"c\",cause=\"graceful\"}", 1.0),
        ("engine_restarts_total{pool=\"b\",cause=\"silent\"}", 1.0),
        ("pool_reloads_total{pool=\"a\",outcome=\"started\"}", 1.0),
        ("pool_ready{pool=\"a\"}", 1.0),
        ("pool_ready{pool=\"b\"}", 1.0),
        ("pool_ready{pool=\"c\"}", 0.0),
        ("pool_ready_transitions_total{pool=\"a\",to=\"ready\"}", 2.0),
        ("pool_ready_transitions_total{pool=\"a\",to=\"unready\"}", 1.0),
        ("provisioner_runs_total{pool=\"a\",outcome=\"started\",reason=\"\"}", 2.0),
    ] {
        assert!((value(series) - expected).abs() < 0.1, "{series} is {}, not {expected}", value(series));
    }
    // More than once where another pool was faster to take the port that both had prepared for.
    assert!(value("provisioner_runs_total{pool=\"a\",outcome=\"prepared\",reason=\"\"}") >= 1.0);
    assert!(!metrics.contains_key("engine_restarts_total{pool=\"c\",cause=\"graceful\"}"));
    let of = |name: &str| -> f64 {
        metrics.iter().filter(|(series, _)| series.starts_with(name)).map(|(_, value)| value).sum()
    };
    assert!(of("provisioner_step_seconds_total{") > 0.0 && of("pool_reload_seconds_total{") > 0.0);
    assert!(of("provisioner_steps_active{").abs() < 0.1);

    // It ends when it is asked to, and takes its engines along if it was started so.
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.ended().0, Some(0));
    assert!(!alive(pid(&again)) && !alive(pid(&b)));
}

/// A reload to a model that cannot be loaded brings the old engine back; the daemon dies and its successor adopts.
#[test]
fn a_failed_reload_is_undone_and_a_dead_daemon_is_succeeded() {
    let world = World::new();
    faulty(&world.repo);
    let broken = world.path().join("broken.gguf");
    fs::copy(&world.model, &broken).unwrap();
    let ids = ["a", "b", "c"];
    let mut pools: Vec<PoolConfig> = ids.iter().map(|id| world.named(id, &json!({}))).collect();
    let file = write(&world, &pools);
    let daemon = Daemon::start(&world, &file, &[]);
    let first = daemon.ready(&ids);

    // What did not change is left alone, what changed is replaced, what cannot be loaded is undone.
    pools[0] = world.named("a", &json!({ "model": { "ref": broken } }));
    pools[2] = world.named("c", &json!({ "flags": ["--parallel", "2"] }));
    write(&world, &pools);
    daemon.signal(Signal::SIGHUP);
    let mut seen = BTreeMap::new();
    while seen.len() < 3 {
        let line = daemon.next(|line| line["event"] == "ready" || line["event"] == "failed");
        seen.insert(format!("{} {}", line["event"].as_str().unwrap(), line["pool_id"].as_str().unwrap()), line);
    }
    let failed = &seen["failed a"];
    assert!(failed["reason"] == "engine" && failed["last_error"].as_str().unwrap().contains("model"), "{failed}");
    let (a, c) = (&seen["ready a"], &seen["ready c"]);
    assert!(a["outcome"] == "restored" && a["model_id"] == first["a"]["model_id"], "{a}");
    assert!(a["seconds"].as_f64().unwrap() > 0.0 && alive(pid(a)));
    assert_eq!(
        (&c["outcome"], &c["slots_total"], &c["address"]),
        (&json!("replaced"), &json!(2), &first["c"]["address"])
    );
    assert!(alive(pid(&first["b"])), "nothing was to be done for it");
    let metrics = daemon.metrics();
    for series in [
        "pool_reloads_total{pool=\"a\",outcome=\"restored\"}",
        "pool_reloads_total{pool=\"b\",outcome=\"started\"}",
        "pool_reloads_total{pool=\"c\",outcome=\"replaced\"}",
        "pool_failures_total{pool=\"a\",reason=\"engine\"}",
        "pool_ready{pool=\"a\"}",
    ] {
        assert!(metrics.get(series).is_some_and(|value| (value - 1.0).abs() < 0.1), "{series} in {metrics:#?}");
    }

    // Its own death: nothing happens to the engines, and the next daemon adopts them as they are.
    let running = [pid(a), pid(&first["b"]), pid(c)];
    daemon.signal(Signal::SIGKILL);
    assert_eq!(daemon.ended().0, None);
    assert!(running.into_iter().all(alive));
    pools[0] = world.named("a", &json!({}));
    write(&world, &pools);
    let daemon = Daemon::start(&world, &file, &["--stop-engines"]);
    let adopted = daemon.ready(&ids);
    assert_eq!(adopted.values().map(pid).collect::<Vec<_>>(), running);
    assert!(adopted.values().all(|line| line["outcome"] == "kept"), "{adopted:?}");
    // It knows how an engine exited that it did not start, as far as the kernel says.
    send(&first["b"], Signal::SIGKILL);
    let down = daemon.of("b", "engine_down");
    assert!(down["cause"] == "killed" || down["cause"] == "unknown", "{down}");
    let last = daemon.of("b", "ready");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.ended().0, Some(0));
    assert!(![running[0], pid(&last), running[2]].into_iter().any(alive));
}

/// INT in the middle of a build ends the daemon within moments, leaves no process of the build, and the next daemon
/// goes on from there; without the flag engines survive its end.
#[test]
fn a_daemon_ends_in_the_middle_of_a_build() {
    let world = World::new();
    let pools = [world.named("a", &json!({}))];
    let file = write(&world, &pools);
    let daemon = Daemon::start(&world, &file, &[]);
    let begin = Instant::now();
    while !world.calls().iter().any(|call| call.starts_with("cmake -S ")) {
        assert!(begin.elapsed() < LONG, "it builds");
        std::thread::sleep(Duration::from_millis(20));
    }
    daemon.signal(Signal::SIGINT);
    let (status, took) = daemon.ended();
    assert_eq!(status, Some(0));
    assert!(took < Duration::from_secs(3), "{took:?}");
    let left = crate::cancelled::processes_of(world.path());
    assert!(left.is_empty(), "{left:?}");
    assert!(!world.pool_dir("a").record_file().exists());

    let daemon = Daemon::start(&world, &file, &[]);
    let ready = daemon.of("a", "ready");
    // A pool that is removed from the file is stopped, and one that is added is preloaded.
    write(&world, &[world.named("z", &json!({}))]);
    daemon.signal(Signal::SIGHUP);
    let z = daemon.of("z", "ready");
    let begin = Instant::now();
    while alive(pid(&ready)) {
        assert!(begin.elapsed() < LONG, "the engine of the removed pool is stopped");
        std::thread::sleep(Duration::from_millis(20));
    }
    // A file that cannot be read changes nothing.
    durable::replace(&file, b"{").unwrap();
    daemon.signal(Signal::SIGHUP);
    let refused = daemon.next(|line| line["event"] == "not_reloaded");
    assert!(refused["last_error"].is_string(), "{refused}");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.ended().0, Some(0));
    assert!(alive(pid(&z)), "an engine outlives its daemon");
}
