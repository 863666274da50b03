//! Replacing a file as a whole: readers see the old content or the new one, also after a crash.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use crate::{DurableError, leftovers};

/// Writes `bytes` to `path` with mode 0600: a temporary file in the same folder, synced, renamed over `path`, and
/// the folder synced. The name is durable when this returns.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), DurableError> {
    put(path, bytes, File::sync_all)?;
    sync_dir(folder(path))
}

/// The same without the syncs, for what means nothing once the host has been started anew: readers see the old content or
/// the new one, also when the writer is killed; after a power failure it may be either, or nothing.
pub fn replace_until_reboot(path: &Path, bytes: &[u8]) -> Result<(), DurableError> {
    put(path, bytes, |_file| Ok(()))
}

fn put(path: &Path, bytes: &[u8], sync: impl FnOnce(&File) -> std::io::Result<()>) -> Result<(), DurableError> {
    let dir = folder(path);
    let mut temp = leftovers::create(dir).map_err(DurableError::io("create a file in", dir))?;
    // Best effort: a leftover that cannot be removed does not keep anyone from writing.
    leftovers::remove_others(dir).ok();
    temp.write_all(bytes).map_err(DurableError::io("write", path))?;
    sync(temp.as_file()).map_err(DurableError::io("sync", path))?;
    let file = temp.persist(path).map_err(|error| DurableError::io("replace", path)(error.error))?;
    // Closing alone would leave it locked by a child that was forked a moment ago and has not executed its program yet.
    file.unlock().ok();
    Ok(())
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

/// Makes the names in a folder durable.
pub fn sync_dir(dir: &Path) -> Result<(), DurableError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(DurableError::io("sync", dir))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    /// F08
    #[test]
    fn a_reader_sees_old_or_new() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("record");
        let versions = [vec![b'a'; 100_000], vec![b'b'; 70_000]];
        replace(&path, &versions[0]).unwrap();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                for i in 0..100 {
                    let how = [replace, replace_until_reboot][i / 2 % 2];
                    how(&path, &versions[i % 2]).unwrap();
                }
            });
            while !writer.is_finished() {
                let seen = fs::read(&path).unwrap();
                assert!(versions.contains(&seen), "{} bytes", seen.len());
            }
        });
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_replacement_leaves_the_old_content_and_no_litter() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("taken");
        fs::create_dir(&path).unwrap();
        assert!(replace(&path, b"x").is_err() && replace_until_reboot(&path, b"x").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
