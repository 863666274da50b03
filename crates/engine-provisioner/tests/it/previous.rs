//! Going back: the engine that worked before comes back by itself, or on request; whatever is killed meanwhile.

use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Place, Said};

const BROKEN: &str = "[pools.provisioning.env]\nTINY_LOAD_MS = \"600000\"\n\n[pools.provisioning.source]";

/// A pool whose next engine never gets ready.
fn break_it(place: &Place) {
    place.edit("[pools.provisioning.source]", BROKEN);
}

fn mend(place: &Place) {
    place.edit(BROKEN, "[pools.provisioning.source]");
}

fn goes_back(place: &Place) {
    place.edit("flags = []", "flags = []\non_failed_proof = \"previous\"");
}

fn status(place: &Place) -> Value {
    place.call(&["status", "--json"]).json()
}

#[track_caller]
fn refused(said: &Said, status: i32, code: &str) -> String {
    let error = said.json()["error"].clone();
    assert_eq!((said.code, error["code"].as_str()), (status, Some(code)), "{said:?}");
    error["message"].as_str().unwrap().to_owned()
}

/// The engines of the pool that live.
fn engines(place: &Place) -> usize {
    let dir = place.run_dir();
    let dir = dir.to_str().unwrap().as_bytes();
    let ours = |environ: &[u8]| {
        environ.split(|byte| *byte == 0).any(|variable| variable.strip_prefix(b"ENGINE_PROVISIONER_RUN=") == Some(dir))
    };
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let server =
        |path: &std::path::Path| std::fs::read_link(path.join("exe")).is_ok_and(|exe| exe.ends_with("llama-server"));
    processes
        .filter(|process| server(&process.path()))
        .filter(|process| std::fs::read(process.path().join("environ")).is_ok_and(|environ| ours(&environ)))
        .count()
}

/// EP-05, EP-43: an engine that does not get ready is replaced by the one that answered, and events, status and exit code say so.
#[test]
fn a_failed_engine_gives_way_to_the_one_before() {
    let place = Place::new();
    goes_back(&place);
    let first = place.call(&["ensure", "--json"]).done().json();
    break_it(&place);
    for _ in 0..3 {
        let said = place.call(&["ensure", "--replace", "--wait=1", "--json", "--events", "jsonl"]);
        let message = refused(&said, 6, "engine::not_ready");
        assert!(message.contains("the engine before it runs again: http://"), "{message}");
        let events = said.events();
        let ended = events.iter().rev().find(|event| event["outcome"] == "restored").unwrap();
        assert_eq!(ended["code"], "engine::not_ready");
        let now = status(&place);
        assert_eq!((&now["state"], &now["health"]), (&"running".into(), &"ready".into()), "{now}");
        assert_eq!(now["engine"]["facts"], first["facts"], "the one that worked");
        assert_eq!(now["restored"]["code"], "engine::not_ready");
        assert_eq!(engines(&place), 1);
    }
    let text = place.call(&["status"]).done().stdout;
    assert!(text.contains("restored the wanted engine failed [engine::not_ready]"), "{text}");
    // Without --replace the one that came back is not touched.
    refused(&place.call(&["ensure", "--json"]), 7, "pool::differs");
    mend(&place);
    assert_eq!(place.call(&["ensure", "--json"]).done().json()["started"], "already");
    assert!(status(&place)["restored"].is_null(), "what runs is what is wanted");
}

/// A build that fails stops nothing; an engine that dies at once gives way, too.
#[test]
fn a_broken_build_leaves_the_old_engine_answering() {
    let place = Place::new();
    goes_back(&place);
    let first = place.call(&["ensure", "--json"]).done().json();
    let repo = testkit::Repo { path: place.path().join("tiny-llama"), commit: String::new(), first: String::new() };
    let source = std::fs::read_to_string(repo.path.join("CMakeLists.txt")).unwrap();
    repo.change("CMakeLists.txt", &(source + "\nmessage(FATAL_ERROR \"broken\")\n"));
    place.edit("flags = []", "flags = [\"--parallel\", \"2\"]");
    let said = place.call(&["ensure", "--replace", "--json"]);
    assert_eq!(said.code, 4, "{said:?}");
    let now = status(&place);
    assert_eq!((&now["pid"], &now["health"]), (&first["process"]["pid"], &"ready".into()), "untouched: {now}");
    repo.git(&["reset", "--quiet", "--hard", "HEAD^"]);
    place.edit(
        "[pools.provisioning.source]",
        "[pools.provisioning.env]\nTINY_EXIT_CODE = \"9\"\n\n[pools.provisioning.source]",
    );
    let said = place.call(&["ensure", "--replace", "--json"]);
    assert_eq!(said.code, 6, "{said:?}");
    assert_eq!(status(&place)["engine"]["facts"], first["facts"]);
    assert_eq!(engines(&place), 1);
}

/// On request: to what answered before, there and back; refused where there is nothing, or no longer.
#[test]
fn an_operator_goes_back() {
    let place = Place::new();
    let previous = || place.call_bare(&["ensure", "--previous", "--wait=60", "--pool", "tiny", "--json"]);
    refused(&previous(), 7, "previous::none");
    let first = place.call(&["ensure", "--wait", "--json"]).done().json();
    refused(&previous(), 7, "previous::none");
    place.edit("flags = []", "flags = [\"--parallel\", \"2\"]");
    let second = place.call(&["ensure", "--replace", "--wait", "--json"]).done().json();
    let back = previous().done().json();
    assert_eq!((&back["facts"], &back["started"]), (&first["facts"], &"replaced".into()));
    assert_eq!(previous().done().json()["facts"], second["facts"], "there and back");
    assert_eq!(engines(&place), 1);
    // What a pool goes back to is not collected: another build runs, and the one before is long unused.
    let repo = testkit::Repo { path: place.path().join("tiny-llama"), commit: String::new(), first: String::new() };
    repo.change("CHANGES", "third\n");
    let third = place.call(&["ensure", "--replace", "--wait", "--json"]);
    let third = if third.code == 0 && third.json()["started"] == "already" {
        place.call(&["stop"]).done();
        place.call(&["ensure", "--wait", "--json"]).done().json()
    } else {
        third.done().json()
    };
    assert_ne!(third["build_key"], first["build_key"]);
    let store = place.path().join("cache/v1/store");
    for entry in std::fs::read_dir(&store).unwrap().flatten() {
        let old = std::time::SystemTime::now() - Duration::from_hours(24 * 90);
        let times = std::fs::FileTimes::new().set_modified(old).set_accessed(old);
        std::fs::File::open(entry.path()).unwrap().set_times(times).unwrap();
    }
    place.call_bare(&["cache", "gc", "--older-than", "1"]).done();
    assert_eq!(std::fs::read_dir(&store).unwrap().count(), 2, "both builds are kept");
    assert_eq!(previous().done().json()["facts"], second["facts"]);
    // Removed by hand: nothing is stopped for it.
    let pid = status(&place)["pid"].clone();
    std::fs::remove_dir_all(store.join(third["build_key"].as_str().unwrap())).unwrap();
    let message = refused(&previous(), 7, "previous::gone");
    assert!(message.contains("llama-server"), "{message}");
    assert_eq!(status(&place)["pid"], pid);
}

/// Killed at any moment of going back: at most one engine then, and after the next call exactly one that answers.
#[test]
fn a_kill_while_going_back_leaves_one_engine() {
    let place = Place::new();
    goes_back(&place);
    let first = place.call(&["ensure", "--json"]).done().json();
    break_it(&place);
    for step in 0..8_u32 {
        let mut child = place.process(&["ensure", "--replace", "--wait=1"]);
        let begin = Instant::now();
        let moment = Duration::from_millis(u64::from(step) * 250);
        while begin.elapsed() < moment && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        let ended = child.wait().unwrap();
        assert!(ended.signal() == Some(9) || ended.code() == Some(6), "{ended:?}");
        assert!(engines(&place) <= 1, "step {step}");
        let said = place.call(&["ensure", "--replace", "--wait=1", "--json"]);
        refused(&said, 6, "engine::not_ready");
        assert_eq!(engines(&place), 1, "step {step}");
        let now = status(&place);
        assert_eq!((&now["engine"]["facts"], &now["health"]), (&first["facts"], &"ready".into()), "step {step}: {now}");
    }
}

/// EP-89: a pool that is stopped while its new engine is waited for stays stopped, and a plan that is refused starts nothing.
#[test]
fn a_stop_is_not_undone() {
    let place = Place::new();
    goes_back(&place);
    place.call(&["ensure", "--json"]).done();
    break_it(&place);
    let plan = place.path().join("plan.json");
    place.call(&["plan", "--replace", "--out", plan.to_str().unwrap()]).done();
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| place.call(&["ensure", "--replace", "--wait=60", "--json"]));
        let limit = Instant::now() + Duration::from_mins(1);
        while !is_new(&place) {
            assert!(Instant::now() < limit, "the new engine was not started");
            std::thread::sleep(Duration::from_millis(20));
        }
        place.call(&["stop"]).done();
        let said = waits.join().unwrap();
        let code = said.json()["error"]["code"].clone();
        assert!(said.code == 6 && ["engine::gone", "engine::exited"].contains(&code.as_str().unwrap()), "{said:?}");
    });
    assert_eq!(engines(&place), 0, "{}", status(&place));
    place.edit("flags = []", "flags = [\"--parallel\", \"2\"]");
    let said = place.call(&["ensure", "--plan", plan.to_str().unwrap(), "--json"]);
    refused(&said, 7, "plan::stale");
    assert_eq!(engines(&place), 0, "a refused plan starts nothing");
}

/// Whether the engine that runs is the one that loads for ten minutes.
fn is_new(place: &Place) -> bool {
    let pid = status(place)["pid"].as_i64().unwrap_or_default();
    let environ = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environ.split(|byte| *byte == 0).any(|variable| variable == b"TINY_LOAD_MS=600000")
}
