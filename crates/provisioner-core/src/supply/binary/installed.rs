//! The folder that a pool wants its engine in: a link to the entry of the store, replaced at once.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use engine_store::Entry;

use crate::supply::binary::{BinaryError, files};

/// Where the link leads.
fn target(entry: &Entry) -> PathBuf {
    entry.dir.join(files::FILES)
}

/// Whether a path is a link to an entry.
pub(crate) fn is_link_to(link: &Path, entry: &Entry) -> bool {
    fs::read_link(link).is_ok_and(|to| to == target(entry))
}

/// Whether a path is a link into this store, whatever spelling of the store's path it was made with.
fn is_ours(link: &Path, store: &Path) -> bool {
    let Ok(to) = fs::read_link(link) else { return false };
    let real = fs::canonicalize(store).ok();
    let is_store = |folder: &Path| folder == store || (real.is_some() && fs::canonicalize(folder).ok() == real);
    to.is_absolute() && to.ancestors().any(is_store)
}

/// Makes the link, or turns the one that is there. What is no link into the store is left alone, and an error.
pub(crate) fn link(link: &Path, entry: &Entry, store: &Path) -> Result<(), BinaryError> {
    let failed = |why: String| BinaryError::InstallDir { path: link.into(), why };
    if is_link_to(link, entry) {
        return Ok(());
    }
    match fs::symlink_metadata(link) {
        Ok(meta) if !meta.is_symlink() => return Err(failed("something else is there".into())),
        Ok(_) if !is_ours(link, store) => return Err(failed("a link to something else is there".into())),
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error.to_string())),
        _ => {}
    }
    let parent = link.parent().ok_or_else(|| failed("it has no folder".into()))?;
    fs::create_dir_all(parent).map_err(|error| failed(error.to_string()))?;
    // A reader sees the old engine or the new one, never none.
    let name = link.file_name().unwrap_or_default().to_string_lossy();
    let beside = parent.join(format!(".{name}.{}", std::process::id()));
    fs::remove_file(&beside).ok();
    std::os::unix::fs::symlink(target(entry), &beside).map_err(|error| failed(error.to_string()))?;
    fs::rename(&beside, link).map_err(|error| {
        fs::remove_file(&beside).ok();
        failed(error.to_string())
    })
}
