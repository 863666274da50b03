//! Hashing files while they are downloaded, so that the comparison with the announced digest costs no time afterwards.
//!
//! The command writes a file from its beginning to its end, so its bytes can be hashed as they come. Where one does not
//! (it fills holes), the digest is another than announced, and the file is hashed again as a whole before it is refused.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::local::gguf::Found;

/// How often is looked for more.
const PERIOD: Duration = Duration::from_millis(100);

/// A file that is hashed as far as it is there.
struct Following {
    file: File,
    hasher: Sha256,
    bytes: u64,
}

/// Files by device and inode: they are renamed when they are whole.
#[derive(Default)]
pub(super) struct Followed(Mutex<BTreeMap<(u64, u64), Following>>);

impl Followed {
    /// Follows the files in `folder` until `ended`, and to their ends then.
    pub(super) fn follow(&self, folder: &Path, ended: &AtomicBool) {
        loop {
            let last = ended.load(Ordering::SeqCst);
            self.find(folder);
            self.read(last);
            if last {
                return;
            }
            std::thread::sleep(PERIOD);
        }
    }

    fn find(&self, folder: &Path) {
        let Ok(mut known) = self.0.lock() else { return };
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(meta) = entry.metadata() else { continue };
            let id = (meta.dev(), meta.ino());
            if meta.is_file()
                && !known.contains_key(&id)
                && let Ok(file) = File::open(entry.path())
            {
                known.insert(id, Following { file, hasher: Sha256::new(), bytes: 0 });
            }
        }
    }

    fn read(&self, last: bool) {
        let Ok(mut known) = self.0.lock() else { return };
        let mut buffer = vec![0; 1 << 20];
        for following in known.values_mut() {
            // The last time only what is quickly done: the rest is hashed with the other files.
            let most = if last { 64 } else { 1024 };
            for _ in 0..most {
                let Ok(count @ 1..) = following.file.read(&mut buffer) else { break };
                following.hasher.update(buffer.get(..count).unwrap_or_default());
                following.bytes += count as u64;
            }
        }
    }

    /// The SHA-256 of a file that was followed from its beginning to its end.
    pub(super) fn digest(&self, found: &Found) -> Option<String> {
        let meta = fs::metadata(&found.path).ok()?;
        let known = self.0.lock().ok()?;
        let following = known.get(&(meta.dev(), meta.ino()))?;
        (following.bytes == found.size).then(|| durable::hex(&following.hasher.clone().finalize()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use durable::Stamp;

    use super::*;

    #[test]
    fn a_file_is_hashed_while_it_grows() {
        let dir = tempfile::tempdir().unwrap();
        let (path, ended) = (dir.path().join("part"), AtomicBool::new(false));
        let followed = Followed::default();
        let mut file = File::create(&path).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| followed.follow(dir.path(), &ended));
            for _ in 0..5 {
                file.write_all(&vec![7; 100_000]).unwrap();
                std::thread::sleep(Duration::from_millis(60));
            }
            fs::rename(&path, dir.path().join("whole")).unwrap();
            ended.store(true, Ordering::SeqCst);
        });
        let path = dir.path().join("whole");
        let meta = fs::metadata(&path).unwrap();
        let found = Found { path: path.clone(), size: meta.len(), stamp: Stamp::of(&meta) };
        assert_eq!(followed.digest(&found), durable::sha256(&path).ok().map(|(_, sha256)| sha256));
        file.write_all(b"more").unwrap();
        let longer = Found { size: meta.len() + 4, ..found };
        assert_eq!(followed.digest(&longer), None, "not to its end");
    }
}
