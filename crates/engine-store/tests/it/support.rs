//! A store in a folder of its own, and a toy engine to put into it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use engine_store::{
    Claim, Contents, Entry, EntryKey, Layout, NewEntry, OpaqueInputs, Recipe, Staging, Store, StoreError,
};

pub(crate) struct Place {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) store: Store,
}

impl Place {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(Layout::new(dir.path()).unwrap());
        Self { dir, store }
    }

    /// The names in a folder of the cache.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path().join("v1").join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    pub(crate) fn claim(&self, key: &EntryKey) -> Claim {
        self.store.claim(key, "test", durable::Wait::new(Duration::from_secs(5))).unwrap()
    }
}

/// An engine that was built and packed elsewhere.
pub(crate) fn toy() -> NewEntry {
    let inputs = serde_json::json!({ "url": "https://example.com/engine-1.2.tar.gz", "digest": "sha256:00" });
    NewEntry {
        recipe: Recipe::parse("archive/1").unwrap(),
        inputs: OpaqueInputs::of(&inputs).unwrap(),
        engine_version: "1.2".into(),
        binary: "bin/engine".into(),
        took: Duration::from_secs(3),
    }
}

pub(crate) fn key(entry: &NewEntry) -> EntryKey {
    EntryKey::of(&entry.recipe, &entry.inputs.canonical())
}

/// Fills a staging folder as unpacking an archive would.
pub(crate) fn fill(staging: &Staging) {
    let (bin, deep) = (staging.out().join("bin"), staging.out().join("lib/deep"));
    fs::create_dir_all(&bin).unwrap();
    fs::create_dir_all(&deep).unwrap();
    write(&bin.join("engine"), "#!/bin/sh\necho 1.2\n");
    fs::set_permissions(bin.join("engine"), fs::Permissions::from_mode(0o700)).unwrap();
    write(&deep.join("libx.so.1"), "x");
}

pub(crate) fn write(path: &Path, text: &str) {
    use std::io::Write;
    fs::File::create(path).and_then(|mut file| file.write_all(text.as_bytes())).unwrap();
}

/// The whole way of one toy entry.
pub(crate) fn publish(claim: &Claim, entry: NewEntry) -> Result<Entry, StoreError> {
    let staging = claim.stage()?;
    fill(&staging);
    let contents = Contents::hash(&staging)?;
    claim.publish(&staging, contents, entry)
}
