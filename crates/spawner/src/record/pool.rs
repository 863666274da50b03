//! The folder of one pool under the run root, and its two locks: a short one to start, stop and keep the record, and a
//! long one to prepare an engine.

use std::path::{Path, PathBuf};
use std::time::Duration;

use durable::{DurableError, Lock, existing_private_dir, private_dir};

use crate::SpawnError;
use crate::process::marks::Identity;
use crate::record::wait::LockWait;

/// Longest pool name, so that every path made from it stays far from the limits of file systems.
const LONGEST: usize = 64;

/// The private folder of one pool: `<run root>/<pool>/`, mode 0700.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolDir {
    path: PathBuf,
    pool: String,
}

/// Proof that the pool's lock is held; dropping it releases the lock.
#[derive(Debug)]
pub struct PoolGuard {
    dir: PoolDir,
    _lock: Lock,
}

impl PoolDir {
    /// The pool's folder, made if it is missing.
    ///
    /// Both `run_root` and the folder must be ours and writable by nobody else.
    pub fn open(run_root: &Path, pool: &str) -> Result<Self, SpawnError> {
        let dir = Self::named(run_root, pool)?;
        private_dir(run_root)?;
        private_dir(&dir.path)?;
        Ok(dir)
    }

    /// The pool's folder if there is one; creates nothing.
    pub fn existing(run_root: &Path, pool: &str) -> Result<Option<Self>, SpawnError> {
        let dir = Self::named(run_root, pool)?;
        for path in [run_root, &dir.path] {
            match existing_private_dir(path) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(DurableError::Io { source, .. } | DurableError::Denied { source, .. }) => {
                    return Err(SpawnError::io("look at", path)(source));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Some(dir))
    }

    fn named(run_root: &Path, pool: &str) -> Result<Self, SpawnError> {
        match fault_of(pool) {
            Some(why) => Err(SpawnError::BadPoolName { name: pool.escape_debug().to_string(), why }),
            None => Ok(Self { path: run_root.join(pool), pool: pool.to_owned() }),
        }
    }

    /// The folder itself; engines run in it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the processes of the pool's engine carry.
    pub(crate) fn identity(&self) -> Identity {
        Identity::new(self.path.parent().unwrap_or(Path::new("/")), &self.pool)
    }

    /// The pool's name.
    pub fn pool(&self) -> &str {
        &self.pool
    }

    /// `engine.pid`: one decimal line for people and monitors. Nothing here reads it.
    pub fn pid_file(&self) -> PathBuf {
        self.path.join("engine.pid")
    }

    /// `record.json`: the [`Record`](crate::Record) that owns the engine.
    pub fn record_file(&self) -> PathBuf {
        self.path.join("record.json")
    }

    /// `engine.log`: what the engine wrote since its last start, or since the log was last set aside as `engine.log.1`.
    pub fn log_file(&self) -> PathBuf {
        self.path.join("engine.log")
    }

    /// `prepared-engine.json`: the caller's summary; kept by the caller.
    pub fn summary_file(&self) -> PathBuf {
        self.path.join("prepared-engine.json")
    }

    /// `proof/`: the caller's proof bundle; kept by the caller.
    pub fn proof_dir(&self) -> PathBuf {
        self.path.join("proof")
    }

    /// Takes the pool's lock, which is held for the moments of a start or stop, waiting up to `wait` for its holder.
    /// `purpose` is shown to those that wait for it.
    pub fn lock(&self, purpose: &str, wait: Duration) -> Result<PoolGuard, SpawnError> {
        self.lock_with(purpose, &LockWait::new(wait))
    }

    /// The same, with more to say about the wait.
    pub fn lock_with(&self, purpose: &str, wait: &LockWait<'_>) -> Result<PoolGuard, SpawnError> {
        let lock = wait.acquire(&self.path.join("pool.lock"), purpose)?;
        // Of writers that were killed; what cannot be removed does no harm.
        durable::remove_leftovers(&self.path).ok();
        Ok(PoolGuard { dir: self.clone(), _lock: lock })
    }

    /// Takes the pool's second lock, which is held while an engine is prepared: that takes as long as a build or a
    /// download does, and meanwhile [`PoolDir::lock`] stays free for calls that stop or start what is there.
    ///
    /// A call that needs both takes this one first.
    pub fn lock_prepare(&self, purpose: &str, wait: &LockWait<'_>) -> Result<PrepareGuard, SpawnError> {
        Ok(PrepareGuard { _lock: wait.acquire(&self.path.join("prepare.lock"), purpose)? })
    }
}

impl PoolDir {
    /// [`PoolDir::lock_prepare`] without a wait; nothing while another call holds the lock.
    pub fn try_lock_prepare(&self, purpose: &str) -> Result<Option<PrepareGuard>, SpawnError> {
        let lock = Lock::try_acquire(&self.path.join("prepare.lock"), purpose)?;
        Ok(lock.map(|lock| PrepareGuard { _lock: lock }))
    }
}

/// Proof that this process alone prepares an engine for the pool; dropping it releases the lock.
#[derive(Debug)]
pub struct PrepareGuard {
    _lock: Lock,
}

impl PoolGuard {
    /// The pool that is locked.
    pub fn dir(&self) -> &PoolDir {
        &self.dir
    }
}

/// Which rule of pool names `name` breaks.
fn fault_of(name: &str) -> Option<&'static str> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if name.is_empty() {
        Some("is empty")
    } else if name.len() > LONGEST {
        Some("is too long")
    } else if !name.bytes().all(allowed) {
        Some("has a character that is not allowed")
    } else if name.starts_with(['-', '_']) {
        Some("begins with a sign")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// F34
    #[test]
    fn names_that_could_leave_the_run_folder_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("run");
        let long = "a".repeat(65);
        for name in
            ["", ".", "..", "../x", "/etc", "a/b", "-rf", "A", "a b", "a\0b", "a\nb", "p\u{43e}ol", "a.b", &long]
        {
            assert!(matches!(PoolDir::open(&root, name), Err(SpawnError::BadPoolName { .. })), "{name:?}");
            assert!(matches!(PoolDir::existing(&root, name), Err(SpawnError::BadPoolName { .. })), "{name:?}");
        }
        assert!(!root.exists(), "a refused name creates nothing");
        for name in ["a", "0", "default-pool_2", &long[1..]] {
            assert_eq!(PoolDir::open(&root, name).unwrap().path().parent(), Some(root.as_path()));
        }
    }

    #[test]
    fn looking_creates_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("run");
        assert_eq!(PoolDir::existing(&root, "p").unwrap(), None);
        assert!(!root.exists());
        let made = PoolDir::open(&root, "p").unwrap();
        assert_eq!(PoolDir::existing(&root, "p").unwrap(), Some(made));
        assert_eq!(PoolDir::existing(&root, "q").unwrap(), None);
    }

    /// F37
    #[test]
    fn a_run_root_that_others_may_write_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        assert!(PoolDir::open(dir.path(), "p").is_err());
        assert!(PoolDir::existing(dir.path(), "p").is_err());
        assert!(!dir.path().join("p").exists());
    }

    proptest! {
        #[test]
        fn an_accepted_name_is_one_plain_component(name in ".{0,70}") {
            if let Ok(dir) = PoolDir::named(Path::new("/run/x"), &name) {
                prop_assert_eq!(dir.path().parent(), Some(Path::new("/run/x")));
                prop_assert_eq!(dir.path().components().count(), 4);
                prop_assert_eq!(dir.path().file_name().and_then(|n| n.to_str()), Some(name.as_str()));
            }
        }
    }
}
