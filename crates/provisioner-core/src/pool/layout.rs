//! Where this crate keeps its own files below the cache folder: the one place that spells it.

use std::path::{Path, PathBuf};

/// The folder of this version of the cache.
pub(crate) fn versioned(cache: &Path) -> PathBuf {
    cache.join("v1")
}
