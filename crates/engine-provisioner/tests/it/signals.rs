//! Ctrl-C, TERM and a hang-up, in each stage of an `ensure`.
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use crate::common::Place;

const LONG: Duration = Duration::from_mins(1);

#[track_caller]
fn until(what: &str, holds: impl Fn() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < LONG, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Hits the whole group, as a terminal does; the program ends by that signal, which a shell shows as 128 and its number.
#[track_caller]
fn hit(mut caller: Child, signal: &str, number: i32) {
    let kill = exec::CommandSpec::new("/bin/kill", LONG).args(["-s", signal, "--", &format!("-{}", caller.id())]);
    assert_eq!(exec::run(&kill).unwrap().exit, exec::Exit::Code(0));
    let status = caller.wait().unwrap();
    assert_eq!(status.signal(), Some(number), "{status:?}");
}

/// Whether a process works in a folder below `folder`.
fn worked_in(folder: &Path) -> bool {
    let pids = fs::read_dir("/proc").unwrap().flatten();
    pids.filter_map(|pid| fs::read_link(pid.path().join("cwd")).ok()).any(|cwd| cwd.starts_with(folder))
}

/// F53: a build that is interrupted leaves no process and no lock, and the next call goes on.
#[test]
fn an_interrupted_build_leaves_nothing_that_runs() {
    let place = Place::new();
    let (tools, reached) = (place.path().join("tools"), place.path().join("reached"));
    fs::create_dir(&tools).unwrap();
    let path = exec::Env::current().get_str("PATH").unwrap().to_owned();
    let place = place.env("PATH", format!("{}:{path}", tools.display()));
    for (tool, at, signal, number) in
        [("cmake", "-S*", "INT", 2), ("cmake", "-S*", "HUP", 1), ("c++", "*main.cpp*", "TERM", 15)]
    {
        let real = exec::Env::current().find(tool).unwrap();
        let wait = format!("case \"$*\" in {at}) : > '{}'; exec sleep 60;; esac", reached.display());
        testkit::fake_tool(&tools, tool, &format!("{wait}\nexec '{}' \"$@\"", real.display()));
        let caller = place.process(&["ensure", "--wait"]);
        until("the stage", || reached.exists());
        hit(caller, signal, number);
        until("no process of the build is left", || !worked_in(&place.path().join("cache")));
        fs::remove_file(&reached).unwrap();
        // The pool's lock is free at once, and nothing was started.
        let begin = Instant::now();
        assert_eq!(place.call(&["stop", "--json"]).done().json()["stopped"], "nothing_recorded");
        assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
        fs::remove_file(tools.join(tool)).unwrap();
    }
    place.call(&["ensure", "--wait"]).done();
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

/// F53: an engine that was handed over survives whatever hits the one who waits for it.
#[test]
fn an_engine_survives_who_waits_for_it() {
    let place = Place::new();
    place.edit("flags = []", "env = { TINY_LOAD_MS = \"600000\" }");
    let mut pids = Vec::new();
    for (signal, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
        let caller = place.process(&["ensure", "--wait"]);
        until("the engine runs", || place.run_dir().join("tiny/prepared-engine.json").exists());
        until("its state", || place.call(&["status", "--json"]).json()["health"] == "loading");
        hit(caller, signal, number);
        let status = place.call(&["status", "--json"]).done().json();
        assert_eq!(status["state"], "starting");
        pids.push(status["pid"].as_i64());
    }
    assert!(pids[0].is_some() && pids.iter().all(|pid| *pid == pids[0]), "one engine: {pids:?}");
    assert_eq!(place.call(&["stop", "--json"]).done().json()["stopped"], "graceful");
}
