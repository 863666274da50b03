//! Remembers what programs said about themselves, so that asking again costs a `stat` and no process.
//!
//! An answer is forgotten when anything changes that a new installation changes: where the path leads, the file's
//! device, inode, size or modification time. It is kept by path and not by file, because one file can be several
//! programs: ccache's folder of compilers is made of links to one binary that looks at its own name. A wrapper
//! script that starts to call something else without being changed itself is believed.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::PreflightError;

/// The largest file that is read; a full memo is a thousand times smaller.
const LARGEST: u64 = 1 << 20;
/// Raised when the meaning of an entry changes; files of another version are ignored.
const FORMAT: u32 = 1;

/// Answers by path. A value: [`check`](crate::check) only fills it, and nothing is written until it is saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memo {
    entries: BTreeMap<PathBuf, Entry>,
    changed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    file: Identity,
    line: String,
}

/// Which file a path leads to, and in which state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) real_path: PathBuf,
    dev: u64,
    ino: u64,
    size: u64,
    mtime_ns: i64,
}

#[derive(Serialize, Deserialize)]
struct File {
    format: u32,
    programs: BTreeMap<PathBuf, Entry>,
}

impl Memo {
    /// The memo in this file; empty where the file is absent, damaged or not a plain file.
    pub fn load(path: &Path) -> Self {
        let bytes = match durable::read_regular(path, LARGEST) {
            Ok(bytes) => bytes.unwrap_or_default(),
            Err(error) => {
                tracing::debug!(%error, "no memo");
                return Self::default();
            }
        };
        let file: Option<File> = serde_json::from_slice(&bytes).ok();
        let entries = file.filter(|file| file.format == FORMAT).map(|file| file.programs).unwrap_or_default();
        Self { entries, changed: false }
    }

    /// Writes the memo if it holds something that it did not hold when it was loaded.
    pub fn save_if_changed(&self, path: &Path) -> Result<(), PreflightError> {
        if !self.changed {
            return Ok(());
        }
        // JSON holds text: an entry whose path is none is asked for again next time.
        let is_text = |(path, entry): &(&PathBuf, &Entry)| path.to_str().and(entry.file.real_path.to_str()).is_some();
        let programs = self.entries.iter().filter(is_text).map(|(path, entry)| (path.clone(), entry.clone())).collect();
        let bytes = serde_json::to_vec(&File { format: FORMAT, programs }).unwrap_or_default();
        durable::replace(path, &bytes).map_err(|source| PreflightError::MemoNotSaved { path: path.into(), source })
    }

    pub(crate) fn recall(&self, path: &Path, file: &Identity) -> Option<&str> {
        self.entries.get(path).filter(|entry| entry.file == *file).map(|entry| entry.line.as_str())
    }

    pub(crate) fn remember(&mut self, path: &Path, file: Identity, line: &str) {
        self.entries.insert(path.into(), Entry { file, line: line.into() });
        self.changed = true;
    }
}

impl Identity {
    /// The identity of what `path` leads to, or `None` where that cannot be read.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let real_path = path.canonicalize().ok()?;
        let meta = real_path.metadata().ok()?;
        let mtime_ns = meta.mtime().saturating_mul(1_000_000_000).saturating_add(meta.mtime_nsec());
        Some(Self { real_path, dev: meta.dev(), ino: meta.ino(), size: meta.size(), mtime_ns })
    }
}
