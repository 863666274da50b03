//! A lock that lives exactly as long as its holder.
//!
//! It is the kernel's advisory lock on a file (`flock`), so it is free the moment its holder is gone, however it went;
//! it also excludes threads of one process from each other. The file's content names the holder for people and is
//! never trusted: a holder writes it just after it locked, and takes it away before it unlocks. The file is never
//! deleted by us; where somebody else did, the lock on it is worthless, so after locking the path must still name the
//! same file.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::libc::{O_CLOEXEC, O_NOFOLLOW};

use crate::leftovers::is_named;
use crate::{DurableError, Wait};

/// Longest pause between two tries.
const PAUSE: Duration = Duration::from_millis(50);

/// How long a holder may take to leave its name before a waiter is told that there is none.
const SIGNING: Duration = Duration::from_millis(200);

/// A held lock; dropping it releases it.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
}

/// Who says to hold a lock: for messages only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder(String);

impl Holder {
    /// Whether the holder left its name.
    fn is_named(&self) -> bool {
        !self.0.is_empty()
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_named() { &self.0 } else { "somebody who left no name" })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Or whoever waits for the next holder would be given this one's name.
        self.file.set_len(0).ok();
        // Closing alone would leave it held by a child that was forked a moment ago and has not run its program yet.
        self.file.unlock().ok();
    }
}

impl Lock {
    /// Takes the lock, waiting up to `wait` for whoever holds it.
    pub fn acquire(path: &Path, purpose: &str, wait: Duration) -> Result<Self, DurableError> {
        Self::acquire_telling(path, purpose, wait, |_| ())
    }

    /// Takes the lock as [`Lock::acquire`] does; a wait is told to `on_wait` once, as soon as its holder has a name.
    pub fn acquire_telling(
        path: &Path,
        purpose: &str,
        wait: Duration,
        on_wait: impl FnOnce(&Holder),
    ) -> Result<Self, DurableError> {
        Self::acquire_with(path, purpose, Wait::new(wait).tell(on_wait))
    }

    /// Takes the lock, waiting as `wait` says. A cancelled wait is [`DurableError::LockCancelled`]; a lock that is free
    /// is taken even then, so that work that began can be finished in order.
    pub fn acquire_with(path: &Path, purpose: &str, mut wait: Wait<'_>) -> Result<Self, DurableError> {
        let started = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(lock) = Self::try_acquire(path, purpose)? {
                return Ok(lock);
            }
            let (holder, waited) = (Self::holder(path), started.elapsed());
            if wait.is_cancelled() {
                return Err(DurableError::LockCancelled { path: path.into(), holder, waited });
            }
            if waited >= wait.limit() {
                return Err(DurableError::LockTimeout { path: path.into(), holder, waited });
            }
            if (holder.is_named() || waited >= SIGNING)
                && let Some(tell) = wait.take_tell()
            {
                tracing::info!(path = %path.display(), %holder, "waiting for a lock");
                tell(&holder);
            }
            wait.pause(pause.min(wait.limit().saturating_sub(waited)));
            pause = (pause * 2).min(PAUSE);
        }
    }

    /// Takes the lock if nobody holds it.
    pub fn try_acquire(path: &Path, purpose: &str) -> Result<Option<Self>, DurableError> {
        loop {
            let mut file = open(path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(source)) => {
                    return Err(DurableError::LockUnsupported { path: path.into(), source });
                }
            }
            // A lock on a deleted file excludes no other process.
            if is_named(path, &file) {
                sign(&mut file, purpose);
                return Ok(Some(Self { file, path: path.into() }));
            }
        }
    }

    /// Who holds the lock at `path`, as that holder wrote it.
    pub fn holder(path: &Path) -> Holder {
        let mut text = String::new();
        let read = File::open(path).and_then(|file| file.take(512).read_to_string(&mut text));
        Holder(read.map_or_else(|_| String::new(), |_| text.trim().chars().filter(|c| !c.is_control()).collect()))
    }

    /// The lock file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn open(path: &Path) -> Result<File, DurableError> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(O_NOFOLLOW | O_CLOEXEC)
        .open(path);
    let file = file.map_err(DurableError::io("open the lock file", path))?;
    let meta = file.metadata().map_err(DurableError::io("look at", path))?;
    if meta.is_file() { Ok(file) } else { Err(DurableError::NotRegular { path: path.into(), what: "something else" }) }
}

/// Leaves the holder's name; failing to is no reason not to hold the lock.
fn sign(file: &mut File, purpose: &str) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let text = format!("process {} ({purpose}, since unix time {now})\n", std::process::id());
    let signed = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(text.as_bytes()));
    if let Err(error) = signed
        && error.kind() != ErrorKind::StorageFull
    {
        tracing::debug!(%error, "could not sign a lock file");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    const LONG: Duration = Duration::from_secs(20);

    /// F19
    #[test]
    fn threads_exclude_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let (inside, most) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    let _lock = Lock::acquire(&path, "test", LONG).unwrap();
                    most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(2));
                    inside.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 1);
    }

    /// F21: who waits in vain is told for whom.
    #[test]
    fn a_timeout_names_the_holder() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let held = Lock::acquire(&path, "build of x", LONG).unwrap();
        let error = Lock::acquire(&path, "other", Duration::from_millis(30)).unwrap_err().to_string();
        assert!(error.contains(&format!("process {} (build of x", std::process::id())), "{error}");
        drop(held);
        assert!(Lock::try_acquire(&path, "other").unwrap().is_some());
    }

    /// A waiter that comes between a holder's locking and its signing is told the name, and never that of one before.
    #[test]
    fn a_waiter_is_told_of_the_present_holder() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        drop(Lock::acquire(&path, "earlier", LONG).unwrap());
        let mut unsigned = open(&path).unwrap();
        unsigned.try_lock().unwrap();
        let told = std::thread::scope(|scope| {
            let (tell, told) = std::sync::mpsc::channel();
            let waiter = path.clone();
            scope.spawn(move || {
                Lock::acquire_telling(&waiter, "next", LONG, |holder| tell.send(holder.clone()).unwrap())
            });
            std::thread::sleep(Duration::from_millis(20));
            sign(&mut unsigned, "present");
            let told = told.recv().unwrap();
            unsigned.unlock().unwrap();
            told.to_string()
        });
        assert!(told.contains("(present, since"), "{told}");
    }

    /// A cancelled wait ends at once, and a free lock is still taken.
    #[test]
    fn a_cancel_ends_the_wait() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let cancel = cancel::Cancel::new();
        let held = Lock::acquire(&path, "build of x", LONG).unwrap();
        let error = std::thread::scope(|scope| {
            let waiter = scope.spawn(|| Lock::acquire_with(&path, "other", Wait::new(LONG).cancel(&cancel)));
            std::thread::sleep(Duration::from_millis(120));
            let begin = Instant::now();
            cancel.cancel();
            let error = waiter.join().unwrap().unwrap_err();
            assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
            error
        });
        assert!(matches!(&error, DurableError::LockCancelled { .. }), "{error:?}");
        assert!(error.to_string().contains("(build of x"), "{error}");
        drop(held);
        Lock::acquire_with(&path, "other", Wait::new(LONG).cancel(&cancel)).unwrap();
    }

    /// F23: a lock whose file was deleted and made anew is a new lock; the waiter gets the one that counts.
    #[test]
    fn a_deleted_lock_file_does_no_harm() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = Lock::acquire(&path, "a", LONG).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(!is_named(&path, &first.file));
        let second = Lock::acquire(&path, "b", LONG).unwrap();
        assert!(is_named(&path, &second.file));
        assert!(Lock::try_acquire(&path, "c").unwrap().is_none());
    }

    #[test]
    fn a_link_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(dir.path().join("target"), dir.path().join("lock")).unwrap();
        assert!(Lock::try_acquire(&dir.path().join("lock"), "x").is_err());
        assert!(!dir.path().join("target").exists());
    }
}
