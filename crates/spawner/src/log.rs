//! The engine's log: a fresh file for each start, and never a file that is not ours.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};

use nix::libc::{O_CLOEXEC, O_NOFOLLOW};

use crate::{PoolDir, SpawnError};

/// Sets the previous log aside as `engine.log.1` and opens a new one for appending, mode 0600.
///
/// What stands at the log's path must be a plain file of ours with one name, so that nothing else is moved or written.
pub(crate) fn open_fresh(dir: &PoolDir) -> Result<File, SpawnError> {
    let path = dir.log_file();
    let refuse = |why: String| Err(SpawnError::UnsafeLog { path: path.clone(), why });
    match std::fs::symlink_metadata(&path) {
        Ok(meta) if meta.is_symlink() => return refuse("a symbolic link".to_owned()),
        Ok(meta) if !meta.is_file() => return refuse("not a plain file".to_owned()),
        Ok(meta) if meta.uid() != rustix::process::geteuid().as_raw() => {
            return refuse(format!("owned by user {}", meta.uid()));
        }
        Ok(meta) if meta.nlink() != 1 => return refuse(format!("a file with {} names", meta.nlink())),
        Ok(_) => {
            let aside = path.with_extension("log.1");
            std::fs::rename(&path, &aside).map_err(SpawnError::io("set the previous log aside as", aside))?;
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(SpawnError::io("look at", &path)(error)),
    }
    // A new file, or none: what somebody else made in this moment is not opened.
    let mut options = OpenOptions::new();
    options.append(true).create_new(true).mode(0o600).custom_flags(O_NOFOLLOW | O_CLOEXEC);
    options.open(&path).map_err(SpawnError::io("create the log", &path))
}
