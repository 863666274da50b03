//! `--events jsonl`: what happens, for programs.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::Place;

/// The runs in the order of their beginning, each with its events; every event has to name its run, pool and schema.
#[track_caller]
fn runs(events: &[Value]) -> Vec<(String, Vec<&Value>)> {
    let mut runs: Vec<(String, Vec<&Value>)> = Vec::new();
    for event in events.iter().filter(|event| event["event"] != "log") {
        assert_eq!((&event["schema"], &event["pool_id"]), (&2.into(), &"tiny".into()), "{event}");
        assert!(event["unix_ms"].as_u64().is_some_and(|ms| ms > 1_700_000_000_000), "{event}");
        let run = event["run_id"].as_str().unwrap().to_owned();
        match runs.iter_mut().find(|(known, _)| *known == run) {
            Some((_, events)) => events.push(event),
            None => runs.push((run, vec![event])),
        }
    }
    runs
}

/// The steps of a run: each begins once, ends once after that, and nothing is left open. What each ended as.
#[track_caller]
fn steps(events: &[&Value]) -> BTreeMap<String, String> {
    let (mut open, mut ended) = (Vec::new(), BTreeMap::new());
    for event in events {
        let step = event["step"].as_str().unwrap_or_default().to_owned();
        match event["event"].as_str().unwrap() {
            "begin" => {
                assert!(!open.contains(&step) && !ended.contains_key(&step), "{step} begins twice");
                assert!(event["kind"].is_string(), "{event}");
                open.push(step);
            }
            "end" => {
                assert!(open.contains(&step), "{step} ends and never began");
                open.retain(|other| *other != step);
                ended.insert(step, event["outcome"].as_str().unwrap().to_owned());
            }
            _ => {}
        }
    }
    assert_eq!(open, Vec::<String>::new(), "these never end");
    ended
}

#[track_caller]
fn outcome(events: &[&Value]) -> String {
    let last = events.last().unwrap();
    assert_eq!(last["event"], "finished", "{last}");
    assert!(last["seconds"].as_f64().is_some(), "{last}");
    last["outcome"].as_str().unwrap().to_owned()
}

#[test]
fn every_event_is_a_line_of_its_run() {
    let place = Place::new();
    let said = place.call(&["ensure", "--wait", "--json", "--events", "jsonl"]).done();
    let document = said.json();
    assert_eq!(document["started"], "now", "standard output stays the one document");
    let events = said.events();
    let runs = runs(&events);
    let outcomes: Vec<_> = runs.iter().map(|(_, events)| outcome(events)).collect();
    assert_eq!(outcomes, ["started", "ready"]);
    let ended = steps(&runs[0].1);
    for step in ["fetch", "configure", "build", "prove", "start"] {
        assert_eq!(ended.get(step).map(String::as_str), Some("done"), "{ended:?}");
    }
    steps(&runs[1].1);
    let built = |event: &&Value| event["event"] == "progress" && event["step"] == "build";
    assert!(events.iter().any(|event| built(&event) && event["unit"] == "steps"), "{said:?}");
    assert!(events.iter().any(|event| event["event"] == "warning"), "accelerator = \"cpu\" is worth a warning");

    let again = place.call(&["ensure", "--json", "--events=jsonl"]).done();
    let again = again.events();
    let runs_again = self::runs(&again);
    assert_eq!(runs_again.iter().map(|(_, events)| outcome(events)).collect::<Vec<_>>(), ["already_running"]);
    assert_ne!(runs_again[0].0, runs[0].0, "each run has a name of its own");
    assert_eq!(steps(&runs_again[0].1).len(), 0, "nothing was to be done");
}

/// Log lines and the error are lines of the same kind; text is only where it was asked for.
#[test]
fn nothing_else_is_on_standard_error() {
    let place = Place::new();
    place.edit("ref = \"main\"", "ref = \"mian\"");
    place.edit("[[pools]]", "[catalog.trust_policy]\nrequire_signature = true\n\n[[pools]]");
    let said = place.call(&["prepare", "--events", "jsonl", "-vv"]);
    assert_eq!((said.code, said.stdout.as_str()), (4, ""));
    let events = said.events();
    let last = events.last().unwrap();
    assert_eq!((&last["event"], &last["error"]["code"]), (&"error".into(), &"source::ref_not_found".into()));
    let warned = |event: &&Value| event["event"] == "log" && event["level"] == "warn";
    let policy = events.iter().find(warned).unwrap();
    assert!(policy["text"].as_str().unwrap().contains("trust_policy"), "{policy}");
    let all: Vec<Value> = events.iter().filter(|event| event["event"] != "error").cloned().collect();
    let runs = runs(&all);
    assert_eq!(outcome(&runs[0].1), "failed");
    assert_eq!(runs[0].1.last().unwrap()["code"], "source::ref_not_found");
    assert_eq!(steps(&runs[0].1).get("fetch").map(String::as_str), Some("failed"));
    let document = place.call(&["prepare", "--events", "jsonl", "--json"]);
    assert_eq!(document.json()["error"]["code"], "source::ref_not_found");
    assert!(document.events().iter().all(|event| event["event"] != "error"), "the document has it");
}
