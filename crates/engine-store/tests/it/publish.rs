//! Publishing with the store alone: no build, no recipe of this repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use engine_store::{Contents, NewEntry, Recipe, StoreError, Verdict};

use crate::support::{Place, fill, key, publish, toy, write};

/// Files, a program, a recipe, opaque inputs and a version are all it takes; what comes back is verified, is found
/// again under its key, and its inputs mean the same to code that knows the recipe.
#[test]
fn an_entry_of_any_recipe_is_published_and_found() {
    let place = Place::new();
    let key = key(&toy());
    let claim = place.claim(&key);
    assert!(claim.take().unwrap().is_none());
    let entry = publish(&claim, toy()).unwrap();
    drop(claim);
    assert_eq!(entry.binary(), entry.dir.join("bin/engine"));
    assert_eq!((entry.manifest.recipe.as_str(), entry.manifest.engine_version.as_str()), ("archive/1", "1.2"));
    let paths: Vec<_> = entry.manifest.files.iter().map(|file| file.path.to_str().unwrap()).collect();
    assert_eq!(paths, ["bin/engine", "lib/deep/libx.so.1"]);
    let found = place.store.take(&key).unwrap().unwrap();
    assert_eq!(found.manifest, entry.manifest);
    let inputs: serde_json::Value = found.manifest.inputs.read().unwrap();
    assert_eq!(inputs["digest"], "sha256:00");
    assert_eq!(place.store.verify(&key).unwrap(), Verdict::Sound);
    assert_eq!(place.store.list().unwrap().len(), 1);
    assert_eq!(place.names("staging"), [""; 0], "the staging folder is gone");

    write(&entry.dir.join("lib/more.so"), "x");
    assert!(place.store.take(&key).unwrap().is_none(), "a file more than the manifest names");
    assert_eq!(place.names("bad").len(), 1);
}

/// What the manifest would say must be true before anything is published: the program is a file of the entry, and the
/// key is that of recipe and inputs.
#[test]
fn an_entry_that_lies_is_not_published() {
    let place = Place::new();
    let key = key(&toy());
    let claim = place.claim(&key);
    for lie in [
        NewEntry { binary: "bin/other".into(), ..toy() },
        NewEntry { recipe: Recipe::parse("archive/2").unwrap(), ..toy() },
        NewEntry { recipe: Recipe::default(), ..toy() },
        NewEntry { inputs: engine_store::OpaqueInputs::of(&"another").unwrap(), ..toy() },
    ] {
        assert!(matches!(publish(&claim, lie), Err(StoreError::NotPublished)));
    }
    assert_eq!(place.names("store"), [""; 0]);
    // Changed after it was hashed.
    let staging = claim.stage().unwrap();
    fill(&staging);
    let contents = Contents::hash(&staging).unwrap();
    write(&staging.out().join("bin/engine"), "something else");
    assert!(matches!(claim.publish(&staging, contents, toy()), Err(StoreError::NotPublished)));
    assert_eq!((place.names("store").len(), place.names("bad").len()), (0, 1));
    assert!(publish(&claim, toy()).is_ok(), "and the place is free");
}

/// B12: what a manifest does not cover is covered by the seal: the modes of the files, and the manifest itself. One
/// without a seal is judged by its manifest, as an earlier release did.
#[test]
fn a_mode_and_the_manifest_are_sealed() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let key = key(&toy());
    let change_mode = |entry: &Path| {
        fs::set_permissions(entry.join("bin/engine"), fs::Permissions::from_mode(0o644)).unwrap();
    };
    let open_up = |entry: &Path| {
        fs::set_permissions(entry.join("lib/deep/libx.so.1"), fs::Permissions::from_mode(0o666)).unwrap();
    };
    let lie = |entry: &Path| {
        let text = fs::read_to_string(entry.join("build.json")).unwrap();
        write(&entry.join("build.json"), &text.replace("\"1.2\"", "\"9.9\""));
    };
    let seal = place.dir.path().join(format!("v1/seals/{key}.json"));
    for (round, damage) in [&change_mode as &dyn Fn(&Path), &open_up, &lie].into_iter().enumerate() {
        let entry = publish(&place.claim(&key), toy()).unwrap();
        assert_eq!(place.store.verify(&key).unwrap(), Verdict::Sound);
        damage(&entry.dir);
        assert!(place.store.lookup(&key).unwrap().is_none());
        assert_eq!(place.store.verify(&key).unwrap(), Verdict::Damaged);
        assert_eq!((place.names("store").len(), place.names("bad").len()), (0, round + 1));
    }
    let entry = publish(&place.claim(&key), toy()).unwrap();
    fs::set_permissions(entry.dir.join("bin/engine"), fs::Permissions::from_mode(0o500)).unwrap();
    assert_eq!(place.store.verify(&key).unwrap(), Verdict::Sound, "a cache that was made read-only");
    fs::remove_file(&seal).unwrap();
    lie(&entry.dir);
    assert_eq!(place.store.take(&key).unwrap().unwrap().manifest.engine_version, "9.9");
}

/// B10: what a killed writer left in the cache goes with the next collection. B14: a cache that cannot be read is no
/// empty one.
#[test]
fn a_collection_cleans_and_reports_what_it_cannot_read() {
    let place = Place::new();
    let entry = publish(&place.claim(&key(&toy())), toy()).unwrap();
    let left = place.dir.path().join("v1/git/.new-AbC123");
    write(&left, "x");
    let collect = |cache: &Path| {
        let store = engine_store::Store::new(engine_store::Layout::new(cache).unwrap());
        store.gc(&engine_store::GcPolicy::default(), &BTreeSet::new(), std::time::SystemTime::now())
    };
    let report = collect(place.dir.path()).unwrap();
    assert!(!left.exists() && entry.dir.exists() && report.bytes_before > 0, "{report:?}");
    // A file in the place of a folder fails for every user, root included.
    let blocked = place.dir.path().join("blocked");
    write(&blocked, "x");
    assert!(matches!(collect(&blocked), Err(StoreError::Io { .. })));
    assert_eq!(collect(&place.dir.path().join("none")).unwrap(), engine_store::GcReport::default());
}

/// The manifest on disk names the recipe, and one whose recipe was changed is not handed out.
#[test]
fn the_recipe_is_part_of_the_key() {
    let place = Place::new();
    let key = key(&toy());
    let entry = publish(&place.claim(&key), toy()).unwrap();
    let path = entry.dir.join("build.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"recipe\": \"archive/1\""), "{text}");
    for changed in [
        text.replace("archive/1", "archive/2"),
        text.replace("  \"recipe\": \"archive/1\",\n", ""),
        text.replace("archive/1", "no recipe"),
    ] {
        write(&path, &changed);
        assert!(place.store.lookup(&key).unwrap().is_none(), "{changed}");
    }
    write(&path, &text);
    assert!(place.store.lookup(&key).unwrap().is_some());
}
