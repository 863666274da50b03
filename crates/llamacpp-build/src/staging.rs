//! The folder one build works in: new for each build, locked while it lives, swept once its lock is free.
//!
//! A name is never reused, so that compilers that outlive a killed build write where nobody looks any more.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use durable::Lock;

use crate::disk::fresh_name;
use crate::{BuildError, BuildKey, Layout};

/// A staging folder; dropping it removes it.
#[derive(Debug)]
pub(crate) struct Staging {
    dir: PathBuf,
    _lock: Lock,
}

impl Staging {
    /// A new folder for this key; folders that dead builds left behind are removed first. All of it under one lock, so
    /// that no sweep meets a folder that is made but not locked yet.
    pub(crate) fn create(layout: &Layout, key: &BuildKey) -> Result<Self, BuildError> {
        let _lock = Lock::acquire(&layout.lock("staging"), "sweep", Duration::from_mins(2))?;
        sweep(&layout.dir("staging"));
        let dir = fresh_name(&layout.dir("staging"), key.as_str())?;
        durable::private_dir(&dir)?;
        let lock = Lock::acquire(&dir.join("lock"), "build", Duration::ZERO)?;
        Ok(Self { dir, _lock: lock })
    }

    pub(crate) fn source(&self) -> PathBuf {
        self.dir.join("src")
    }

    pub(crate) fn build(&self) -> PathBuf {
        self.dir.join("build")
    }

    /// What will become the store entry.
    pub(crate) fn out(&self) -> PathBuf {
        self.dir.join("out")
    }

    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.out().join("logs").join(name)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.dir) {
            tracing::warn!(dir = %self.dir.display(), %error, "could not remove a staging folder; the next build will");
        }
    }
}

/// Removes the staging folders whose builds are gone.
fn sweep(staging: &Path) {
    for entry in fs::read_dir(staging).into_iter().flatten().flatten() {
        let dir = entry.path();
        // One without a lock file is half made or half removed: its build is gone in both cases.
        if !dir.join("lock").exists() || matches!(Lock::try_acquire(&dir.join("lock"), "sweep"), Ok(Some(_))) {
            tracing::info!(dir = %dir.display(), "removing what a killed build left behind");
            fs::remove_dir_all(&dir).ok();
        }
    }
}
