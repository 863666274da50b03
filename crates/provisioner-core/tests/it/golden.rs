//! Schema 2 of plan, executed, summary, record and events for each of the five modes, byte for byte: the files in
//! `tests/golden`. `UPDATE_GOLDEN=1 cargo test -p provisioner-core --test it golden` writes them again; a commit that
//! adds a field raises the schema.

use std::fs;
use std::path::Path;

use provisioner_core::{Ensured, Event, Executed, Plan, differences};
use serde::Serialize;
use serde::de::DeserializeOwned;
use spawner::PoolRecord;

mod values;

const UPDATE: &str = "UPDATE_GOLDEN";

/// Compares with the file, and reads what stands there.
#[track_caller]
fn check<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(name: &str, value: &T) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let mut text = serde_json::to_string_pretty(value).unwrap();
    text.push('\n');
    if std::env::var_os(UPDATE).is_some() {
        durable::replace(&path, text.as_bytes()).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap();
    assert_eq!(kept, text, "{name}: a new format is a new schema; {UPDATE}=1 writes it");
    let read: T = serde_json::from_str(&kept).unwrap();
    assert_eq!(&read, value, "{name}");
}

#[test]
fn each_mode_is_written_as_it_was() {
    for values::Case { name, plan, executed, summary, record, events } in values::cases() {
        check::<Plan>(&format!("{name}.plan.json"), &plan);
        check::<Executed>(&format!("{name}.executed.json"), &executed);
        check::<Ensured>(&format!("{name}.summary.json"), &summary);
        check::<PoolRecord>(&format!("{name}.record.json"), &record);
        check::<Vec<Event>>(&format!("{name}.events.json"), &events);
        assert_eq!(differences(&plan, &executed), [], "{name}: the examples are true");
    }
}

/// The examples show every word that can stand in these documents.
#[test]
fn each_word_is_in_some_file() {
    let all: String = values::cases()
        .iter()
        .map(|case| {
            let parts = [
                serde_json::to_string(&case.plan),
                serde_json::to_string(&case.executed),
                serde_json::to_string(&case.summary),
                serde_json::to_string(&case.record),
                serde_json::to_string(&case.events),
            ];
            parts.map(Result::unwrap).concat()
        })
        .collect();
    let kinds = provisioner_core::StepKind::ALL.iter().map(|kind| kind.name());
    let words = [
        "satisfied",
        "to_run",
        "blocked",
        "hit",
        "miss",
        "run",
        "download",
        "unpack",
        "pull",
        "publish",
        "stop",
        "launch",
        "look",
        "commit",
        "port",
        "staging",
        "digest",
        "definitions",
        "done",
        "waited",
        "resumed",
        "failed",
        "cancelled",
        "not_reached",
        "program",
        "image",
        "remote",
        "process",
        "container",
        "now",
        "already",
        "replaced",
        "file",
        "shards",
        "repository",
        "host",
        "artifact",
        "start",
        "running",
        "stopping",
        "proven",
        "denied",
        "undecided",
        "begin",
        "progress",
        "end",
        "finished",
        "note",
        "warning",
        "steps",
        "bytes",
        "seconds",
    ];
    for word in kinds.chain(words) {
        assert!(all.contains(&format!("\"{word}\"")), "{word}");
    }
}
