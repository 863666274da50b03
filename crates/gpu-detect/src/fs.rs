//! Reading folders and small files, and names of folders, for every part of detection.

use std::fs;
use std::path::{Path, PathBuf};

/// A folder's entries by name; none where it cannot be read.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.sort();
    paths
}

/// A file of `sysfs`, without its line end.
pub(crate) fn text(file: &Path) -> Option<String> {
    Some(fs::read_to_string(file).ok()?.trim_end().to_owned())
}

/// Debian's name for this machine's architecture, such as `x86_64-linux-gnu`.
pub(crate) fn multiarch() -> String {
    format!("{}-linux-gnu", std::env::consts::ARCH)
}
