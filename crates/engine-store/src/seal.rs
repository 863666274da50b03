//! What was true of an entry when it was published and stands nowhere in it: the digest of its manifest, and the mode
//! of each file.
//!
//! A manifest covers every file but itself, and contents alone. The seal lies beside the store, so that an entry of an
//! earlier release, which has none, stays a hit, and an earlier release finds no file that its manifest does not name.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{EntryKey, FileEntry, Layout, StoreError};

/// No seal is larger.
const LARGEST: u64 = 1 << 20;
/// The bits of a mode that say who may do what.
const PERMISSIONS: u32 = 0o7777;
/// Those of them that stay: who may execute a file, and as whom.
const EXECUTES: u32 = 0o7111;
/// Those that are not added: others may write. An operator who makes a cache read-only removes the rest.
const OTHERS_WRITE: u32 = 0o022;

/// The seal of one entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seal {
    /// SHA-256 of the manifest, hexadecimal.
    manifest: String,
    /// The mode of each file, by its path in the entry.
    modes: BTreeMap<PathBuf, u32>,
}

impl Seal {
    /// The seal of what is about to be published.
    pub(crate) fn of(entry: &Path, manifest: &[u8], files: &[FileEntry]) -> Result<Self, StoreError> {
        let mode = |file: &FileEntry| {
            let path = entry.join(&file.path);
            let meta = std::fs::symlink_metadata(&path).map_err(StoreError::io("look at", path))?;
            Ok((file.path.clone(), meta.mode() & PERMISSIONS))
        };
        let modes = files.iter().map(mode).collect::<Result<_, StoreError>>()?;
        Ok(Self { manifest: durable::hex(&Sha256::digest(manifest)), modes })
    }

    /// Keeps it. Durable when this returns, so that it is there before its entry is.
    pub(crate) fn save(&self, layout: &Layout, key: &EntryKey) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        Ok(durable::replace(&place(layout, key.as_str()), &bytes)?)
    }

    /// The seal of an entry; nothing where it was published without one.
    pub(crate) fn read(layout: &Layout, key: &EntryKey) -> Option<Self> {
        let bytes = durable::read_regular(&place(layout, key.as_str()), LARGEST).ok().flatten()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Whether the manifest is the one that was published.
    pub(crate) fn covers(&self, manifest: &[u8]) -> bool {
        self.manifest == durable::hex(&Sha256::digest(manifest))
    }

    /// Whether a file still lets the same users execute it, and no further ones write to it.
    pub(crate) fn has_mode(&self, path: &Path, meta: &std::fs::Metadata) -> bool {
        let mode = meta.mode() & PERMISSIONS;
        self.modes.get(path).is_some_and(|sealed| (mode ^ sealed) & EXECUTES == 0 && mode & !sealed & OTHERS_WRITE == 0)
    }
}

/// Where the seal of an entry lies.
pub(crate) fn place(layout: &Layout, key: &str) -> PathBuf {
    layout.dir("seals").join(format!("{key}.json"))
}
