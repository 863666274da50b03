//! The store: one immutable folder for each key, absent or complete.

use std::fs;
use std::path::PathBuf;

use durable::Lock;

use crate::manifest::Manifest;
use crate::{BuildError, BuildKey, Layout, verified};

/// The store under a cache folder.
#[derive(Clone, Debug)]
pub struct Store {
    layout: Layout,
}

/// A verified entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its folder.
    pub dir: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
}

impl Entry {
    /// The server.
    pub fn binary(&self) -> PathBuf {
        self.dir.join(&self.manifest.binary)
    }

    /// The server's own help text, as printed when it was built; empty when it printed none.
    pub fn help(&self) -> String {
        fs::read(self.dir.join("help.txt"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// The log of `configure` or `build`.
    pub fn log(&self, name: &str) -> PathBuf {
        self.dir.join("logs").join(format!("{name}.log"))
    }
}

impl Store {
    /// The store of a layout; nothing is made or read yet.
    pub fn new(layout: Layout) -> Self {
        Self { layout }
    }

    /// The folder of a key.
    pub(crate) fn dir(&self, key: &BuildKey) -> PathBuf {
        self.layout.dir("store").join(key.as_str())
    }

    /// The entry of a key, if it is there and every file is what its manifest says. Writes nothing.
    pub fn lookup(&self, key: &BuildKey) -> Result<Option<Entry>, BuildError> {
        self.find(key, false)
    }

    /// Like [`Store::lookup`], remembers what it verified, and sets aside an entry that is not what it says, so that
    /// it is built anew. While somebody builds the key, that is left to them.
    pub fn take(&self, key: &BuildKey) -> Result<Option<Entry>, BuildError> {
        if let Some(entry) = self.find(key, true)? {
            return Ok(Some(entry));
        }
        if fs::symlink_metadata(self.dir(key)).is_err() {
            return Ok(None);
        }
        self.layout.create()?;
        // Looked at once more under the lock: what was bad may be gone and a new one published by now.
        match Lock::try_acquire(&self.lock(key), "look at the entry")? {
            Some(_lock) => self.take_locked(key),
            None => Ok(None),
        }
    }

    /// [`Store::take`] for whoever holds the key's lock.
    pub(crate) fn take_locked(&self, key: &BuildKey) -> Result<Option<Entry>, BuildError> {
        if let Some(entry) = self.find(key, true)? {
            return Ok(Some(entry));
        }
        let dir = self.dir(key);
        if fs::symlink_metadata(&dir).is_ok() {
            let aside = crate::staging::fresh_name(&self.layout.dir("bad"), key.as_str())?;
            tracing::warn!(%key, aside = %aside.display(), "a store entry is not what its manifest says; set aside");
            fs::rename(&dir, &aside).map_err(BuildError::io("set aside", &dir))?;
        }
        Ok(None)
    }

    /// The lock of whoever builds a key or sets its entry aside.
    pub(crate) fn lock(&self, key: &BuildKey) -> PathBuf {
        self.layout.lock(&format!("build-{key}"))
    }

    fn find(&self, key: &BuildKey, remember: bool) -> Result<Option<Entry>, BuildError> {
        let dir = self.dir(key);
        // The folder itself, not a link to one.
        if !fs::symlink_metadata(&dir).is_ok_and(|meta| meta.is_dir()) {
            return Ok(None);
        }
        let Some(manifest) = Manifest::read(&dir, key)? else { return Ok(None) };
        Ok(verified::matches(&self.layout, &dir, &manifest, remember)?.then_some(Entry { dir, manifest }))
    }
}
