//! The store: one immutable folder for each key, absent or complete.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::SystemTime;

use durable::Lock;

use crate::disk::{last_used, mark_used, size};
use crate::manifest::Manifest;
use crate::seal::Seal;
use crate::{EntryKey, Layout, StoreError, quarantine, verified};

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

/// What the store holds under one key.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its key.
    pub key: EntryKey,
    /// Its folder.
    pub dir: PathBuf,
    /// Bytes of all its files.
    pub bytes: u64,
    /// When it was last handed out by [`Store::take`] or made, to the minute.
    pub last_used: SystemTime,
    /// Its manifest; none where it cannot be read, and then the entry is never handed out.
    pub manifest: Option<Manifest>,
}

/// What a verification found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every file is what the manifest says, and there is no other.
    Sound,
    /// It was not, and has been set aside; the next build of the key makes it anew.
    Damaged,
    /// Somebody builds or checks it just now.
    Busy,
    /// There is none.
    Absent,
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
    pub fn dir(&self, key: &EntryKey) -> PathBuf {
        self.layout.dir("store").join(key.as_str())
    }

    /// The entry of a key, if it is there and every file is what its manifest says. Writes nothing.
    pub fn lookup(&self, key: &EntryKey) -> Result<Option<Entry>, StoreError> {
        self.find(key, &|_| true, false)
    }

    /// Like [`Store::lookup`], of an entry whose manifest is `wanted`: one that is not is read and not verified. With
    /// `remember`, what was verified is remembered, and the entry counts as used.
    pub fn lookup_wanted(
        &self,
        key: &EntryKey,
        wanted: &dyn Fn(&Manifest) -> bool,
        remember: bool,
    ) -> Result<Option<Entry>, StoreError> {
        self.find(key, wanted, remember)
    }

    /// Like [`Store::lookup`], remembers what it verified, and sets aside an entry that is not what it says, so that
    /// it is built anew. While somebody builds the key, that is left to them.
    pub fn take(&self, key: &EntryKey) -> Result<Option<Entry>, StoreError> {
        if let Some(entry) = self.find(key, &|_| true, true)? {
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
    pub(crate) fn take_locked(&self, key: &EntryKey) -> Result<Option<Entry>, StoreError> {
        if let Some(entry) = self.find(key, &|_| true, true)? {
            return Ok(Some(entry));
        }
        let dir = self.dir(key);
        if fs::symlink_metadata(&dir).is_ok() {
            let aside = quarantine::quarantine(&self.layout, &dir, key.as_str())?;
            tracing::warn!(%key, aside = %aside.display(), "a store entry is not what its manifest says; set aside");
        }
        Ok(None)
    }

    /// The lock that a process holds while it makes or quarantines the entry of a key.
    pub(crate) fn lock(&self, key: &EntryKey) -> PathBuf {
        self.layout.lock(&format!("build-{key}"))
    }

    fn find(
        &self,
        key: &EntryKey,
        wanted: &dyn Fn(&Manifest) -> bool,
        remember: bool,
    ) -> Result<Option<Entry>, StoreError> {
        let dir = self.dir(key);
        // The folder itself, not a link to one.
        if !fs::symlink_metadata(&dir).is_ok_and(|meta| meta.is_dir()) {
            return Ok(None);
        }
        let seal = Seal::read(&self.layout, key);
        let Some(manifest) = Manifest::read_sealed(&dir, key, seal.as_ref())? else { return Ok(None) };
        if !wanted(&manifest) {
            return Ok(None);
        }
        let sound = verified::matches(&self.layout, &dir, &manifest, seal.as_ref(), remember)?;
        if sound && remember {
            mark_used(&dir);
        }
        Ok(sound.then_some(Entry { dir, manifest }))
    }

    /// The manifests of all entries, the most recently used first: nothing is verified, measured or written.
    pub fn manifests(&self) -> Result<Vec<Manifest>, StoreError> {
        let mut manifests = Vec::new();
        for (key, dir) in self.keys()? {
            manifests.extend(Manifest::read(&dir, &key)?.map(|manifest| (last_used(&dir), manifest)));
        }
        manifests.sort_by(|(a, one), (b, other)| b.cmp(a).then_with(|| other.key.cmp(&one.key)));
        Ok(manifests.into_iter().map(|(_, manifest)| manifest).collect())
    }

    /// What the store holds, the longest unused first, as the manifests say it: nothing is verified or written.
    pub fn list(&self) -> Result<Vec<Stored>, StoreError> {
        let mut stored = Vec::new();
        for (key, dir) in self.keys()? {
            let manifest = Manifest::read(&dir, &key)?;
            stored.push(Stored { bytes: size(&dir), last_used: last_used(&dir), key, dir, manifest });
        }
        stored.sort_by(|a, b| a.last_used.cmp(&b.last_used).then_with(|| a.key.cmp(&b.key)));
        Ok(stored)
    }

    /// The keys under which something is stored, with their folders, in no order.
    fn keys(&self) -> Result<Vec<(EntryKey, PathBuf)>, StoreError> {
        let place = self.layout.dir("store");
        let entries = match fs::read_dir(&place) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(StoreError::io("list", &place))?,
        };
        let mut keys = Vec::new();
        for entry in entries {
            let dir = entry.map_err(StoreError::io("list", &place))?.path();
            let name = dir.file_name().unwrap_or_default().to_string_lossy();
            keys.extend(EntryKey::parse(&name).map(|key| (key, dir.clone())));
        }
        Ok(keys)
    }

    /// Reads every byte of an entry, whatever is remembered of it, and sets it aside if it is not what its manifest
    /// says.
    pub fn verify(&self, key: &EntryKey) -> Result<Verdict, StoreError> {
        let dir = self.dir(key);
        if fs::symlink_metadata(&dir).is_err() {
            return Ok(Verdict::Absent);
        }
        let used = last_used(&dir);
        self.layout.create()?;
        let Some(_lock) = Lock::try_acquire(&self.lock(key), "verify")? else { return Ok(Verdict::Busy) };
        verified::forget(&self.layout, key);
        match self.take_locked(key)? {
            Some(_) => {
                // Being looked at is no use of it.
                fs::File::open(&dir).and_then(|dir| dir.set_modified(used)).ok();
                Ok(Verdict::Sound)
            }
            None => Ok(Verdict::Damaged),
        }
    }

    /// The layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }
}
