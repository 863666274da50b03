//! A CUDA toolkit as found on disk: where it lies, what led to it, what it can do and what it lacks.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::variable::{self, Name};

/// A CUDA toolkit, or what is left of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toolkit {
    /// The folder CMake calls `CUDAToolkit_ROOT`, with symbolic links resolved.
    pub root: PathBuf,
    /// Its compiler.
    pub nvcc: Option<PathBuf>,
    /// Its compiler's version as (major, minor).
    pub version: Option<(u32, u32)>,
    /// Its parts that end up in programs (`nvcc`, `cudart`, `cublas`, `cccl`), each with its version in full, such as
    /// `13.0.88`, or its digest.
    #[serde(default)]
    pub parts: BTreeMap<String, String>,
    /// The version that its headers say they belong to.
    pub headers: Option<(u32, u32)>,
    /// What led to it.
    pub source: ToolkitSource,
    /// Its place in the order of preference, from 0.
    pub order: usize,
    /// The parts a build needs that it lacks; empty when it is whole.
    pub missing: Vec<String>,
    /// The newest major version of g++ that its headers accept.
    pub gcc: Option<u32>,
    /// The newest major version of clang that its headers accept.
    pub clang: Option<u32>,
    /// The first glibc that its headers contradict.
    pub glibc_below: Option<(u32, u32)>,
    /// The architectures it makes machine code for, such as 90: by its compiler's word, or, where that is too old to
    /// say, by what is known of the release.
    pub architectures: Vec<u32>,
    /// Why its compiler does not say what it makes code for.
    pub nvcc_failure: Option<String>,
    /// The oldest driver that runs what it makes, where that is known.
    pub oldest_driver: Option<String>,
    /// The folder with its stand-in for `libcuda.so`.
    pub stubs: Option<PathBuf>,
    /// The folder with its newer `libcuda.so.1` for older drivers (CUDA's forward compatibility), where that is installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compat: Option<PathBuf>,
}

impl Toolkit {
    /// Whether nothing that a build needs is missing.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }

    /// Its name without what it lacks.
    pub(crate) fn title(&self) -> String {
        let name = match self.version {
            Some((major, minor)) => format!("CUDA {major}.{minor}"),
            None => "a CUDA toolkit".into(),
        };
        format!("{name} in `{}` (from {})", self.root.display(), self.source)
    }
}

impl fmt::Display for Toolkit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title())?;
        if !self.is_complete() {
            write!(f, " without {}", self.missing.join(", "))?;
        }
        Ok(())
    }
}

/// What led to a toolkit, in the order of preference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolkitSource {
    /// The configuration: an explicit choice, which is never passed over.
    Config,
    /// This environment variable: likewise.
    #[serde(deserialize_with = "variable::known")]
    Variable(Name),
    /// `nvcc` on `PATH`.
    SearchPath,
    /// A folder where toolkits are usually installed.
    Folder,
    /// The conda environment that is active.
    Conda,
    /// NVIDIA's Python packages.
    Wheels,
    /// NVIDIA's HPC SDK.
    HpcSdk,
    /// A package of the Nix store that the environment names.
    Nix,
}

impl ToolkitSource {
    /// Whether this toolkit was chosen explicitly, so that another one must not take its place silently.
    pub fn is_explicit(self) -> bool {
        matches!(self, Self::Config | Self::Variable(_))
    }
}

impl fmt::Display for ToolkitSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config => f.write_str("the configuration"),
            Self::Variable(name) => write!(f, "`{name}`"),
            Self::SearchPath => f.write_str("`nvcc` on `PATH`"),
            Self::Folder => f.write_str("a usual place"),
            Self::Conda => f.write_str("`CONDA_PREFIX`"),
            Self::Wheels => f.write_str("NVIDIA's Python packages"),
            Self::HpcSdk => f.write_str("the HPC SDK"),
            Self::Nix => f.write_str("the Nix store"),
        }
    }
}
