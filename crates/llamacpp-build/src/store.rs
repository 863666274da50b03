//! The store: one immutable folder for each key, absent or complete.

use std::path::PathBuf;

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
        std::fs::read(self.dir.join("help.txt"))
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
    /// it is built anew.
    pub fn take(&self, key: &BuildKey) -> Result<Option<Entry>, BuildError> {
        if let Some(entry) = self.find(key, true)? {
            return Ok(Some(entry));
        }
        let dir = self.dir(key);
        if std::fs::symlink_metadata(&dir).is_ok() {
            let aside = crate::staging::fresh_name(&self.layout.dir("bad"), key.as_str())?;
            tracing::warn!(%key, aside = %aside.display(), "a store entry is not what its manifest says; set aside");
            std::fs::rename(&dir, &aside).map_err(BuildError::io("set aside", &dir))?;
        }
        Ok(None)
    }

    fn find(&self, key: &BuildKey, remember: bool) -> Result<Option<Entry>, BuildError> {
        let dir = self.dir(key);
        let Some(manifest) = Manifest::read(&dir, key) else { return Ok(None) };
        Ok(verified::matches(&self.layout, &dir, &manifest, remember)?.then_some(Entry { dir, manifest }))
    }
}
