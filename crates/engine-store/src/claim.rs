//! The right to make one entry: held by one process at a time, from the first look to the published folder.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use durable::{Lock, Wait};

use crate::contents::write;
use crate::manifest::{FILE, SCHEMA};
use crate::seal::Seal;
use crate::{Contents, Entry, EntryKey, Manifest, OpaqueInputs, Recipe, Staging, Store, StoreError, quarantine};

/// The lock of one key, and what may be done under it.
#[derive(Debug)]
pub struct Claim {
    store: Store,
    key: EntryKey,
    _lock: Lock,
}

/// What an entry is, beside its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// How it was made.
    pub recipe: Recipe,
    /// What decided it; with the recipe, it gives the key.
    pub inputs: OpaqueInputs,
    /// What the program reports as its version.
    pub engine_version: String,
    /// The program, relative to the entry; one of its files.
    pub binary: PathBuf,
    /// How long it took to make.
    pub took: Duration,
}

impl Store {
    /// Takes the lock of a key, waiting for another process that makes the same entry.
    pub fn claim(&self, key: &EntryKey, task: &str, wait: Wait<'_>) -> Result<Claim, StoreError> {
        self.layout().create()?;
        let lock = Lock::acquire_with(&self.lock(key), task, wait)?;
        Ok(Claim { store: self.clone(), key: key.clone(), _lock: lock })
    }
}

impl Claim {
    /// The key.
    pub fn key(&self) -> &EntryKey {
        &self.key
    }

    /// The entry, if it is there and whole; a damaged one is quarantined.
    pub fn take(&self) -> Result<Option<Entry>, StoreError> {
        self.store.take_locked(&self.key)
    }

    /// A new staging folder.
    pub fn stage(&self) -> Result<Staging, StoreError> {
        Staging::create(self.store.layout(), &self.key)
    }

    /// The newest staging folder that a killed process left for this key, now ours. Whether it can be used is for the caller
    /// to decide.
    pub fn adopt(&self) -> Result<Option<Staging>, StoreError> {
        Staging::adopt(self.store.layout(), &self.key)
    }

    /// Writes the manifest, makes everything durable, moves the staging folder's `out` to its place by one rename, and
    /// verifies it there.
    pub fn publish(&self, staging: &Staging, contents: Contents, entry: NewEntry) -> Result<Entry, StoreError> {
        let (out, dir) = (staging.out(), self.store.dir(&self.key));
        let NewEntry { recipe, inputs, engine_version, binary, took } = entry;
        let Contents { mut files, seen, .. } = contents;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let known = files.iter().any(|file| file.path == binary);
        if !known || EntryKey::of(&recipe, &inputs.canonical()) != self.key {
            return Err(StoreError::NotPublished);
        }
        let manifest = Manifest {
            schema: SCHEMA,
            key: self.key.clone(),
            recipe,
            inputs,
            engine_version,
            binary,
            files,
            build_seconds: took.as_secs(),
            built_unix_s: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        };
        let bytes = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
        write(&out, FILE, &bytes)?;
        Seal::of(&out, &bytes, &manifest.files)?.save(self.store.layout(), &self.key)?;
        sync(&out, &manifest)?;
        fs::rename(&out, &dir).map_err(StoreError::io("publish", &dir))?;
        durable::sync_dir(dir.parent().unwrap_or(&dir))?;
        seen.save(self.store.layout(), &self.key);
        self.take()?.ok_or(StoreError::NotPublished)
    }

    /// Quarantines the entry of this key, for a caller that found out that it does not work after all.
    pub fn quarantine(&self, entry: &Entry) -> Result<(), StoreError> {
        quarantine(self.store.layout(), &entry.dir, self.key.as_str()).map(|_| ())
    }
}

/// Makes every file and folder of an entry durable, folders after what is in them.
fn sync(out: &Path, manifest: &Manifest) -> Result<(), StoreError> {
    let mut folders = BTreeSet::from([PathBuf::new()]);
    for path in manifest.files.iter().map(|file| file.path.as_path()).chain([Path::new(FILE)]) {
        let full = out.join(path);
        File::open(&full).and_then(|f| f.sync_all()).map_err(StoreError::io("sync", &full))?;
        folders.extend(path.ancestors().skip(1).map(Path::to_owned));
    }
    for folder in folders.iter().rev() {
        durable::sync_dir(&out.join(folder))?;
    }
    Ok(())
}
