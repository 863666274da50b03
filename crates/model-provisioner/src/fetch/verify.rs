//! Comparing what a download left with what the hub announced: names, sizes, and digests where there are any.

use std::fs;

use super::follow::Followed;
use crate::digests::Digests;
use crate::error::{FetchError, FilesError};
use crate::local::{gguf, walk};
use crate::place::Place;
use crate::presence::{Announced, HubFile};
use crate::{GlobPattern, ModelError, ModelRequest, ModelShape, RepoPath};

/// The files of the model, with their sizes. The command exits with 0 where it found nothing to fetch, or where the hub
/// did not answer and some files were there already: neither is a whole model.
pub(super) fn sizes(request: &ModelRequest, place: &Place, announced: &Announced) -> Result<Vec<HubFile>, ModelError> {
    if announced.files.is_empty() {
        return listed(request, place);
    }
    let mut what = Vec::new();
    let mut files = Vec::new();
    for file in &announced.files {
        let size =
            fs::symlink_metadata(place.file(&file.path)).ok().filter(fs::Metadata::is_file).map(|meta| meta.len());
        match (size, file.size) {
            (None, _) => what.push(format!("`{}` is missing", file.path)),
            (Some(size), Some(announced)) if size != announced => {
                what.push(format!("`{}` has {size} bytes, and {announced} were announced", file.path));
            }
            (size, _) => files.push(HubFile { size, ..file.clone() }),
        }
    }
    if what.is_empty() { Ok(files) } else { Err(FilesError::Incomplete { folder: place.folder.clone(), what }.into()) }
}

/// What is in the folder, where the command could not be asked for a list.
fn listed(request: &ModelRequest, place: &Place) -> Result<Vec<HubFile>, ModelError> {
    let include: &[GlobPattern] = match &request.shape {
        ModelShape::Repository { include, .. } => include,
        _ => &[],
    };
    let wanted = |name: &str| include.is_empty() || include.iter().any(|pattern| pattern.matches(name));
    let entries = walk::files(&place.folder, &wanted)?;
    let file = |entry: walk::Entry| {
        Ok(HubFile { path: RepoPath::parse(&entry.name)?, size: Some(entry.found.size), sha256: None })
    };
    entries.into_iter().map(file).collect()
}

/// Compares the digests of all files that have one, A file with another digest is removed.
pub(super) fn digests(
    place: &Place,
    files: &[HubFile],
    followed: &Followed,
    digests: &mut Digests,
    cancelled: &dyn Fn() -> bool,
    model: &str,
) -> Result<(), ModelError> {
    for file in files {
        let Some(expected) = &file.sha256 else { continue };
        if cancelled() {
            return Err(FetchError::Cancelled { model: model.to_owned() }.into());
        }
        let found = gguf::found(&place.file(&file.path))?;
        if let Some(sha256) = followed.digest(&found).filter(|sha256| sha256.eq_ignore_ascii_case(expected)) {
            digests.put(&found, sha256);
            continue;
        }
        let actual = digests.compute(&found)?;
        if !actual.eq_ignore_ascii_case(expected) {
            fs::remove_file(&found.path).ok();
            return Err(FilesError::Damaged { path: found.path, expected: expected.clone(), actual }.into());
        }
    }
    Ok(())
}
