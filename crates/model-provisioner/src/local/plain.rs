//! Opening a model file: a plain file, found through links, never a pipe or device that would block or answer forever.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

use crate::ModelError;

/// The open file with its metadata.
pub(crate) fn open(path: &Path) -> Result<(File, Metadata), ModelError> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => ModelError::Missing { path: path.into() },
        _ => ModelError::Unreadable { path: path.into(), source: error },
    };
    // Opening some devices has effects, so the kind is looked at first.
    kind(path, &fs::metadata(path).map_err(failed)?)?;
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    let flags = i32::try_from(flags).unwrap_or(0);
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(failed)?;
    let meta = file.metadata().map_err(failed)?;
    kind(path, &meta)?;
    Ok((file, meta))
}

fn kind(path: &Path, meta: &Metadata) -> Result<(), ModelError> {
    if meta.is_file() {
        return Ok(());
    }
    let what = if meta.is_dir() { "a folder" } else { "not a plain file" };
    Err(ModelError::NotAFile { path: path.into(), what })
}

/// The content of a plain file, up to `max` bytes of it.
pub(crate) fn read(path: &Path, max: u64) -> Result<Vec<u8>, ModelError> {
    let (file, _) = open(path)?;
    let mut bytes = Vec::new();
    let read = file.take(max).read_to_end(&mut bytes);
    read.map_err(|source| ModelError::Unreadable { path: path.into(), source })?;
    Ok(bytes)
}
