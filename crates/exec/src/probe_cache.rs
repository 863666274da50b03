//! Remembers what programs answered about themselves, so that asking again costs a `stat` and no process.
//!
//! An answer is forgotten when anything changes that a new installation changes: where the program's path leads, or the
//! [`Stamp`] of that file. It is kept by command and not by file, because one file can be several programs: ccache's folder
//! of compilers is made of links to one binary that looks at its own name. A wrapper script that starts to call something
//! else without being changed itself is believed. The environment of a command is no part of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use durable::{DurableError, Stamp};
use serde::{Deserialize, Serialize};

use crate::{CommandSpec, Program, Redactor};

/// The largest file that is read, in bytes; a full cache is a hundred times smaller.
const LARGEST: u64 = 1 << 20;
/// Raised when the meaning of an entry changes; files of another version are ignored and replaced. Version 1 had its
/// entries under other names.
const FORMAT: u32 = 2;

/// Answers by command. Several threads may use it at once; nothing is written until it is saved.
///
/// ```
/// use std::time::Duration;
/// use exec::{CommandSpec, Env, ProbeCache, run};
///
/// let cache = ProbeCache::default();
/// let sh = Env::current().find("sh").ok_or("no sh on PATH")?;
/// let question = CommandSpec::new(sh, Duration::from_secs(5)).args(["-c", "echo 1.0"]);
/// if cache.recall(&question).is_none() {
///     cache.keep(&question, run(&question)?.require_success(&question)?.stdout_text().trim());
/// }
/// assert_eq!(cache.recall(&question).as_deref(), Some("1.0"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct ProbeCache {
    entries: Mutex<BTreeMap<String, Entry>>,
    changed: AtomicBool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    program: Identity,
    answer: String,
}

/// Which file a path leads to, and in which state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Identity {
    real_path: PathBuf,
    stamp: Stamp,
}

#[derive(Serialize, Deserialize)]
struct File {
    format: u32,
    answers: BTreeMap<String, Entry>,
}

impl ProbeCache {
    /// The cache in this file; empty where the file is absent, damaged, of another version or not a plain file.
    pub fn load(path: &Path) -> Self {
        let bytes = durable::read_regular(path, LARGEST).unwrap_or_else(|error| {
            tracing::debug!(%error, "no cached answers");
            None
        });
        let file: Option<File> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let answers = file.filter(|file| file.format == FORMAT).map(|file| file.answers).unwrap_or_default();
        Self { entries: Mutex::new(answers), changed: AtomicBool::new(false) }
    }

    /// Writes the cache if it holds something that it did not hold when it was loaded.
    ///
    /// Fails where the file's folder cannot be written; programs are then asked again next time.
    pub fn save_if_changed(&self, path: &Path) -> Result<(), DurableError> {
        if !self.changed.load(Ordering::Relaxed) {
            return Ok(());
        }
        let answers = self.lock().clone();
        let bytes = serde_json::to_vec(&File { format: FORMAT, answers }).unwrap_or_default();
        durable::replace(path, &bytes)
    }

    /// What the program of this command answered last, unless another program is there by now.
    pub fn recall(&self, question: &CommandSpec) -> Option<String> {
        self.recall_of(&Identity::of(&question.program)?, question)
    }

    /// The same of a program that was just found, which is not looked at again.
    pub fn recall_found(&self, found: &Program, question: &CommandSpec) -> Option<String> {
        let program = Identity { real_path: found.real_path.clone(), stamp: found.stamp };
        self.recall_of(&program, question)
    }

    fn recall_of(&self, program: &Identity, question: &CommandSpec) -> Option<String> {
        let key = key(question)?;
        self.lock().get(&key).filter(|entry| entry.program == *program).map(|entry| entry.answer.clone())
    }

    /// Keeps an answer, or the part of it that matters. A command that is not text is not kept: the file is JSON.
    pub fn keep(&self, question: &CommandSpec, answer: &str) {
        let Some((key, program)) = key(question).zip(Identity::of(&question.program)) else { return };
        if program.real_path.to_str().is_some() {
            self.lock().insert(key, Entry { program, answer: answer.to_owned() });
            self.changed.store(true, Ordering::Relaxed);
        }
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// The entries; a thread that panicked while it held them left them whole.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Identity {
    /// The identity of what `program` leads to, or `None` where that cannot be read.
    fn of(program: &Path) -> Option<Self> {
        let real_path = program.canonicalize().ok()?;
        let stamp = Stamp::of(&real_path.metadata().ok()?);
        Some(Self { real_path, stamp })
    }
}

/// The command as a line, redacted: it goes into a file. `None` where it is not text, and two commands could look alike.
fn key(question: &CommandSpec) -> Option<String> {
    let words = std::iter::once(question.program.as_os_str()).chain(question.args.iter().map(AsRef::as_ref));
    words.into_iter().all(|word| word.to_str().is_some()).then(|| question.display(&Redactor::new()))
}
