//! A CUDA toolkit as found on disk, and whether it is whole.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// A CUDA toolkit, or what is left of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Toolkit {
    /// The folder CMake calls `CUDAToolkit_ROOT`, with symbolic links resolved.
    pub root: PathBuf,
    /// Its compiler.
    pub nvcc: Option<PathBuf>,
    /// Its version as (major, minor).
    pub version: Option<(u32, u32)>,
    /// What led to it.
    pub source: ToolkitSource,
    /// The parts a build needs that it lacks; empty when it is whole.
    pub missing: Vec<String>,
}

impl Toolkit {
    /// Whether nothing that a build needs is missing.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }
}

impl fmt::Display for Toolkit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version {
            Some((major, minor)) => write!(f, "CUDA {major}.{minor}")?,
            None => f.write_str("a CUDA toolkit")?,
        }
        write!(f, " in `{}` (from {})", self.root.display(), self.source)?;
        if !self.is_complete() {
            write!(f, " without {}", self.missing.join(", "))?;
        }
        Ok(())
    }
}

/// What led to a toolkit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolkitSource {
    /// This environment variable: a choice that somebody made, and that is never passed over.
    Variable(&'static str),
    /// `nvcc` on `PATH`.
    SearchPath,
    /// A folder where toolkits are usually installed.
    Folder,
    /// The conda environment that is active.
    Conda,
}

impl ToolkitSource {
    /// Whether somebody chose this toolkit, so that another one must not take its place silently.
    pub fn is_explicit(self) -> bool {
        matches!(self, Self::Variable(_))
    }
}

impl fmt::Display for ToolkitSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "`{name}`"),
            Self::SearchPath => f.write_str("`nvcc` on `PATH`"),
            Self::Folder => f.write_str("a usual place"),
            Self::Conda => f.write_str("`CONDA_PREFIX`"),
        }
    }
}
