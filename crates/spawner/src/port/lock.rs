//! A lock for each port, so that two pools that look for a port at the same time do not find the same one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use durable::{Lock, private_dir};

use crate::SpawnError;

/// Proof that no other process below the same run root is about to give this port to an engine. Dropping it releases
/// it.
///
/// It is held from before the look at who listens until [`start`](crate::start) has returned: from then on the pool's
/// record says whose port it is, also while its engine does not listen yet. The lock says nothing about programs that
/// do not ask for it.
#[derive(Debug)]
pub struct PortLock {
    port: u16,
    _lock: Lock,
}

impl PortLock {
    /// Takes the lock of `port` if it is free. `purpose` is shown to those that wait for it.
    pub fn try_acquire(run_root: &Path, port: u16, purpose: &str) -> Result<Option<Self>, SpawnError> {
        let lock = Lock::try_acquire(&file(run_root, port)?, purpose)?;
        Ok(lock.map(|lock| Self { port, _lock: lock }))
    }

    /// Takes the lock of `port`, waiting up to `wait`; the error names the holder.
    pub fn acquire(run_root: &Path, port: u16, purpose: &str, wait: Duration) -> Result<Self, SpawnError> {
        Ok(Self { port, _lock: Lock::acquire(&file(run_root, port)?, purpose, wait)? })
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

/// `<run root>/.ports/<port>`: no pool's name begins with a dot.
fn file(run_root: &Path, port: u16) -> Result<PathBuf, SpawnError> {
    private_dir(run_root)?;
    let dir = run_root.join(".ports");
    private_dir(&dir)?;
    Ok(dir.join(port.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F49
    #[test]
    fn a_port_is_given_to_one_at_a_time() {
        let root = tempfile::tempdir().unwrap();
        let take = |port| PortLock::try_acquire(root.path(), port, "pool a").unwrap();
        let held = take(8080).unwrap();
        assert_eq!(held.port(), 8080);
        assert!(take(8080).is_none());
        assert!(take(8081).is_some());
        let error = PortLock::acquire(root.path(), 8080, "pool b", Duration::from_millis(5)).unwrap_err().to_string();
        assert!(error.contains("(pool a, since"), "{error}");
        drop(held);
        assert!(take(8080).is_some());
    }
}
