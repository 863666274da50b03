//! Folders of the cache as things with a size, a last use and an end. Links are never followed.

use std::collections::hash_map::RandomState;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::StoreError;

/// A use is written down at most this often: a start then costs one look.
const EXACT: Duration = Duration::from_mins(1);

/// Bytes in a file, or in all files below a folder.
pub(crate) fn size(path: &Path) -> u64 {
    let Ok(meta) = fs::symlink_metadata(path) else { return 0 };
    if !meta.is_dir() {
        return meta.len();
    }
    fs::read_dir(path).into_iter().flatten().flatten().map(|entry| size(&entry.path())).sum()
}

/// When a folder was last used: its own modification time, which [`mark_used`] sets. What is in it keeps its own.
pub(crate) fn last_used(path: &Path) -> SystemTime {
    fs::symlink_metadata(path).and_then(|meta| meta.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Writes down that a folder is used now. On a read-only file system nothing is removed either, so failing is fine.
pub fn mark_used(path: &Path) {
    let now = SystemTime::now();
    if now.duration_since(last_used(path)).is_ok_and(|age| age < EXACT) {
        return;
    }
    if let Err(error) = File::open(path).and_then(|dir| dir.set_modified(now)) {
        tracing::debug!(path = %path.display(), %error, "could not note the last use");
    }
}

/// Removes whatever is there; what cannot be removed stays, and says so in the log.
pub(crate) fn remove(path: &Path) {
    let Ok(meta) = fs::symlink_metadata(path) else { return };
    let gone = if meta.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    if let Err(error) = gone
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "could not remove");
    }
}

/// A path `<dir>/<stem>.<random>` that does not exist.
pub(crate) fn fresh_name(dir: &Path, stem: &str) -> Result<PathBuf, StoreError> {
    for _ in 0..16 {
        let random = RandomState::new().build_hasher().finish();
        let path = dir.join(format!("{stem}.{random:016x}"));
        if fs::symlink_metadata(&path).is_err() {
            return Ok(path);
        }
    }
    Err(StoreError::io("find a free name in", dir)(std::io::ErrorKind::AlreadyExists.into()))
}
