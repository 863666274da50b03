//! Why something is not in the store, and what to do about it.

use std::path::PathBuf;

use durable::DurableError;
use miette::Diagnostic;
use thiserror::Error;

/// Everything that can keep an entry from being read, published or removed.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum StoreError {
    /// A cache folder that CMake or we cannot use.
    #[error("`{}` cannot be the cache folder", path.display())]
    #[diagnostic(code(build::bad_cache_dir), help("it must be an absolute path in UTF-8 without `;` or line breaks"))]
    BadCacheDir {
        /// The folder.
        path: PathBuf,
    },
    /// A published entry was not found again.
    #[error("the new store entry did not pass its own check")]
    #[diagnostic(
        code(build::not_published),
        help("something changes files under the cache folder; check the disk and who else writes there")
    )]
    NotPublished,
    /// The system refused.
    #[error("could not {action} `{}`", path.display())]
    #[diagnostic(
        code(build::io),
        help(
            "check that the file system has space (`df -h`, `df -i`), is not read-only, and that you may write there"
        )
    )]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file or lock could not be kept.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Durable(#[from] DurableError),
}

impl StoreError {
    /// Wraps what the system said of one action on one path, for `map_err`.
    pub fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
