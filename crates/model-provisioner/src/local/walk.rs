//! Listing a model's folder: every file in it, with a cap, and nothing that a container could not mount.
//!
//! A link is followed where it stays in the folder; one that leaves it is refused, as the folder alone is mounted.

use std::fs;
use std::path::{Path, PathBuf};

use durable::Stamp;

use crate::ModelError;
use crate::error::FilesError;
use crate::local::gguf::Found;

/// Files and folders at most.
pub(crate) const MOST: usize = 100_000;
/// Folders within folders at most.
const DEEPEST: usize = 32;
/// What `hf download --local-dir` keeps of its own: no file of a model.
const OWN_FOLDER: &str = ".cache";

/// A file by its name in the folder.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Relative, with `/`.
    pub(crate) name: String,
    pub(crate) found: Found,
}

/// All files below `root` that `wanted` asks for, by name. What is not wanted must still be plain.
pub(crate) fn files(root: &Path, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<Entry>, ModelError> {
    let meta = fs::metadata(root).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => ModelError::Missing { path: root.into() },
        _ => ModelError::Unreadable { path: root.into(), source },
    })?;
    if !meta.is_dir() {
        let what = if meta.is_file() { "a file, and a folder is needed" } else { "not a folder" };
        return Err(ModelError::NotAFile { path: root.into(), what });
    }
    let real = fs::canonicalize(root).map_err(|source| ModelError::Unreadable { path: root.into(), source })?;
    let mut walk = Walk { root, real, wanted, entries: Vec::new(), seen: 0 };
    walk.folder(root, "", 0)?;
    walk.entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(walk.entries)
}

struct Walk<'a> {
    root: &'a Path,
    real: PathBuf,
    wanted: &'a dyn Fn(&str) -> bool,
    entries: Vec<Entry>,
    seen: usize,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, prefix: &str, depth: usize) -> Result<(), ModelError> {
        let unreadable = |source| ModelError::Unreadable { path: folder.into(), source };
        if depth > DEEPEST {
            return Err(self.too_many());
        }
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            self.seen += 1;
            if self.seen > MOST {
                return Err(self.too_many());
            }
            let own_name = entry.file_name();
            let Some(own_name) = own_name.to_str() else {
                return Err(FilesError::NotPlain { path: entry.path(), what: "a name that is not UTF-8" }.into());
            };
            if prefix.is_empty() && own_name == OWN_FOLDER {
                continue;
            }
            self.entry(&entry.path(), format!("{prefix}{own_name}"), depth)?;
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, name: String, depth: usize) -> Result<(), ModelError> {
        let unreadable = |source| ModelError::Unreadable { path: path.into(), source };
        let link = fs::symlink_metadata(path).map_err(unreadable)?;
        if link.is_symlink() {
            self.stays(path)?;
        }
        let meta = if link.is_symlink() { fs::metadata(path).map_err(unreadable)? } else { link.clone() };
        if meta.is_dir() {
            // A link to a folder within could make a circle; its files are found where they are.
            return if link.is_symlink() { Ok(()) } else { self.folder(path, &format!("{name}/"), depth + 1) };
        }
        if !meta.is_file() {
            return Err(FilesError::NotPlain { path: path.into(), what: "a pipe, socket or device" }.into());
        }
        if (self.wanted)(&name) {
            let found = Found { path: path.into(), size: meta.len(), stamp: Stamp::of(&meta) };
            self.entries.push(Entry { name, found });
        }
        Ok(())
    }

    fn stays(&self, path: &Path) -> Result<(), ModelError> {
        let leaves = |target: PathBuf| Err(FilesError::LinkLeaves { path: path.into(), target }.into());
        let written = fs::read_link(path).unwrap_or_default();
        // An absolute link to the inside is a link to the outside once the folder is mounted elsewhere.
        if written.is_absolute() {
            return leaves(written);
        }
        match fs::canonicalize(path) {
            Ok(target) if target.starts_with(&self.real) => Ok(()),
            Ok(target) => leaves(target),
            Err(_) => leaves(written),
        }
    }

    fn too_many(&self) -> ModelError {
        FilesError::TooMany { place: self.root.display().to_string(), most: MOST }.into()
    }
}
