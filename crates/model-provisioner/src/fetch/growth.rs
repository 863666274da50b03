//! How much of a model is in its folder: the command's own output says nothing that can be relied on.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::hub::space::written;

/// How often a folder is measured: a large one takes a while.
const PERIOD: Duration = Duration::from_secs(1);
/// Files that are looked at in one measurement, at most.
const MOST: usize = 50_000;

/// What one look at a folder finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    /// Bytes on disk.
    bytes: u64,
    /// Files.
    files: usize,
    /// The newest change, in nanoseconds: a file whose space was reserved before grows in no other way.
    newest: i128,
}

/// Folders that are watched. A file that has a name in two of them counts once.
#[derive(Debug)]
pub(super) struct Growth<'a> {
    folders: [&'a Path; 2],
    seen: Seen,
    looked: Option<Instant>,
    grew: Instant,
}

impl<'a> Growth<'a> {
    pub(super) fn of(folders: [&'a Path; 2]) -> Self {
        Self { folders, seen: look(folders), looked: None, grew: Instant::now() }
    }

    /// Looks again if it is time to; the bytes that are there then.
    pub(super) fn look(&mut self) -> Option<u64> {
        if self.looked.is_some_and(|at| at.elapsed() < PERIOD) {
            return None;
        }
        let seen = look(self.folders);
        if seen != self.seen {
            self.grew = Instant::now();
            self.seen = seen;
        }
        self.looked = Some(Instant::now());
        Some(seen.bytes)
    }

    /// How long nothing arrived.
    pub(super) fn silence(&self) -> Duration {
        self.grew.elapsed()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.seen.bytes
    }
}

fn look(folders: [&Path; 2]) -> Seen {
    let (mut seen, mut twice) = (Seen::default(), BTreeSet::new());
    for folder in folders {
        add(folder, 0, &mut seen, &mut twice);
    }
    seen
}

fn add(folder: &Path, depth: u8, seen: &mut Seen, twice: &mut BTreeSet<u64>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if seen.files >= MOST {
            return;
        }
        let Ok(meta) = entry.metadata() else { continue };
        if meta.is_dir() && depth < 32 {
            add(&entry.path(), depth + 1, seen, twice);
        } else if meta.is_file() && (meta.nlink() < 2 || twice.insert(meta.ino())) {
            seen.files += 1;
            seen.bytes += written(&meta);
            let changed = i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec());
            seen.newest = seen.newest.max(changed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_grows_with_its_files() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, parts) = (dir.path().join("f"), dir.path().join("parts"));
        fs::create_dir_all(folder.join(".cache/x")).unwrap();
        fs::create_dir_all(&parts).unwrap();
        let mut growth = Growth::of([&folder, &parts]);
        durable::replace(&folder.join(".cache/x/part.incomplete"), &[1; 8192]).unwrap();
        fs::hard_link(folder.join(".cache/x/part.incomplete"), parts.join("p")).unwrap();
        assert_eq!(growth.look(), Some(8192));
        assert!(growth.silence() < Duration::from_secs(1));
        assert_eq!(growth.look(), None, "not yet");
        assert_eq!(growth.bytes(), 8192);
    }
}
