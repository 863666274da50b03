//! Plan files through the command line: what is approved is executed, or refused by name.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Place, Said, pool, ports};

fn file(place: &Place) -> (PathBuf, String) {
    let path = place.path().join("p.json");
    (path.clone(), path.display().to_string())
}

#[track_caller]
fn refused(said: &Said, status: i32, code: &str) -> String {
    let error = said.json()["error"].clone();
    assert_eq!((said.code, error["code"].as_str()), (status, Some(code)), "{said:?}");
    assert!(error["help"].as_str().is_some_and(|help| !help.is_empty()), "{error}");
    error["message"].as_str().unwrap().to_owned()
}

#[expect(clippy::disallowed_methods, reason = "no other process reads it while it is written")]
fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
}

/// A changed flag is refused and named, and nothing is done; the plan as it was approved runs, twice.
#[test]
fn a_plan_is_executed_as_it_was_approved() {
    let place = Place::new();
    let (path, name) = file(&place);
    place.call(&["plan", "--out", &name]).done();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!place.path().join("cache").exists(), "a plan writes nothing but its file");
    place.edit("flags = []", "flags = [\"--parallel\", \"3\"]");
    let said = place.call(&["ensure", "--plan", &name, "--json"]);
    let message = refused(&said, 7, "plan::stale");
    assert!(message.contains("start: flag --parallel: approved `absent`, now `3`"), "{message}");
    assert!(!place.path().join("cache/v1/store").exists(), "nothing was built");
    assert_eq!(place.call(&["status"]).code, 6, "nothing was started");
    refused(&place.call(&["prepare", "--plan", &name, "--json"]), 7, "plan::stale");

    place.edit("flags = [\"--parallel\", \"3\"]", "flags = []");
    let first = place.call(&["ensure", "--plan", &name, "--json"]).done().json();
    assert_eq!(first["started"], "now");
    let again = place.call(&["ensure", "--plan", &name, "--json"]).done().json();
    assert_eq!((&again["started"], &again["process"]["pid"]), (&"already".into(), &first["process"]["pid"]));
    // An engine that runs as it is wanted now is not the approved one.
    place.edit("flags = []", "flags = [\"--parallel\", \"3\"]");
    place.call(&["ensure", "--replace"]).done();
    let said = place.call(&["ensure", "--plan", &name, "--json"]);
    assert!(refused(&said, 7, "plan::stale").contains("--parallel"), "{said:?}");
}

/// A stop that was approved is done, one that was not is refused; a range of ports and a taken port are named.
#[test]
fn replacing_is_part_of_the_plan() {
    let place = Place::new();
    place.call(&["ensure"]).done();
    place.edit("flags = []", "flags = [\"--parallel\", \"3\"]");
    let (_, name) = file(&place);
    assert_eq!(place.call(&["plan", "--out", &name]).code, 7, "a plan that is blocked is a plan");
    refused(&place.call(&["ensure", "--plan", &name, "--json"]), 7, "pool::differs");
    let said = place.call(&["ensure", "--replace", "--plan", &name, "--json"]);
    assert!(refused(&said, 7, "plan::stale").contains("approved `pool::differs`, now `not blocked`"), "{said:?}");
    place.call(&["plan", "--replace", "--out", &name]).done();
    let replaced = place.call(&["ensure", "--plan", &name, "--json"]).done().json();
    assert_eq!(replaced["started"], "replaced");
    assert!(replaced["flags"].as_array().unwrap().contains(&"--parallel".into()));
}

/// Another pool's finished build does not make a plan stale; one file holds the plans of all pools.
#[test]
fn the_build_of_another_pool_is_not_stale() {
    let place = Place::new();
    let text = fs::read_to_string(place.pool_file()).unwrap();
    let second = pool(&place.path().join("tiny-llama"), &place.path().join("tiny.gguf"), &ports());
    place.write(&(text + &second.replace("\"tiny\"\nengine", "\"other\"\nengine")));
    let (_, name) = file(&place);
    let plans = place.call(&["plan", "--all", "--out", &name, "--json"]).done().json();
    let ids: Vec<&Value> = plans["plans"].as_array().unwrap().iter().map(|plan| &plan["pool_id"]).collect();
    assert_eq!(ids, ["tiny", "other"]);
    place.call(&["prepare", "--pool", "other"]).done();
    place.call(&["ensure", "--plan", &name, "--pool", "tiny"]).done();
    place.call(&["ensure", "--plan", &name, "--pool", "other"]).done();
    for pool in ["tiny", "other"] {
        place.call_bare(&["stop", "--pool", pool]).done();
    }
    // A plan of one pool is none of another.
    place.call(&["plan", "--pool", "tiny", "--out", &name]).done();
    refused(&place.call(&["ensure", "--plan", &name, "--pool", "other", "--json"]), 7, "plan::no_pool");
}

/// Files that are no plan of this user, version and host: each has its code, and nothing is started.
#[test]
fn a_bad_plan_file_is_refused_by_name() {
    let place = Place::new();
    let (path, name) = file(&place);
    let try_it = || place.call(&["ensure", "--plan", &name, "--json"]);
    refused(&try_it(), 7, "plan::missing");
    place.call(&["plan", "--out", &name]).done();
    let sound = fs::read(&path).unwrap();
    let text = String::from_utf8(sound.clone()).unwrap();
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1).into_bytes()
    };
    let value: Value = serde_json::from_slice(&sound).unwrap();
    let with = |name: &str, other: Value| {
        let mut value = value.clone();
        value[name] = other;
        serde_json::to_vec(&value).unwrap()
    };
    for (what, bytes, code) in [
        ("empty", Vec::new(), "plan::unreadable"),
        ("truncated", sound[..sound.len() / 2].to_vec(), "plan::unreadable"),
        ("another document", b"{}".to_vec(), "plan::unreadable"),
        ("binary", vec![0, 159, 146, 150], "plan::unreadable"),
        ("edited", changed("--host", "--hose"), "plan::edited"),
        ("no digest", changed("\"digest\"", "\"digesd\""), "plan::edited"),
        ("of the future", with("schema", 3.into()), "plan::version"),
        ("of another version", with("version", "9.0.0".into()), "plan::version"),
    ] {
        write(&path, &bytes);
        refused(&try_it(), 7, code);
        assert_eq!(place.call(&["status"]).code, 6, "{what}");
    }
    // White space is no content.
    write(&path, &serde_json::to_vec(&value).unwrap());
    let said = place.call(&["prepare", "--plan", &name, "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
    write(&path, &vec![b' '; (64 << 20) + 1]);
    refused(&try_it(), 1, "file::too_large");
    write(&path, &sound);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    refused(&try_it(), 7, "plan::foreign");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::rename(&path, path.with_extension("real")).unwrap();
    std::os::unix::fs::symlink(path.with_extension("real"), &path).unwrap();
    refused(&try_it(), 1, "file::not_regular");
    fs::remove_file(&path).unwrap();
    let fifo = exec::CommandSpec::new("/usr/bin/mkfifo", std::time::Duration::from_secs(5)).arg(&path);
    exec::run(&fifo).unwrap();
    refused(&try_it(), 1, "file::not_regular");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    refused(&try_it(), 1, "file::not_regular");
    let elsewhere = path.with_extension("real").display().to_string();
    let said = place.call(&["ensure", "--plan", &elsewhere, "--json", "--pool", "tiny"]);
    assert_eq!(said.code, 0, "the file itself is sound: {said:?}");
}

/// A plan of other folders is one of another host.
#[test]
fn a_plan_made_elsewhere_is_refused() {
    let place = Place::new();
    let (_, name) = file(&place);
    place.call(&["plan", "--out", &name]).done();
    let bytes = fs::read(place.path().join("p.json")).unwrap();
    let other = Place::new();
    write(&other.path().join("p.json"), &bytes);
    fs::set_permissions(other.path().join("p.json"), fs::Permissions::from_mode(0o600)).unwrap();
    let (_, name) = file(&other);
    let message = refused(&other.call(&["ensure", "--plan", &name, "--json"]), 7, "plan::host");
    assert!(message.contains("cache folder: made with"), "{message}");
}

/// Two executions of one plan at once: one engine.
#[test]
fn two_executions_of_a_plan_start_one_engine() {
    let place = Place::new();
    let (_, name) = file(&place);
    place.call(&["plan", "--out", &name]).done();
    let pids = std::thread::scope(|scope| {
        let call = || place.call(&["ensure", "--plan", &name, "--json"]).done().json()["process"]["pid"].clone();
        let both = [scope.spawn(call), scope.spawn(call)];
        both.map(|call| call.join().unwrap())
    });
    assert_eq!(pids[0], pids[1]);
}

/// A branch that moved after the approval of a finished build is more than was approved.
#[test]
fn a_moved_branch_is_more_than_was_approved() {
    let place = Place::new();
    place.call(&["prepare"]).done();
    let (_, name) = file(&place);
    place.call(&["plan", "--out", &name]).done();
    let repo = testkit::Repo { path: place.path().join("tiny-llama"), commit: String::new(), first: String::new() };
    repo.change("CHANGES", "third\n");
    let message = refused(&place.call(&["ensure", "--plan", &name, "--json"]), 7, "plan::stale");
    assert!(message.contains("build: input commit: approved"), "{message}");
    assert_eq!(place.call(&["status"]).code, 6);
}
