//! Whether a build in the store still finds the libraries of the CUDA toolkit that it was linked with: the key of a build
//! names the toolkit's content and no path, so that a build stays a cache hit after its toolkit moved.
//!
//! The rule: only libraries of the toolkit and NCCL are looked for, in the loader's places. What cannot be read lacks
//! nothing, and without the feature `finished`, which reads ELF files, nothing is looked at.

use std::path::PathBuf;

#[cfg(feature = "finished")]
mod look;

#[cfg(feature = "finished")]
pub(crate) use look::of;

/// What a stored build lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "finished"), expect(dead_code, reason = "nothing is looked at"))]
pub(crate) enum Libraries {
    /// Nothing, as far as it was looked at.
    #[default]
    Found,
    /// What the loader does not find is all in this folder of the chosen toolkit.
    In(PathBuf),
    /// A library that is gone.
    Gone(Gone),
}

/// A library that a stored build needs and this host no longer has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Gone {
    /// The file that needs it.
    pub(crate) file: PathBuf,
    /// Its name.
    pub(crate) library: String,
    /// Where that file looks for it first.
    pub(crate) searched: Vec<String>,
}
