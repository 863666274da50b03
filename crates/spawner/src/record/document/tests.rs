//! Records of every kind are written and read; whatever is torn, mixed or impossible is no record.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::record::Record;

pub(crate) fn record() -> Record {
    Record {
        pool: "p".into(),
        instance: "0123456789abcdef0123456789abcdef".into(),
        state: State::Running,
        pid: 4711,
        start_ticks: 99,
        pidfd_inode: 1234,
        boot_id: "b".into(),
        pid_ns: 7,
        uid: 0,
        exe: "/bin/x".into(),
        argv: vec!["--port".into(), "1 } \" \n".into()],
        host: "127.0.0.1".into(),
        port: 8080,
        fingerprint: BTreeMap::from([("build".into(), "k".into())]),
        started_unix_s: 1,
    }
}

fn container() -> RecordedEngine {
    let (runtime, id) = ("podman".into(), "9f8e".into());
    RecordedEngine::Container { runtime, id, name: "engine-p".into(), image: "r/e@sha256:1a".into() }
}

fn remote() -> RecordedEngine {
    RecordedEngine::Remote { url: "http://10.0.0.7:8000".into() }
}

/// One record of each kind: a process's, a container's and a remote engine's.
fn kinds() -> [PoolRecord; 3] {
    let process = PoolRecord::from(record());
    let of = |engine| PoolRecord { engine, ..process.clone() };
    [process.clone(), of(container()), of(remote())]
}

/// The record as the version before wrote it.
fn earlier() -> Value {
    let mut value = serde_json::to_value(record()).unwrap();
    value["schema"] = json!(1);
    value.as_object_mut().unwrap().remove("kind");
    value
}

fn parsed(value: &Value) -> Result<PoolRecord, Fault> {
    parse(&serde_json::to_vec(value).unwrap(), "p")
}

#[track_caller]
fn torn(value: &Value, why: &str) {
    let fault = parsed(value).unwrap_err();
    assert!(matches!(&fault, Fault::Torn(text) if text.contains(why)), "{fault:?}");
}

/// F09: a torn record is never taken for a record.
#[track_caller]
fn assert_whole(record: &PoolRecord) {
    let bytes = render(record).unwrap();
    assert_eq!(parse(&bytes, "p").as_ref(), Ok(record));
    for end in 0..bytes.len() {
        assert!(matches!(parse(&bytes[..end], "p"), Err(Fault::Torn(_))), "{end} bytes");
        let mut zeroed = bytes.clone();
        zeroed[end..].fill(0);
        assert!(matches!(parse(&zeroed, "p"), Err(Fault::Torn(_))), "zeros from {end}");
    }
}

#[test]
fn each_kind_is_written_and_read() {
    for record in kinds() {
        let value = serde_json::to_value(&record).unwrap();
        assert_eq!(value["schema"], 2);
        assert_eq!(parsed(&value), Ok(record.clone()));
        assert_eq!(Record::try_from(record).is_ok(), value["kind"] == "process");
    }
}

#[test]
fn a_record_of_the_version_before_is_read() {
    assert_eq!(parsed(&earlier()), Ok(record().into()));
    // As the version before would have it, what is of later versions has no place in it.
    for (name, value) in [("kind", json!("process")), ("url", json!("http://x"))] {
        let mut value_of_both = earlier();
        value_of_both[name] = value;
        assert!(matches!(parsed(&value_of_both), Err(Fault::Torn(_))), "{name}");
    }
}

/// All fields of its kind, and no others.
#[test]
fn a_record_has_the_fields_of_its_kind() {
    let own: [&[&str]; 3] =
        [&["pid", "start_ticks", "pidfd_inode", "pid_ns", "exe"], &["runtime", "id", "name", "image"], &["url"]];
    let values = kinds().map(|record| serde_json::to_value(record).unwrap());
    for (at, value) in values.iter().enumerate() {
        for field in own[at] {
            let mut lacks = value.clone();
            lacks.as_object_mut().unwrap().remove(*field);
            torn(&lacks, "fields are not those of its kind");
        }
        for (other, fields) in own.iter().enumerate().filter(|(other, _)| *other != at) {
            for field in *fields {
                let mut more = value.clone();
                more[*field] = values[other][*field].clone();
                torn(&more, "fields are not those of its kind");
            }
        }
    }
}

/// F09
#[test]
fn a_record_that_cannot_be_is_refused() {
    #[track_caller]
    fn refused(change: impl FnOnce(&mut Record), why: &str) {
        let mut changed = record();
        change(&mut changed);
        torn(&serde_json::to_value(changed).unwrap(), why);
    }
    for pid in [-1, 0, 1, i32::MIN] {
        refused(|r| r.pid = pid, "not the number of an engine's process");
    }
    refused(|r| r.instance = "short".into(), "32 hex digits");
    refused(|r| r.instance = "G".repeat(32), "32 hex digits");
    refused(|r| r.pool = "other".into(), "belongs to pool `other`");
    let [_, container, remote] = kinds().map(|record| serde_json::to_value(record).unwrap());
    for (value, field) in [(&container, "runtime"), (&container, "id"), (&container, "name"), (&remote, "url")] {
        let mut empty = value.clone();
        empty[field] = json!("");
        torn(&empty, "does not name its");
    }
}

#[test]
fn another_version_is_told_apart_from_garbage() {
    let mut newer = serde_json::to_value(record()).unwrap();
    newer["schema"] = json!(3);
    assert_eq!(parsed(&newer), Err(Fault::OtherSchema(3)));
    assert_eq!(parse(b"{\"schema\": 4, \"new\": 1}", "p"), Err(Fault::OtherSchema(4)));
    torn(&json!({ "schema": 2 }), "missing field");
}

proptest! {
    #[test]
    fn bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(parse(&bytes, "p").is_err());
    }

    #[test]
    fn what_is_written_is_read(argv in proptest::collection::vec(".*", 0..4), pid in 2..i32::MAX, port: u16) {
        let written = PoolRecord::from(Record { pid, argv, port, ..record() });
        prop_assert_eq!(parse(&render(&written).unwrap(), "p"), Ok(written));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_prefix_is_a_record(
        which in 0..3_usize,
        word in "[^\\x00]{1,12}",
        argv in proptest::collection::vec(".{0,12}", 0..3),
        fingerprint in proptest::collection::btree_map(".{0,6}", ".{0,12}", 0..3),
    ) {
        let mut record = PoolRecord { argv, fingerprint, ..kinds()[which].clone() };
        match &mut record.engine {
            RecordedEngine::Process { exe, .. } => *exe = word,
            RecordedEngine::Container { name, .. } => *name = word,
            RecordedEngine::Remote { url } => *url = word,
        }
        assert_whole(&record);
    }
}
