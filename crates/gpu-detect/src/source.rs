//! Where facts came from, and where was searched for them.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where a fact came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The management library at this path or under this name.
    Nvml(PathBuf),
    /// This `nvidia-smi`.
    NvidiaSmi(PathBuf),
    /// This file.
    File(PathBuf),
    /// This program.
    Program(PathBuf),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Nvml(path) | Self::NvidiaSmi(path) | Self::File(path) | Self::Program(path)) = self;
        write!(f, "`{}`", path.display())
    }
}

/// One place that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// What was looked for.
    pub subject: Subject,
    /// The file, library, variable or folder.
    pub place: String,
    /// What was found, in a few words.
    pub found: String,
}

/// What a place was looked at for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The driver and its GPUs.
    Driver,
    /// A CUDA toolkit.
    Toolkit,
}

/// One line for each place.
pub(crate) fn lines(looked: &[Looked]) -> String {
    looked.iter().flat_map(|looked| ["\n  ", &looked.place, ": ", &looked.found]).collect()
}
