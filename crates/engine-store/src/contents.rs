//! The files of an entry that is about to be published, each with its digest.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::verified::Memory;
use crate::{FileEntry, Staging, StoreError, manifest};

/// What lies in the `out` folder of a [`Staging`] folder. Documents that name the digests of the other files are added
/// last.
#[derive(Debug)]
pub struct Contents {
    out: PathBuf,
    pub(crate) files: Vec<FileEntry>,
    pub(crate) seen: Memory,
}

impl Contents {
    /// Hashes every file there is so far.
    pub fn hash(staging: &Staging) -> Result<Self, StoreError> {
        let mut contents = Self { out: staging.out(), files: Vec::new(), seen: Memory::default() };
        for path in manifest::list(&contents.out)? {
            contents.take(&path)?;
        }
        Ok(contents)
    }

    /// The files so far.
    pub fn files(&self) -> &[FileEntry] {
        &self.files
    }

    /// Writes one more file. It is made durable with all the others, by [`Claim::publish`](crate::Claim::publish).
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        write(&self.out, name, bytes)?;
        self.take(Path::new(name))
    }

    fn take(&mut self, path: &Path) -> Result<(), StoreError> {
        self.files.push(self.seen.hash(&self.out, path)?);
        Ok(())
    }
}

/// Writes a file that has no readers yet.
pub(crate) fn write(out: &Path, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let path = out.join(name);
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
    file.and_then(|mut file| file.write_all(bytes)).map_err(StoreError::io("write", path))
}
