//! The folder in which one entry is made: locked while its process lives; what a killed one left is adopted or removed.
//!
//! A folder is adopted only for the key it was made for, and the caller that adopts it has to prove that nothing it
//! was made from has changed and that no process works in it any more. Otherwise its name is never used again, so that
//! compilers that outlive a killed build write into a folder that is never read.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use durable::Lock;

use crate::disk::{fresh_name, last_used, remove};
use crate::{EntryKey, Layout, StoreError};

/// What a killed build left is kept this long for a next one of its key.
const KEPT: Duration = Duration::from_hours(24);
/// And so many of them, the newest.
const MOST: usize = 2;

/// A staging folder, made by [`Claim::stage`](crate::Claim::stage); dropping it removes it.
#[derive(Debug)]
pub struct Staging {
    dir: PathBuf,
    keep: bool,
    _lock: Lock,
}

impl Staging {
    /// A new folder for this key.
    pub(crate) fn create(layout: &Layout, key: &EntryKey) -> Result<Self, StoreError> {
        let _sweep = sweep_lock(layout)?;
        sweep(layout, key);
        let dir = fresh_name(&layout.dir("staging"), key.as_str())?;
        durable::private_dir(&dir)?;
        let lock = Lock::acquire(&dir.join("lock"), "build", Duration::ZERO)?;
        Ok(Self { dir, keep: false, _lock: lock })
    }

    /// The newest folder that a dead build of this key left, now ours.
    pub(crate) fn adopt(layout: &Layout, key: &EntryKey) -> Result<Option<Self>, StoreError> {
        let _sweep = sweep_lock(layout)?;
        let of_key = |dir: &Path| dir.file_stem().is_some_and(|stem| stem == key.as_str());
        for dir in dead(layout).into_iter().filter(|dir| of_key(dir)) {
            if let Some(lock) = Lock::try_acquire(&dir.join("lock"), "build")? {
                return Ok(Some(Self { dir, keep: false, _lock: lock }));
            }
        }
        Ok(None)
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What will become the store entry.
    pub fn out(&self) -> PathBuf {
        self.dir.join("out")
    }

    /// A log that becomes part of the entry.
    pub fn log(&self, name: &str) -> PathBuf {
        self.out().join("logs").join(name)
    }

    /// Leaves the folder for the next build of its key.
    pub fn keep(&mut self) {
        self.keep = true;
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.keep {
            remove(&self.dir);
        }
    }
}

/// Under this lock nobody meets a folder that is made but not locked yet.
fn sweep_lock(layout: &Layout) -> Result<Lock, StoreError> {
    Ok(Lock::acquire(&layout.lock("staging"), "sweep", Duration::from_mins(2))?)
}

/// Folders whose builds are gone, the newest first. One without a lock file is half made or half removed: that is no
/// build's, and is removed here.
fn dead(layout: &Layout) -> Vec<PathBuf> {
    let mut dead = Vec::new();
    for entry in std::fs::read_dir(layout.dir("staging")).into_iter().flatten().flatten() {
        let (dir, lock) = (entry.path(), entry.path().join("lock"));
        if !lock.exists() {
            remove(&dir);
        } else if matches!(Lock::try_acquire(&lock, "sweep"), Ok(Some(_))) {
            dead.push((last_used(&lock), dir));
        }
    }
    dead.sort_by(|a, b| b.cmp(a));
    dead.into_iter().map(|(_, dir)| dir).collect()
}

/// Removes what dead builds left, except the newest few that a next build of another key may go on from.
fn sweep(layout: &Layout, key: &EntryKey) {
    let mut kept = 0;
    for dir in dead(layout) {
        let age = SystemTime::now().duration_since(last_used(&dir)).unwrap_or_default();
        let own = dir.file_stem().is_some_and(|stem| stem == key.as_str());
        if own || age > KEPT || kept == MOST {
            tracing::info!(dir = %dir.display(), "removing what a killed build left behind");
            remove(&dir);
        } else {
            kept += 1;
        }
    }
}
