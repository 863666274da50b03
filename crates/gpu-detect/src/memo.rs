//! Remembers what compilers said about themselves, so that asking again costs a `stat` and no process.
//!
//! An answer is forgotten when anything changes that a new installation changes: where the program's path leads, the
//! file's device, inode, size or modification time. Only answers of programs that succeeded are kept.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use durable::DurableError;
use exec::{CommandSpec, Redactor};
use serde::{Deserialize, Serialize};

/// The largest file that is read; a full memo is a hundred times smaller.
const LARGEST: u64 = 1 << 20;
/// Raised when the meaning of an entry changes; files of another version are ignored.
const FORMAT: u32 = 1;

/// Answers by command. [`detect_with`](crate::detect_with) fills it; nothing is written until it is saved.
#[derive(Debug, Default)]
pub struct Memo {
    entries: Mutex<BTreeMap<String, Entry>>,
    changed: AtomicBool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    file: Identity,
    answer: String,
}

/// Which file a path leads to, and in which state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Identity {
    real_path: PathBuf,
    dev: u64,
    ino: u64,
    size: u64,
    mtime_ns: i64,
}

#[derive(Serialize, Deserialize)]
struct File {
    format: u32,
    commands: BTreeMap<String, Entry>,
}

impl Memo {
    /// The memo in this file; empty where the file is absent, damaged or not a plain file.
    pub fn load(path: &Path) -> Self {
        let bytes = durable::read_regular(path, LARGEST).unwrap_or_else(|error| {
            tracing::debug!(%error, "no memo");
            None
        });
        let file: Option<File> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let commands = file.filter(|file| file.format == FORMAT).map(|file| file.commands).unwrap_or_default();
        Self { entries: Mutex::new(commands), changed: AtomicBool::new(false) }
    }

    /// Writes the memo if it holds something that it did not hold when it was loaded.
    pub fn save_if_changed(&self, path: &Path) -> Result<(), DurableError> {
        if !self.changed.load(Ordering::Relaxed) {
            return Ok(());
        }
        let commands = self.lock().clone();
        let bytes = serde_json::to_vec(&File { format: FORMAT, commands }).unwrap_or_default();
        durable::replace(path, &bytes)
    }

    /// What the program of this command said last, unless it is another program by now.
    pub(crate) fn recall(&self, spec: &CommandSpec) -> Option<String> {
        let file = Identity::of(&spec.program)?;
        self.lock().get(&key(spec)).filter(|entry| entry.file == file).map(|entry| entry.answer.clone())
    }

    /// Keeps what a program said. A path that is not text could not be written down.
    pub(crate) fn keep(&self, spec: &CommandSpec, answer: &str) {
        let Some(file) = Identity::of(&spec.program).filter(|file| file.real_path.to_str().is_some()) else { return };
        self.lock().insert(key(spec), Entry { file, answer: answer.to_owned() });
        self.changed.store(true, Ordering::Relaxed);
    }

    /// The entries; a thread that died while it held them left them whole.
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Identity {
    fn of(program: &Path) -> Option<Self> {
        let real_path = program.canonicalize().ok()?;
        let file = real_path.metadata().ok()?;
        let mtime_ns = file.mtime().saturating_mul(1_000_000_000).saturating_add(file.mtime_nsec());
        Some(Self { real_path, dev: file.dev(), ino: file.ino(), size: file.size(), mtime_ns })
    }
}

/// The path as it is called is part of it: one file can be several programs.
fn key(spec: &CommandSpec) -> String {
    spec.display(&Redactor::new())
}
