//! Entries that an earlier release wrote stay hits.

use std::fs;
use std::path::Path;

use engine_store::{EntryKey, Recipe, Verdict};

use crate::support::Place;

const KEY: &str = "b339d75e07b4ac3c4b7adbfa9514c698";

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A manifest without a recipe follows the first one: the entry is found, verified byte by byte, listed and handed out under
/// the key it always had, and its manifest would be written again as it is.
#[test]
fn an_entry_without_a_recipe_is_a_hit() {
    let place = Place::new();
    let (key, from) =
        (EntryKey::parse(KEY).unwrap(), Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/recipe-1"));
    copy(&from.join(KEY), &place.store.dir(&key));
    assert!(place.store.lookup(&key).unwrap().is_some());
    assert_eq!(place.store.verify(&key).unwrap(), Verdict::Sound);
    let entry = place.store.take(&key).unwrap().unwrap();
    assert_eq!(entry.manifest.recipe, Recipe::LLAMACPP_SOURCE_1);
    assert_eq!(EntryKey::of(&entry.manifest.recipe, &entry.manifest.inputs.canonical()), key);
    assert_eq!((entry.manifest.engine_version.as_str(), entry.help().as_str()), ("1 (0000000)", "--model FILE\n"));
    assert!(entry.log("configure").is_file());
    let written = fs::read_to_string(entry.dir.join("build.json")).unwrap();
    assert_eq!(serde_json::to_string_pretty(&entry.manifest).unwrap(), written);
    assert!(place.store.list().unwrap()[0].manifest.is_some());

    // One input changed: no longer what the key says.
    let changed = written.replace("\"generator\": \"Ninja\"", "\"generator\": \"Make\"");
    assert_ne!(changed, written);
    crate::support::write(&entry.dir.join("build.json"), &changed);
    assert!(place.store.lookup(&key).unwrap().is_none());
}
