//! Ctrl-C, TERM and a hang-up, in each stage of an `ensure`.
use std::fs;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use crate::support::Place;

const LONG: Duration = Duration::from_mins(1);

#[track_caller]
fn until(what: &str, holds: impl Fn() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < LONG, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Signals the whole group, as a terminal does; the program ends within a second, with the status of an interrupt and one
/// document that says what was kept.
#[track_caller]
fn interrupt(caller: Child, signal: &str) {
    let kill = exec::CommandSpec::new("/bin/kill", LONG).args(["-s", signal, "--", &format!("-{}", caller.id())]);
    let begin = Instant::now();
    assert_eq!(exec::run(&kill).unwrap().exit, exec::Exit::Code(0));
    let output = caller.wait_with_output().unwrap();
    let took = begin.elapsed();
    assert_eq!(output.status.code(), Some(130), "{signal}: {output:?}");
    assert!(took < Duration::from_secs(1), "{signal}: {took:?}");
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["error"]["code"], "core::cancelled", "{signal}");
    assert!(document["error"]["help"].as_str().unwrap().contains("is kept"), "{document}");
}

/// Whether a process works in a folder below `folder`.
fn worked_in(folder: &Path) -> bool {
    let pids = fs::read_dir("/proc").unwrap().flatten();
    pids.filter_map(|pid| fs::read_link(pid.path().join("cwd")).ok()).any(|cwd| cwd.starts_with(folder))
}

/// F53: a build that is interrupted leaves no process and no lock, and the next call resumes it.
#[test]
fn an_interrupted_build_is_resumed() {
    let place = Place::new();
    let (tools, reached) = (place.path().join("tools"), place.path().join("reached"));
    fs::create_dir(&tools).unwrap();
    let path = exec::Env::current().get_str("PATH").unwrap().to_owned();
    let place = place.env("PATH", format!("{}:{path}", tools.display()));
    let held = |tool: &str| place.path().join(format!("{tool}-is-held"));
    // Each stays where it is, so that it is the same tool to the build that is resumed.
    for (tool, at) in [("cmake", "-S*"), ("c++", "*main.cpp*")] {
        let real = exec::Env::current().find(tool).unwrap();
        let wait = format!("[ ! -e '{}' ] || {{ : > '{}'; exec sleep 60; }}", held(tool).display(), reached.display());
        let script = format!("case \"$*\" in {at}) {wait};; esac\nexec '{}' \"$@\"", real.display());
        testkit::fake_tool(&tools, tool, &script);
    }
    for (tool, signal) in [("cmake", "INT"), ("cmake", "HUP"), ("c++", "TERM")] {
        testkit::write(&held(tool), "");
        let caller = place.process(&["ensure", "--wait", "--json"]);
        until("the stage", || reached.exists());
        interrupt(caller, signal);
        until("no process of the build is left", || !worked_in(&place.path().join("cache")));
        fs::remove_file(&reached).unwrap();
        fs::remove_file(held(tool)).unwrap();
        // The pool's lock is free at once, and nothing was started.
        let begin = Instant::now();
        assert_eq!(place.call(&["stop", "--json"]).done().json()["stopped"], "nothing_recorded");
        assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    }
    let said = place.call(&["ensure", "--wait", "--events", "jsonl"]).done();
    let resumed = said.events().iter().any(|event| event["event"] == "end" && event["outcome"] == "resumed");
    assert!(resumed, "{said:?}");
}

/// What holds the token ends in order, within a second and with a status of its own; nothing that ran for it lives on, even
/// where it ignores TERM.
#[test]
fn an_interrupt_cancels_what_can_be_cancelled() {
    let place = Place::new();
    let engine = place.path().join("slow");
    testkit::fake_tool(place.path(), "slow", "trap '' TERM; cd \"$(dirname \"$0\")\"; sleep 60 & sleep 60");
    for signal in ["INT", "TERM", "HUP"] {
        let mut caller = place.process(&["flags", "--binary", &engine.to_string_lossy()]);
        until("the engine is asked", || worked_in(place.path()));
        let begin = Instant::now();
        let kill = exec::CommandSpec::new("/bin/kill", LONG).args(["-s", signal, &caller.id().to_string()]);
        exec::run(&kill).unwrap();
        assert_eq!(caller.wait().unwrap().code(), Some(130), "{signal}");
        assert!(begin.elapsed() < Duration::from_secs(1), "{signal}: {:?}", begin.elapsed());
        until("nothing is left", || !worked_in(place.path()));
    }
}

/// B6: a download command that is a wrapper ends with its child when the call is killed.
#[test]
fn a_killed_call_leaves_no_download() {
    let place = Place::new();
    let bin = place.path().join("bin");
    fs::create_dir(&bin).unwrap();
    testkit::fake_tool(&bin, "hf", "cd \"$(dirname \"$0\")\"; trap '' TERM; sleep 60 & sleep 60");
    let path = exec::Env::current().get_str("PATH").unwrap().to_owned();
    let place = place.env("PATH", format!("{}:{path}", bin.display()));
    place.edit(&place.path().join("tiny.gguf").display().to_string(), "hf:owner/name/tiny.gguf");
    let mut caller = place.process(&["prepare", "--json"]);
    until("the hub is asked", || worked_in(&bin));
    caller.kill().unwrap();
    caller.wait().unwrap();
    until("nothing is left", || !worked_in(&bin));
}

/// F53: an engine that was handed over survives an interrupt of the call that waits for it.
#[test]
fn an_engine_survives_who_waits_for_it() {
    let place = Place::new();
    place.edit("flags = []", "env = { TINY_LOAD_MS = \"600000\" }");
    let mut pids = Vec::new();
    for signal in ["INT", "TERM", "HUP"] {
        let caller = place.process(&["ensure", "--wait", "--json"]);
        until("the engine runs", || place.run_dir().join("tiny/prepared-engine.json").exists());
        until("its state", || place.call(&["status", "--json"]).json()["health"] == "loading");
        interrupt(caller, signal);
        let status = place.call(&["status", "--json"]).done().json();
        assert_eq!(status["state"], "starting");
        pids.push(status["pid"].as_i64());
    }
    assert!(pids[0].is_some() && pids.iter().all(|pid| *pid == pids[0]), "one engine: {pids:?}");
    assert_eq!(place.call(&["stop", "--json"]).done().json()["stopped"], "graceful");
}
