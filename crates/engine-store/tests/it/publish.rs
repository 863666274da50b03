//! Publishing with the store alone: no build, no recipe of this repository.

use std::fs;

use engine_store::{Contents, NewEntry, Recipe, StoreError, Verdict};

use crate::support::{Place, fill, key, publish, toy, write};

/// Files, a program, a recipe, opaque inputs and a version are all it takes; what comes back is verified, is found again
/// under its key, and its inputs mean the same to whoever knows the recipe.
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

/// What the manifest would say must be true before anything is published: the program is a file of the entry, and the key is
/// that of recipe and inputs.
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
