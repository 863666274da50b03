//! The Rust files of the workspace's members, with their text.

use std::fs;
use std::path::Path;

use crate::failure::{Failure, Result};
use crate::proc;

/// One file, named relative to the repository.
#[derive(Debug)]
pub(crate) struct SourceFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl SourceFile {
    /// Lines with their numbers, which start at 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }
}

/// All of them, sorted by path.
pub(crate) fn all() -> Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    for folder in ["contracts", "crates", "xtask"] {
        collect(&proc::root().join(folder), &mut files)?;
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn collect(folder: &Path, files: &mut Vec<SourceFile>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(proc::root()).unwrap_or(&path).to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).map_err(|error| Failure::from(error).while_doing(&name))?;
            files.push(SourceFile { path: name, text });
        }
    }
    Ok(())
}
