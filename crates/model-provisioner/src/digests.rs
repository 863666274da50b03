//! The memory of digests: SHA-256 of a file, valid as long as the file's stamp (device, inode, size, times) is the same.
//!
//! One file for each model, so that a model of a hundred shards costs one read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use durable::Stamp;
use serde::{Deserialize, Serialize};

use crate::ModelError;
use crate::local::gguf::Found;

/// No memory is larger, in bytes: 20,000 files with long names.
const LARGEST: u64 = 16 << 20;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hashed {
    stamp: Stamp,
    sha256: String,
}

/// What is remembered of the files of one model.
#[derive(Debug, Default)]
pub(crate) struct Digests {
    /// Where it is kept.
    place: PathBuf,
    known: BTreeMap<PathBuf, Hashed>,
    changed: bool,
}

impl Digests {
    /// What is remembered of the model that `path` names. Reads one file, writes nothing.
    pub(crate) fn load(cache: &Path, path: &Path) -> Self {
        let place = cache.join("sha256").join(format!("{}.json", key(path.to_string_lossy().as_bytes())));
        let bytes = durable::read_regular(&place, LARGEST).ok().flatten();
        let known = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self { place, known, changed: false }
    }

    /// The SHA-256 of a file that did not change since it was computed.
    pub(crate) fn known(&self, found: &Found) -> Option<&str> {
        let hashed = self.known.get(&found.path)?;
        (hashed.stamp == found.stamp).then_some(hashed.sha256.as_str())
    }

    /// The SHA-256 of a file, computed if it must be.
    pub(crate) fn compute(&mut self, found: &Found) -> Result<String, ModelError> {
        if let Some(known) = self.known(found) {
            return Ok(known.to_owned());
        }
        let (_, sha256) = durable::sha256(&found.path)?;
        self.put(found, sha256.clone());
        Ok(sha256)
    }

    /// Remembers what was computed elsewhere.
    pub(crate) fn put(&mut self, found: &Found, sha256: String) {
        self.known.insert(found.path.clone(), Hashed { stamp: found.stamp, sha256 });
        self.changed = true;
    }

    /// Keeps it. Failing to costs a hash the next time.
    pub(crate) fn save(&self) {
        if !self.changed {
            return;
        }
        let bytes = serde_json::to_vec(&self.known).unwrap_or_default();
        let folder = self.place.parent().unwrap_or(&self.place);
        let kept = durable::private_dir(folder).and_then(|()| durable::replace(&self.place, &bytes));
        if let Err(error) = kept {
            tracing::debug!(%error, "could not remember the digests of a model");
        }
    }
}

/// A file name for any bytes: 16 hexadecimal digits of their SHA-256.
pub(crate) fn key(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};

    let mut digest = durable::hex(&Sha256::digest(bytes));
    digest.truncate(16);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &Path) -> Found {
        let meta = std::fs::metadata(path).unwrap();
        Found { path: path.into(), size: meta.len(), stamp: Stamp::of(&meta) }
    }

    #[test]
    fn a_digest_is_computed_once_for_each_change() {
        let dir = tempfile::tempdir().unwrap();
        let (model, cache) = (dir.path().join("m"), dir.path().join("cache"));
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        durable::replace(&model, b"abc").unwrap();
        let mut digests = Digests::load(&cache, &model);
        assert_eq!(digests.known(&found(&model)), None);
        assert_eq!(digests.compute(&found(&model)).unwrap(), abc);
        digests.save();
        assert_eq!(std::fs::read_dir(cache.join("sha256")).unwrap().count(), 1);
        assert_eq!(Digests::load(&cache, &model).known(&found(&model)), Some(abc));
        durable::replace(&model, b"abd").unwrap();
        assert_eq!(Digests::load(&cache, &model).known(&found(&model)), None);
    }

    /// A memory that was damaged is no memory.
    #[test]
    fn a_damaged_memory_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let (model, cache) = (dir.path().join("m"), dir.path().join("cache"));
        durable::replace(&model, b"abc").unwrap();
        let mut digests = Digests::load(&cache, &model);
        digests.compute(&found(&model)).unwrap();
        digests.save();
        for bytes in [&b"{"[..], b"[]", b"{\"/m\": {}}", b""] {
            durable::replace(&digests.place, bytes).unwrap();
            assert_eq!(Digests::load(&cache, &model).known(&found(&model)), None);
        }
    }
}
