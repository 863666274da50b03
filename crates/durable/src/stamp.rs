//! Whether a file was written since it was looked at, told without reading it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

use serde::{Deserialize, Serialize};

/// What a file cannot change without leaving a trace: no call can set a file's change time, so a file with an equal
/// stamp holds the bytes it held (as long as the clock was not turned back by whoever may).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stamp {
    dev: u64,
    inode: u64,
    size: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// The stamp of a file as its metadata tells it.
    pub fn of(meta: &Metadata) -> Self {
        Self {
            dev: meta.dev(),
            inode: meta.ino(),
            size: meta.len(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{File, FileTimes, metadata};

    /// F38: an edit shows even when size and modification time are put back.
    #[test]
    fn an_edit_shows() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        crate::replace(&path, b"aaaa").unwrap();
        let meta = metadata(&path).unwrap();
        let before = Stamp::of(&meta);
        assert_eq!(Stamp::of(&metadata(&path).unwrap()), before);
        std::thread::sleep(std::time::Duration::from_millis(20));
        let file = File::options().write(true).open(&path).unwrap();
        std::io::Write::write_all(&mut &file, b"bbbb").unwrap();
        file.set_times(FileTimes::new().set_modified(meta.modified().unwrap())).unwrap();
        let after = metadata(&path).unwrap();
        assert_eq!(after.modified().unwrap(), meta.modified().unwrap());
        assert_ne!(Stamp::of(&after), before);
    }
}
