//! Archives in lock files through the command line: the digest is shown, accepted, pinned, and nothing else runs.

use std::fs;
use std::path::Path;

use testkit::shell;

use crate::support::{Place, Said, of_archive, pool, ports, server_archive, sum};

/// Has the pool of a place take its engine from this archive.
fn take_from(place: &Place, archive: &Path, checksum: Option<&str>) {
    let model = testkit::tiny_model(place.path());
    let text = pool("/nonexistent".as_ref(), &model, &ports());
    place.write(&of_archive(&text, &format!("file://{}", archive.display()), checksum));
}

fn pinned(place: &Place) -> Option<String> {
    let text = fs::read_to_string(place.path().join("pools.lock.toml")).unwrap();
    let (_, rest) = text.split_once("[pools.tiny.archive]")?;
    Some(rest.split_once("digest = \"")?.1.split_once('"')?.0.to_owned())
}

#[track_caller]
fn refused(said: &Said, code: &str) -> String {
    let error = said.json()["error"].clone();
    assert_eq!(error["code"].as_str(), Some(code), "{said:?}");
    format!("{} {}", error["message"], error["help"])
}

/// Without a checksum nothing runs; `lock` shows the digest and pins it only once the operator accepts it; another archive
/// at the same address is then refused, and its digest is shown.
#[test]
fn a_digest_is_shown_and_accepted_before_it_runs() {
    let place = Place::new();
    let archive = server_archive(&place, "engine.tar.gz");
    take_from(&place, &archive, None);
    let plan = place.call(&["plan", "--json"]);
    assert!(plan.code == 2 && plan.stdout.contains("pool::no_checksum") && plan.stdout.contains("`lock`"), "{plan:?}");
    let said = place.call(&["lock"]).done();
    let first = sum(&archive);
    assert!(said.stdout.contains(&format!("checksum = \"{first}\"")), "{said:?}");
    assert_eq!(pinned(&place), None, "what was only seen is not pinned");
    refused(&place.call(&["ensure", "--locked", "--json"]), "pin::missing");

    place.call(&["lock", "--update", "archive"]).done();
    assert_eq!(pinned(&place), Some(first.clone()));
    let help = refused(&place.call(&["ensure", "--json"]), "pool::no_checksum");
    assert!(help.contains("--locked"), "{help}");
    let ensured = place.call(&["ensure", "--locked", "--json"]).done().json();
    assert_eq!(ensured["provisioning_mode"], "binary");
    place.call(&["stop"]).done();

    // Another archive at the same address.
    shell("gzip -dc \"$1\" | gzip -1 >\"$1.new\" && mv \"$1.new\" \"$1\"", &[&archive]);
    let second = sum(&archive);
    assert_ne!(first, second);
    place.call(&["ensure", "--locked", "--json"]).done();
    place.call(&["stop"]).done();
    fs::remove_dir_all(place.path().join("cache")).unwrap();
    refused(&place.call(&["ensure", "--locked", "--json"]), "download::digest");
    let said = place.call(&["lock"]).done();
    assert!(said.stdout.contains(&format!("is {second} now, and stays pinned to {first}")), "{said:?}");
    assert_eq!(pinned(&place), Some(first.clone()));
    let said = place.call(&["lock", "--update", "archive"]).done();
    assert!(said.stdout.contains(&format!("was {first}, and is {second} now")), "{said:?}");
    place.call(&["ensure", "--locked", "--json"]).done();
}

/// A checksum is the operator's word: it is pinned as it is, and what differs from it is drift.
#[test]
fn a_checksum_is_pinned_and_a_change_of_it_is_drift() {
    let place = Place::bare();
    let archive = place.path().join("engine.tar.gz");
    shell("tar -czf \"$1\" -C /etc hostname", &[&archive]);
    let (right, wrong) = (sum(&archive), format!("sha256:{}", "0".repeat(64)));
    take_from(&place, &archive, Some(&right));
    place.call(&["lock"]).done();
    assert_eq!(pinned(&place), Some(right.clone()));
    place.call(&["plan", "--locked"]).done();
    place.edit(&right, &wrong);
    let plan = place.call(&["plan"]);
    assert!(plan.stdout.contains(&format!("drift: the archive is pinned to {right}")), "{plan:?}");
    let text = refused(&place.call(&["ensure", "--locked", "--json"]), "pin::other");
    assert!(text.contains(&right) && text.contains(&wrong), "{text}");
    // The server's archive is another one than the pool file's checksum: said, and not taken.
    let said = place.call(&["lock", "--update", "archive"]).done();
    assert!(said.stdout.contains(&format!("is {right} now, and the pool file's checksum stays {wrong}")), "{said:?}");
    assert_eq!(pinned(&place), Some(wrong));
}

/// What no pool of the file has cannot be updated, and that is said.
#[test]
fn there_is_nothing_of_this_kind() {
    let place = Place::new();
    let said = place.call(&["lock", "--update", "image", "--update", "archive"]).done();
    for (mode, what) in [("container", "image"), ("binary", "archive")] {
        let expected = format!("no pool here has the mode `{mode}`, so that there is no {what} to pin");
        assert!(said.stdout.contains(&expected), "{said:?}");
    }
}
