//! The temporary files behind a replacement, and the removal of those whose writer was killed.
//!
//! A writer holds the kernel's lock on its temporary file from its creation until it is renamed. So a temporary file that
//! can be locked has no writer any more, and only such a file is removed. The lock costs a writer no privilege and no
//! `/proc`, and it covers the moment between file and rename, which a file without a name (`O_TMPFILE`) does not: to
//! replace a file that exists, it needs a name first.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::libc::{O_CLOEXEC, O_NOFOLLOW, O_NONBLOCK};
use tempfile::NamedTempFile;

use crate::DurableError;

/// What the name of a temporary file begins with.
const PREFIX: &str = ".new-";
/// How many letters and digits follow.
const RANDOM: usize = 6;

/// A new, locked temporary file in `dir`, with mode 0600. On a file system without locks it is not locked, and none is
/// ever removed there as a leftover.
pub(crate) fn create(dir: &Path) -> io::Result<NamedTempFile> {
    loop {
        let temp = tempfile::Builder::new().prefix(PREFIX).rand_bytes(RANDOM).tempfile_in(dir)?;
        // Another writer that looks for leftovers may have been faster, and remove it; then a new one is made.
        match temp.as_file().try_lock() {
            Err(TryLockError::Error(_)) => return Ok(temp),
            Ok(()) if is_named(temp.path(), temp.as_file()) => return Ok(temp),
            Ok(()) | Err(TryLockError::WouldBlock) => {}
        }
    }
}

/// Removes temporary files in `dir` that were left by writers that were killed, and returns how many. Files of living
/// writers, of other users, or with another name stay. [`replace`](crate::replace) does this in its folder each time; this
/// is for folders in which nothing may be replaced for a long time.
pub fn remove_leftovers(dir: &Path) -> Result<usize, DurableError> {
    remove_others(dir).map_err(DurableError::io("remove leftovers in", dir))
}

/// See [`remove_leftovers`].
pub(crate) fn remove_others(dir: &Path) -> io::Result<usize> {
    let mut removed = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if is_ours(&entry.file_name()) && remove_dead(&entry.path())? {
            removed += 1;
        }
    }
    Ok(removed)
}

/// Whether a file has the name of a temporary one.
fn is_ours(name: &OsStr) -> bool {
    let random = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
    random.is_some_and(|random| random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Removes the file where no writer holds its lock; whether it did.
fn remove_dead(path: &Path) -> io::Result<bool> {
    let flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    let Ok(file) = fs::OpenOptions::new().read(true).custom_flags(flags).open(path) else {
        // Renamed in the meantime, a link, or another user's.
        return Ok(false);
    };
    let meta = file.metadata()?;
    let is_mine = meta.is_file() && meta.nlink() == 1 && meta.uid() == nix::unistd::geteuid().as_raw();
    if !is_mine || file.try_lock().is_err() {
        return Ok(false);
    }
    // The writer may have renamed it, and ended, between the look at its name and the lock.
    if !is_named(path, &file) {
        return Ok(false);
    }
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether `path` names this very file.
pub(crate) fn is_named(path: &Path, file: &File) -> bool {
    let (Ok(named), Ok(held)) = (fs::symlink_metadata(path), file.metadata()) else {
        return false;
    };
    (named.dev(), named.ino()) == (held.dev(), held.ino())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replace;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// B10: what a killed writer left goes with the next replacement; a living writer's file and strangers' files stay.
    #[test]
    fn only_what_has_no_writer_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let living = create(dir.path()).unwrap();
        let living_name = living.path().file_name().unwrap().to_str().unwrap().to_owned();
        for name in [".new-AbC123", ".new-zzzzzz", ".new-short", ".new-toolong1", ".new-a.b.cd", "new-AbC123"] {
            File::create(dir.path().join(name)).unwrap();
        }
        std::os::unix::fs::symlink("record", dir.path().join(".new-linked")).unwrap();
        fs::create_dir(dir.path().join(".new-folder")).unwrap();
        fs::hard_link(dir.path().join("new-AbC123"), dir.path().join(".new-second")).unwrap();
        replace(&dir.path().join("record"), b"x").unwrap();
        let mut expected = vec![
            ".new-a.b.cd",
            ".new-folder",
            ".new-linked",
            ".new-second",
            ".new-short",
            ".new-toolong1",
            "new-AbC123",
            "record",
            &living_name,
        ];
        expected.sort_unstable();
        assert_eq!(names(dir.path()), expected);
        // `into_temp_path` closes the file, as a kill does.
        let killed = living.into_temp_path();
        assert_eq!(remove_leftovers(dir.path()).unwrap(), 1);
        assert!(!killed.exists());
        killed.close().unwrap_err();
    }

    /// Writers and cleaners at once: no writer loses its file.
    #[test]
    fn a_cleaner_never_takes_a_living_writers_file() {
        let dir = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..4)
                .map(|writer| {
                    let path = dir.path().join(format!("f{writer}"));
                    scope.spawn(move || (0..300).for_each(|_| crate::replace_until_reboot(&path, b"x").unwrap()))
                })
                .collect();
            while writers.iter().any(|writer| !writer.is_finished()) {
                remove_leftovers(dir.path()).unwrap();
            }
        });
        assert_eq!(names(dir.path()), ["f0", "f1", "f2", "f3"]);
    }
}
