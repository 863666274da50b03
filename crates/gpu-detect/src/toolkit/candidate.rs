//! A place that may be a toolkit, before anybody looked into it.

use std::path::PathBuf;

use super::description::ToolkitSource;

/// A place that may be a toolkit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) source: ToolkitSource,
    pub(crate) root: PathBuf,
    /// The compiler, where it and not the root was found first.
    pub(crate) nvcc: Option<PathBuf>,
}

/// A place that was looked at: a candidate, or in a few words why there is none.
pub(crate) type Place = (String, Result<Candidate, String>);
