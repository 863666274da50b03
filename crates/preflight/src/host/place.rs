//! A folder that will be written to: how much room there is, and whether it can be written and run from.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::{AccessFlags, access};
use serde::Serialize;

/// A folder, or the nearest one above it that exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The folder that was asked for.
    pub path: PathBuf,
    /// The nearest folder that exists, whose file system counts.
    pub existing: PathBuf,
    /// The file system's number: two places with the same one share their room.
    pub device: Option<u64>,
    /// The bytes that we may still write; `None` where the file system does not say.
    pub free_bytes: Option<u64>,
    /// The files that may still be made; `None` where the file system has no such limit.
    pub free_files: Option<u64>,
    /// Whether the file system is mounted read-only.
    pub read_only: bool,
    /// Whether no program can be run from it.
    pub noexec: bool,
    /// Whether we may write into the existing folder.
    pub writable: bool,
}

impl Place {
    pub(crate) fn look(path: &Path) -> Self {
        let exists = |folder: &&Path| folder.metadata().is_ok();
        let existing = path.ancestors().find(exists).unwrap_or(Path::new("/")).to_path_buf();
        let facts = statvfs(&existing).ok();
        let flag = |flag| facts.is_some_and(|facts| facts.flags().contains(flag));
        Self {
            path: path.into(),
            device: existing.metadata().ok().map(|meta| meta.dev()),
            free_bytes: facts.map(|facts| facts.blocks_available().saturating_mul(facts.fragment_size())),
            free_files: facts.filter(|facts| facts.files() > 0).map(|facts| facts.files_available()),
            read_only: flag(FsFlags::ST_RDONLY),
            noexec: flag(FsFlags::ST_NOEXEC),
            writable: existing.is_dir() && access(&existing, AccessFlags::W_OK | AccessFlags::X_OK).is_ok(),
            existing,
        }
    }
}
