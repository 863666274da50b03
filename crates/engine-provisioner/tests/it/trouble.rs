//! Trouble on the host: models, ports, tools, engines that die, files that lie.
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::{Duration, Instant};

use crate::support::{Place, Said};

#[track_caller]
fn error(said: &Said, status: i32, code: &str) -> String {
    let document = said.json();
    let error = &document["error"];
    assert_eq!((said.code, error["code"].as_str()), (status, Some(code)), "{said:?}");
    format!("{}\n{}", error["message"].as_str().unwrap(), error["help"].as_str().unwrap_or_default())
}

#[test]
fn models_that_are_not_there() {
    let place = Place::new();
    let model = place.path().join("tiny.gguf");
    fs::rename(&model, place.path().join("elsewhere.gguf")).unwrap();
    error(&place.call(&["ensure", "--json"]), 5, "model::missing");
    fs::create_dir(&model).unwrap();
    error(&place.call(&["ensure", "--json"]), 5, "model::not_a_file");
    assert!(!place.path().join("cache/v1/store").exists(), "a build was started for a model that is not there");
}

/// F49
#[test]
fn a_port_that_is_taken_names_its_holder() {
    let place = Place::new();
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = held.local_addr().unwrap().port();
    let text = fs::read_to_string(place.pool_file()).unwrap();
    let at = text.find("ports = ").unwrap();
    let line = text[at..].lines().next().unwrap();
    place.write(&text.replace(line, &format!("ports = [{port}]")));
    let text = error(&place.call(&["ensure", "--json"]), 7, "port::taken");
    assert!(text.contains(&format!("{port} by process {}", std::process::id())), "{text}");
}

/// F14: a folder, a model or a pool file that this user may not use is named with who may, before the first long step.
#[test]
fn what_this_user_may_not_use() {
    let place = Place::new();
    let at = |name: &str| place.path().join(name);
    let mode = |name: &str, mode| fs::set_permissions(at(name), fs::Permissions::from_mode(mode)).unwrap();
    // Root may do everything, so that it has to become somebody else.
    let own = fs::metadata(place.path()).unwrap().uid();
    let (root, user) = (own == 0, if own == 0 { 65534 } else { own });
    fs::copy(env!("CARGO_BIN_EXE_engine-provisioner"), at("ours")).unwrap();
    for (name, bits) in [("", 0o755), ("ours", 0o755), ("closed", 0o555), ("own", 0o700)] {
        fs::create_dir_all(at(name)).ok();
        mode(name, bits);
    }
    std::os::unix::fs::chown(at("own"), Some(user), None).unwrap();
    let call = |cache: &str, run: &str| {
        let mut words = vec![at("ours").into_os_string()];
        if root {
            let lower = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"].map(Into::into);
            words = lower.into_iter().chain(words).collect();
        }
        let program = exec::Env::current().find(words[0].to_str().unwrap()).unwrap_or_else(|| words[0].clone().into());
        let spec = exec::CommandSpec::new(program, Duration::from_mins(1)).args(words.into_iter().skip(1));
        let spec = spec.arg("--cache-dir").arg(at(cache)).arg("--run-dir").arg(at(run)).arg("--config");
        let output = exec::run(
            &spec
                .arg(place.pool_file())
                .args(["ensure", "--json"])
                .env("PATH", exec::Env::current().get_str("PATH").unwrap()),
        )
        .unwrap();
        let exec::Exit::Code(code) = output.exit else { panic!("{output:?}") };
        Said { code, stdout: output.stdout_text().into_owned(), stderr: String::new() }
    };
    for (cache, run) in [("closed/cache", "own/run"), ("own/cache", "closed/run")] {
        let text = error(&call(cache, run), 1, "file::denied");
        let closed = at("closed");
        assert!(text.contains(&format!("this is user {user}")) && text.contains("mode 555"), "{text}");
        assert!(text.contains(&format!("`{}`", closed.display())), "{text}");
    }
    mode("tiny.gguf", 0o000);
    let text = error(&call("own/cache", "own/run"), 5, "model::unreadable");
    assert!(text.contains("tiny.gguf"), "{text}");
    mode("tiny.gguf", 0o644);
    mode("pools.toml", 0o000);
    let text = error(&call("own/cache", "own/run"), 2, "config::io");
    assert!(text.contains("pools.toml"), "{text}");
    assert!(!at("own/cache/v1/git").exists() && !at("own/cache/v1/staging").exists(), "nothing long was begun");
}

/// The repository is asked, and what it has is offered.
#[test]
fn a_ref_that_is_not_there() {
    let place = Place::new();
    place.edit("ref = \"main\"", "ref = \"mian\"");
    let text = error(&place.call(&["ensure", "--json"]), 4, "source::ref_not_found");
    assert!(text.contains("main"), "{text}");
}

/// EP-20: too old counts as missing, and nothing was started before that is known.
#[test]
fn a_tool_that_is_missing_or_too_old() {
    let place = Place::new();
    let tools = place.path().join("tools");
    fs::create_dir(&tools).unwrap();
    for name in ["git", "ninja", "cc", "c++"] {
        let found = exec::Env::current().find(name).unwrap();
        std::os::unix::fs::symlink(found, tools.join(name)).unwrap();
    }
    let place = place.env("PATH", &tools);
    let text = error(&place.call(&["ensure", "--json"]), 3, "preflight::tools_missing");
    assert!(text.contains("cmake"), "{text}");
    testkit::fake_tool(&tools, "cmake", "echo cmake version 3.5.1");
    let text = error(&place.call(&["ensure", "--json"]), 3, "preflight::tools_missing");
    assert!(text.contains("3.5.1"), "{text}");
    assert!(!place.path().join("cache/v1/git").exists(), "the repository was fetched all the same");
}

/// The GPU rule: left out means CUDA, and without a GPU nothing is cloned.
#[test]
fn no_gpu_is_told_before_anything_is_cloned() {
    let place = Place::new().env("CUDA_VISIBLE_DEVICES", "-1");
    place.edit("accelerator = \"cpu\"\n", "");
    let said = place.call(&["ensure", "--json"]);
    let code = said.json()["error"]["code"].as_str().unwrap().to_owned();
    assert_eq!(said.code, 3, "{said:?}");
    assert!(code.starts_with("gpu::") || code.starts_with("cuda::"), "{code}");
    assert!(!place.path().join("cache/v1/git").exists());
    let plan = place.call(&["plan", "--json"]);
    assert_eq!(plan.code, 3);
    assert_eq!(plan.json()["steps"][1]["code"], code);
}

/// F46: the last lines of the log are in the error, and the pool is free again.
#[test]
fn an_engine_that_exits_at_once() {
    let place = Place::new();
    place.edit("flags = []", "env = { TINY_EXIT_CODE = \"3\" }");
    let text = error(&place.call(&["ensure", "--wait", "--json"]), 6, "spawner::exited_early");
    assert!(text.contains("exit status 3") && text.contains("TINY_EXIT_CODE"), "{text}");
    assert_eq!(place.call(&["status"]).code, 6);
    place.edit("env = { TINY_EXIT_CODE = \"3\" }", "flags = []");
    place.call(&["ensure", "--wait"]).done();
}

/// F47: it listens and answers 503 for ever: the wait ends in time, and the engine is left to whoever waits longer.
#[test]
fn an_engine_that_does_not_get_ready() {
    let place = Place::new();
    place.edit("flags = []", "env = { TINY_LOAD_MS = \"60000\" }");
    let begin = Instant::now();
    // Killed while it is waited for: the wait ends at once, and says why where the end does.
    for (signal, exit, code) in [("-KILL", 6, "engine::killed"), ("-ILL", 4, "build::illegal_instruction")] {
        error(&place.call(&["ensure", "--wait=1", "--json"]), 6, "engine::not_ready");
        let status = place.call(&["status", "--json"]).done().json();
        assert_eq!((&status["state"], &status["health"]), (&"starting".into(), &"loading".into()));
        let pid = status["pid"].as_i64().unwrap();
        let killer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(500));
            let kill = exec::CommandSpec::new("/bin/kill", Duration::from_secs(5)).args([signal, &pid.to_string()]);
            exec::run(&kill).unwrap();
        });
        let text = error(&place.call(&["ensure", "--wait=50", "--json"]), exit, code);
        killer.join().unwrap();
        assert!(text.contains("loading"), "the log's last lines are shown: {text}");
    }
    assert!(begin.elapsed() < Duration::from_secs(80));
}

/// An engine that runs and does not answer has an exit status of its own; one that loads its model is fine.
#[test]
fn an_engine_that_does_not_answer() {
    let place = Place::new();
    let pid = place.call(&["ensure", "--wait", "--json"]).done().json()["process"]["pid"].as_i64().unwrap();
    let signal = |signal: &str| {
        let kill = exec::CommandSpec::new("/bin/kill", Duration::from_secs(5)).args([signal, &pid.to_string()]);
        assert_eq!(exec::run(&kill).unwrap().exit, exec::Exit::Code(0));
    };
    signal("-STOP");
    let status = place.call(&["status", "--json"]);
    signal("-CONT");
    let document = status.json();
    assert_eq!((status.code, &document["state"], &document["health"]), (8, &"running".into(), &"silent".into()));
    assert_eq!(place.call(&["status", "--json"]).done().json()["health"], "ready");
}

/// F37: no signal is sent on the word of a PID file.
#[test]
fn a_pid_file_that_lies() {
    let place = Place::new();
    let mut bystander = exec::CommandSpec::new("/bin/sleep", Duration::from_secs(30));
    bystander.args.push("6".into());
    let bystander = std::thread::spawn(move || exec::run(&bystander).unwrap().exit);
    place.call(&["prepare"]).done();
    for text in ["-1", "1", "", "garbage", &"9".repeat(1 << 20)] {
        let file = place.run_dir().join("tiny/engine.pid");
        durable::replace(&file, text.as_bytes()).unwrap();
        assert_eq!(place.call(&["status"]).code, 6, "{text:.10}");
        assert_eq!(place.call(&["stop", "--json"]).done().json()["stopped"], "nothing_recorded");
        assert!(!file.exists());
    }
    assert_eq!(bystander.join().unwrap(), exec::Exit::Code(0));
}
