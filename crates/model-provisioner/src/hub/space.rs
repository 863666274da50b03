//! Whether a model has room where it goes, and may be written there; asked before anything is fetched.

use std::fs;
use std::path::Path;

use rustix::fs::{Access, StatVfsMountFlags, access, statvfs};

use crate::error::FetchError;
use crate::place::Place;
use crate::presence::{Announced, HubFile};

/// Left free beside a model, in bytes: for lists, locks and the command's own files.
const RESERVE: u64 = 16 << 20;

/// What is announced must have room in the folder of `place`.
pub(crate) fn check(place: &Place, announced: &Announced, model: &str) -> Result<(), FetchError> {
    let Some(nearest) = place.folder.ancestors().find(|folder| folder.is_dir()) else { return Ok(()) };
    let read_only = |why| Err(FetchError::ReadOnly { model: model.to_owned(), place: nearest.into(), why });
    let Ok(stat) = statvfs(nearest) else { return Ok(()) };
    if stat.f_flag.contains(StatVfsMountFlags::RDONLY) {
        return read_only("the file system is mounted read-only");
    }
    match access(nearest, Access::WRITE_OK) {
        Err(rustix::io::Errno::ROFS) => return read_only("the file system is mounted read-only"),
        Err(rustix::io::Errno::ACCESS | rustix::io::Errno::PERM) => return read_only("this user may not write there"),
        _ => {}
    }
    let has = stat.f_bavail.saturating_mul(stat.f_frsize);
    let wanted: u64 = announced.files.iter().map(|file| missing(place, file)).sum();
    // What an interrupted fetch left is a part of what is wanted.
    let needs = wanted.saturating_sub(begun(place));
    if needs > 0 && needs.saturating_add(RESERVE) > has {
        return Err(FetchError::NoSpace { model: model.to_owned(), place: nearest.into(), needs, has });
    }
    Ok(())
}

/// Bytes of a file that are not there yet.
fn missing(place: &Place, file: &HubFile) -> u64 {
    let size = file.size.unwrap_or(0);
    let has = fs::metadata(place.file(&file.path)).map_or(0, |meta| meta.len());
    if has == size { 0 } else { size }
}

/// Bytes of the beginnings that are kept.
fn begun(place: &Place) -> u64 {
    sum(&place.parts, 0)
}

fn sum(folder: &Path, depth: u8) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() && depth < 8 => sum(&entry.path(), depth + 1),
        Ok(meta) => written(&meta),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}

/// Bytes of a file that are on disk: one that is written from several places at once has holes.
pub(crate) fn written(meta: &fs::Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt;

    meta.len().min(meta.blocks().saturating_mul(512))
}
