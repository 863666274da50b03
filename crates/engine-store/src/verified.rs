//! Remembers which files of an entry were hashed, by everything a file cannot change without leaving a trace.
//!
//! Hashing a large engine at every start would cost more than the start. A file whose [`Stamp`] is that of the moment
//! it was hashed has not been written since. A lost or torn memory costs one hash.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use durable::Stamp;
use serde::{Deserialize, Serialize};

use crate::manifest::FileEntry;
use crate::seal::Seal;
use crate::{EntryKey, Layout, Manifest, StoreError, manifest};

/// No memory is larger.
const LARGEST: u64 = 1 << 20;

/// What was hashed of one entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Memory(BTreeMap<PathBuf, Seen>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    stamp: Stamp,
    sha256: String,
}

impl Memory {
    /// Hashes a file of an entry, for its manifest and for the next look.
    pub(crate) fn hash(&mut self, entry: &Path, path: &Path) -> Result<FileEntry, StoreError> {
        let full = entry.join(path);
        // Before the hash: what is written meanwhile has another stamp afterwards.
        let meta = std::fs::symlink_metadata(&full).map_err(StoreError::io("look at", &full))?;
        let file = FileEntry::of(entry, path)?;
        self.0.insert(path.to_owned(), Seen { stamp: Stamp::of(&meta), sha256: file.sha256.clone() });
        Ok(file)
    }

    /// Failing to remember only costs a hash later (a read-only cache folder is fine to run from).
    pub(crate) fn save(&self, layout: &Layout, key: &EntryKey) {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        if let Err(error) = durable::replace(&place(layout, key), &bytes) {
            tracing::debug!(%key, %error, "could not remember a verification");
        }
    }
}

fn place(layout: &Layout, key: &EntryKey) -> PathBuf {
    layout.dir("verified").join(format!("{key}.json"))
}

/// Whether the entry holds the files of its manifest, each as the manifest says, and no other: the server would load a
/// library that was put beside it. A sealed entry's files may be executed and written by whom they could be when they were
/// published, and have one owner. With `remember`, what was hashed is remembered.
pub(crate) fn matches(
    layout: &Layout,
    entry: &Path,
    manifest: &Manifest,
    seal: Option<&Seal>,
    remember: bool,
) -> Result<bool, StoreError> {
    let owner = std::fs::symlink_metadata(entry).map_err(StoreError::io("look at", entry))?.uid();
    let before = recall(&place(layout, &manifest.key));
    let mut after = Memory::default();
    if !manifest::list(entry)?.iter().eq(manifest.files.iter().map(|file| &file.path)) {
        return Ok(false);
    }
    for FileEntry { path, size, sha256 } in &manifest.files {
        let full = entry.join(path);
        let Ok(meta) = std::fs::symlink_metadata(&full) else { return Ok(false) };
        if !meta.is_file() || meta.len() != *size {
            return Ok(false);
        }
        if seal.is_some_and(|seal| !seal.has_mode(path, &meta) || meta.uid() != owner) {
            return Ok(false);
        }
        let seen = Seen { stamp: Stamp::of(&meta), sha256: sha256.clone() };
        if before.0.get(path) != Some(&seen) && durable::sha256(&full)?.1 != *sha256 {
            return Ok(false);
        }
        after.0.insert(path.clone(), seen);
    }
    if remember && after != before {
        after.save(layout, &manifest.key);
    }
    Ok(true)
}

/// Forgets what is known of an entry, so that it is hashed again.
pub(crate) fn forget(layout: &Layout, key: &EntryKey) {
    crate::disk::remove(&place(layout, key));
}

fn recall(place: &Path) -> Memory {
    let bytes = durable::read_regular(place, LARGEST).ok().flatten();
    bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}
