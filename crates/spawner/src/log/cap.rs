//! Setting the log aside while its engine writes on: what stands in it is copied, and then it is emptied.
//!
//! The file is open for appending, so that the engine's next write begins at its new end. What is written between the
//! last look and the emptying is lost, as with every log that is copied and truncated: nothing that one would notice, but
//! up to some milliseconds of a flood that keeps the file busy. The ways without loss cost more than they give: a process
//! between engine and log slows every line and stops the engine when it dies; a hole at the beginning of the file lets
//! its length grow for ever, and a range taken out of it is unknown to tmpfs, where run folders are.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;

use crate::log::files::{age, create, old, open, part, remove, rename};
use crate::{PoolDir, SpawnError};

/// Sets the log aside where it is larger than three quarters of `limit` bytes, while its engine writes on; says whether
/// it did.
///
/// No older log is larger than `limit`: of one that has grown far beyond it only the end is kept. Older logs are
/// `engine.log.1` and `engine.log.2`; there are never more. Needs no lock of the pool; of two that do this at once, one
/// does it, and where somebody tends the log it is left to them.
pub fn cap_log(dir: &PoolDir, limit: u64) -> Result<bool, SpawnError> {
    if std::fs::symlink_metadata(dir.log_file()).map_or(0, |meta| meta.len()) <= kept(limit) {
        return Ok(false);
    }
    claim(dir)?.map_or(Ok(false), |log| log.cap(dir, limit))
}

/// How much of a log is copied at first; the rest of the limit is left to what is written meanwhile.
fn kept(limit: u64) -> u64 {
    limit - limit / 4
}

/// The log, locked: whoever has it keeps it within its limit.
#[derive(Debug)]
pub(crate) struct Log(File);

/// The pool's log, or nothing where there is none or somebody else has it.
pub(crate) fn claim(dir: &PoolDir) -> Result<Option<Log>, SpawnError> {
    let Some(file) = open(dir, true)? else {
        return Ok(None);
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(Log(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(SpawnError::io("lock", dir.log_file())(error)),
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // Closing alone would leave it locked by a child that was forked a moment ago and has not run its program yet.
        self.0.unlock().ok();
    }
}

impl Log {
    /// Its size in bytes.
    pub(crate) fn size(&self, dir: &PoolDir) -> Result<u64, SpawnError> {
        self.0.metadata().map(|meta| meta.len()).map_err(SpawnError::io("look at", dir.log_file()))
    }

    /// Whether no other file has taken its place.
    pub(crate) fn is_current(&self, dir: &PoolDir) -> bool {
        let (Ok(held), Ok(named)) = (self.0.metadata(), std::fs::symlink_metadata(dir.log_file())) else {
            return true;
        };
        (held.dev(), held.ino()) == (named.dev(), named.ino())
    }

    /// See [`cap_log`].
    pub(crate) fn cap(&self, dir: &PoolDir, limit: u64) -> Result<bool, SpawnError> {
        let path = dir.log_file();
        let io = || SpawnError::io("set aside", &path);
        let meta = self.0.metadata().map_err(io())?;
        if meta.len() <= kept(limit) {
            return Ok(false);
        }
        // Somebody removed it, while its engine fills the disk with what nobody can read.
        let copied = if meta.nlink() == 0 { Ok(()) } else { self.copy(dir, limit) };
        // A disk too full for the copy is a reason to empty the log, not one to let it grow.
        if copied.is_ok() || meta.len() / 2 > limit {
            self.0.set_len(0).map_err(io())?;
        }
        copied.map(|()| true)
    }

    fn copy(&self, dir: &PoolDir, limit: u64) -> Result<(), SpawnError> {
        let (path, mut log) = (dir.log_file(), &self.0);
        // First, so that a full disk regains the space of the oldest.
        age(&path)?;
        let part = part(&path);
        remove(&part)?;
        // Not for appending: the kernel then copies by itself.
        let mut copy = create(&part, OpenOptions::new().write(true))?;
        // The last bytes before the end that the file has now, and what comes while they are copied.
        let mut take = |bytes: u64| {
            let (at, end) = (log.stream_position()?, log.metadata()?.len());
            log.seek(SeekFrom::Start(at.max(end.saturating_sub(bytes))))?;
            io::copy(&mut (&mut log).take(bytes), &mut copy)
        };
        let io = || SpawnError::io("copy", &path);
        let first = (&self.0).rewind().and_then(|()| take(kept(limit))).map_err(io());
        if let Err(error) = first.and_then(|_bytes| rename(&part, &old(&path, 0))) {
            remove(&part)?;
            return Err(error);
        }
        // What came meanwhile, in ever shorter moments. A flood is not chased for ever, but its end is what counts.
        [8, 16, 32].into_iter().try_for_each(|share| take(limit / share).map(drop)).map_err(io())
    }
}
