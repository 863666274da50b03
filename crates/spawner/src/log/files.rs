//! The engine's log files: a fresh one for each start, older ones beside it, and never a file that is not ours.
//!
//! The engine writes into the file itself, so that no process of ours stands between it and its log.

use std::fs::{File, Metadata, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::libc::{O_CLOEXEC, O_NOFOLLOW, O_NONBLOCK};

use crate::{PoolDir, SpawnError};

/// How many older logs are kept: `engine.log.1` is the younger one.
const OLD: [&str; 2] = ["log.1", "log.2"];

/// Sets the previous log aside as `engine.log.1` and opens a new one for appending, mode 0600.
///
/// What stands at the log's path must be a plain file of ours with one name, so that nothing else is moved or written.
pub(crate) fn open_fresh(dir: &PoolDir) -> Result<File, SpawnError> {
    let path = dir.log_file();
    match std::fs::symlink_metadata(&path) {
        Ok(meta) => {
            require_ours(&path, &meta)?;
            remove(&part(&path))?;
            age(&path)?;
            rename(&path, &old(&path, 0))?;
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(SpawnError::io("look at", &path)(error)),
    }
    create(&path, OpenOptions::new().append(true))
}

/// Opens the log, which must be a plain file of ours; nothing where there is none.
pub(crate) fn open(dir: &PoolDir, write: bool) -> Result<Option<File>, SpawnError> {
    let path = dir.log_file();
    let mut options = OpenOptions::new();
    let opened = options.read(true).write(write).custom_flags(O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC).open(&path);
    let file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(SpawnError::io("read", path)(error)),
    };
    require_ours(&path, &file.metadata().map_err(SpawnError::io("look at", &path))?)?;
    Ok(Some(file))
}

pub(crate) fn require_ours(path: &Path, meta: &Metadata) -> Result<(), SpawnError> {
    let why = if meta.is_symlink() {
        "a symbolic link".to_owned()
    } else if !meta.is_file() {
        "not a plain file".to_owned()
    } else if meta.uid() != rustix::process::geteuid().as_raw() {
        format!("owned by user {}", meta.uid())
    } else if meta.nlink() > 1 {
        format!("a file with {} names", meta.nlink())
    } else {
        return Ok(());
    };
    Err(SpawnError::UnsafeLog { path: path.into(), why })
}

/// A new file, or none: what another process made in this moment is not opened.
pub(crate) fn create(path: &Path, how: &mut OpenOptions) -> Result<File, SpawnError> {
    let how = how.create_new(true).mode(0o600).custom_flags(O_NOFOLLOW | O_CLOEXEC);
    how.open(path).map_err(SpawnError::io("create the log", path))
}

/// Makes room for one more old log.
pub(crate) fn age(path: &Path) -> Result<(), SpawnError> {
    let younger = old(path, 0);
    if std::fs::symlink_metadata(&younger).is_ok() { rename(&younger, &old(path, 1)) } else { Ok(()) }
}

/// Where a log is copied to before it is rotated.
pub(crate) fn part(path: &Path) -> PathBuf {
    path.with_extension("log.part")
}

/// Where older logs are: 0 is the younger one.
pub(crate) fn old(path: &Path, age: usize) -> PathBuf {
    path.with_extension(OLD.get(age).copied().unwrap_or_default())
}

pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), SpawnError> {
    std::fs::rename(from, to).map_err(SpawnError::io("set the previous log aside as", to))
}

pub(crate) fn remove(path: &Path) -> Result<(), SpawnError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(SpawnError::io("remove", path)(error)),
        _ => Ok(()),
    }
}
