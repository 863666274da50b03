//! Whether a file fits on the disk, asked before it is written.

use std::path::Path;

use crate::DownloadError;

/// Bytes that stay free.
const MARGIN: u64 = 16 << 20;

/// Checks that `needed` bytes can be written below `dir`; a file system that does not say passes.
pub(crate) fn check(dir: &Path, needed: u64) -> Result<(), DownloadError> {
    let Ok(stat) = rustix::fs::statvfs(dir) else { return Ok(()) };
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    if free < needed.saturating_add(MARGIN) {
        return Err(DownloadError::DiskFull { dir: dir.into(), needed, free });
    }
    Ok(())
}
