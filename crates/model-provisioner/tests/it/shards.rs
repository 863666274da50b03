//! Models in several shards on this host.

use std::fs;
use std::path::Path;

use model_provisioner::{FilesError, ModelError, ModelRequest, Presence, StagedKind};

use crate::local::{code, models};
use crate::support::fixtures::{self, Writer};
use crate::support::tree::put;

const FIRST: &str = "split-00001-of-00003.gguf";

/// The three shards that the library wrote.
fn split(dir: &Path) {
    for number in 1..=3 {
        let name = format!("split-{number:05}-of-00003.gguf");
        put(&dir.join(&name), &fixtures::read(&name));
    }
}

fn refusal(dir: &Path, name: &str) -> FilesError {
    match models(dir).inspect(&ModelRequest::local_gguf(dir.join(name))) {
        Presence::Unusable(ModelError::Files(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_shard_stands_for_all() {
    let dir = tempfile::tempdir().unwrap();
    split(dir.path());
    let request = ModelRequest::local_gguf(dir.path().join(FIRST));
    let Presence::Present(found) = models(dir.path()).inspect(&request) else { panic!() };
    assert_eq!((found.staged.kind, found.staged.files.len(), found.headers.len()), (StagedKind::Shards, 3, 3));
    assert_eq!(found.staged.path, dir.path().join(FIRST));
    assert_eq!(found.staged.size(), found.headers.iter().map(|header| header.len).sum::<u64>());
    let json = serde_json::to_value(&found.staged).unwrap();
    assert_eq!(json["kind"], "shards");
    assert_eq!(serde_json::from_value::<model_provisioner::Staged>(json).unwrap(), found.staged);
}

/// Field report: shard 2 of 13 is not on disk.
#[test]
fn a_missing_shard_is_named() {
    let dir = tempfile::tempdir().unwrap();
    split(dir.path());
    fs::remove_file(dir.path().join("split-00002-of-00003.gguf")).unwrap();
    let error = refusal(dir.path(), FIRST);
    assert!(error.to_string().contains("3 shards, and 1 of them are missing"), "{error}");
    assert!(error.to_string().contains("split-00002-of-00003.gguf"), "{error}");
}

#[test]
fn another_shard_than_the_first_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    split(dir.path());
    let FilesError::NotFirstShard { number: 2, count: 3, first, .. } = refusal(dir.path(), "split-00002-of-00003.gguf")
    else {
        panic!()
    };
    assert_eq!(first, dir.path().join(FIRST).display().to_string());
}

/// Field report: shards put together with cat.
#[test]
fn shards_joined_by_hand_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let joined: Vec<u8> =
        (1..=3).flat_map(|number| fixtures::read(&format!("split-{number:05}-of-00003.gguf"))).collect();
    put(&dir.path().join("merged.gguf"), &joined);
    assert!(matches!(refusal(dir.path(), "merged.gguf"), FilesError::ShardsJoined { count: 3, .. }));
    put(&dir.path().join("renamed.gguf"), &fixtures::read("split-00002-of-00003.gguf"));
    let renamed = refusal(dir.path(), "renamed.gguf");
    assert!(matches!(renamed, FilesError::ShardRenamed { number: 2, count: 3, .. }), "{renamed}");
}

#[test]
fn shards_of_different_models_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    split(dir.path());
    put(&dir.path().join("split-00003-of-00003.gguf"), &fixtures::read("split-00002-of-00003.gguf"));
    let error = refusal(dir.path(), FIRST);
    assert!(error.to_string().contains("its header says shard 2 of 3, its name 3 of 3"), "{error}");
    put(&dir.path().join("split-00003-of-00003.gguf"), &fixtures::read("phi-4.gguf"));
    assert!(refusal(dir.path(), FIRST).to_string().contains("does not say that it is a shard"));
    put(&dir.path().join("split-00003-of-00003.gguf"), b"GGUF");
    assert_eq!(code(dir.path(), &ModelRequest::local_gguf(dir.path().join(FIRST))), "model::gguf");
    let two = [Writer::shard(0, 2, 64), Writer::shard(0, 2, 64)];
    put(&dir.path().join("m-00001-of-00002.gguf"), &two[0]);
    put(&dir.path().join("m-00002-of-00002.gguf"), &two[1]);
    assert!(matches!(refusal(dir.path(), "m-00001-of-00002.gguf"), FilesError::ShardMismatch { .. }));
}
