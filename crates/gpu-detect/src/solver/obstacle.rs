//! Why one toolkit cannot be used here. Each obstacle goes away by one change, which [`Remedy`] names.

use miette::Diagnostic;
use serde::{Serialize, Serializer, ser::SerializeStruct};
use thiserror::Error;

use super::forward::Forward;
use super::remedies;
use super::remedy::Remedy;
use crate::toolkit::releases::{Releases, dotted};

/// One thing that stands between a toolkit and a build.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[non_exhaustive]
pub enum Obstacle {
    /// It lacks parts, or is no toolkit at all.
    #[error("it lacks {}", missing.join(", "))]
    #[diagnostic(code(cuda::toolkit_incomplete))]
    Incomplete {
        /// What it lacks.
        missing: Vec<String>,
        /// Its version, where it has one.
        version: Option<(u32, u32)>,
    },
    /// Compiler and headers are of different releases: nvcc's own libraries refuse to be compiled like that.
    #[error("its nvcc is of CUDA {} and its headers are of CUDA {}", dotted(*nvcc), dotted(*headers))]
    #[diagnostic(code(cuda::toolkit_mixed))]
    Mixed {
        /// The compiler's version.
        nvcc: (u32, u32),
        /// The headers' version.
        headers: (u32, u32),
    },
    /// Its compiler does not answer.
    #[error("its nvcc does not tell which GPUs it supports: {why}")]
    #[diagnostic(code(cuda::nvcc_failed))]
    NvccFailed {
        /// How it failed.
        why: String,
    },
    /// The engine's source needs a newer one.
    #[error("the engine's source needs CUDA {} or newer", dotted(*oldest))]
    #[diagnostic(code(cuda::toolkit_too_old))]
    TooOld {
        /// The oldest that is enough.
        oldest: (u32, u32),
        /// The releases that fit this host.
        fits: Releases,
    },
    /// The driver cannot run what it builds.
    #[error("it is newer than the driver: driver {driver} runs CUDA {} at most", newest(*cuda, *major))]
    #[diagnostic(code(cuda::toolkit_newer_than_driver))]
    NewerThanDriver {
        /// The driver's version.
        driver: String,
        /// The newest CUDA version that the driver says it runs.
        cuda: Option<(u32, u32)>,
        /// The newest major release that it runs.
        major: u32,
        /// The oldest driver that would do.
        needed: Option<String>,
        /// The releases that fit this host.
        fits: Releases,
        /// Whether forward compatibility is another way.
        forward: Forward,
    },
    /// It cannot make code for the GPU.
    #[error("{gpu} needs code for architecture {architecture}, and it makes code for {known} only")]
    #[diagnostic(code(cuda::arch_unsupported))]
    ArchUnsupported {
        /// The GPU's name.
        gpu: String,
        /// Its architecture.
        architecture: u32,
        /// The architectures that are known.
        known: String,
        /// The releases that fit this host.
        fits: Releases,
    },
    /// Its headers contradict the C library's.
    #[error("its headers contradict those of glibc {}: no CUDA file compiles", dotted(*glibc))]
    #[diagnostic(code(cuda::glibc_too_new))]
    GlibcTooNew {
        /// The C library's version.
        glibc: (u32, u32),
        /// The releases that fit this host.
        fits: Releases,
    },
    /// Every compiler here is too new for it, or somebody chose one that is.
    #[error("it accepts {accepts}, and here are only: {installed}")]
    #[diagnostic(code(cuda::host_compiler_too_new))]
    HostCompilerTooNew {
        /// The newest compilers it accepts.
        accepts: String,
        /// The newest g++ it accepts.
        gcc: Option<u32>,
        /// The compilers found.
        installed: String,
    },
    /// There is no compiler for nvcc to use, or the one that somebody chose is none.
    #[error("{what}")]
    #[diagnostic(code(cuda::host_compiler_missing))]
    HostCompilerMissing {
        /// What is missing.
        what: String,
        /// The newest g++ it accepts.
        gcc: Option<u32>,
    },
    /// Somebody chose another one.
    #[error("{by} names another toolkit, which is never replaced")]
    #[diagnostic(code(cuda::toolkit_overruled))]
    Overruled {
        /// What names the other one.
        by: String,
        /// This one's root.
        root: String,
    },
}

impl Obstacle {
    /// The one change that takes it away.
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Incomplete { missing, version } => remedies::parts(missing, *version),
            Self::Mixed { nvcc, .. } => remedies::one_release(*nvcc),
            Self::NvccFailed { .. } => remedies::reinstall(),
            Self::NewerThanDriver { needed, fits, forward, .. } => {
                remedies::driver_or_toolkit(needed.as_deref(), *fits, forward)
            }
            Self::TooOld { fits, .. } | Self::ArchUnsupported { fits, .. } | Self::GlibcTooNew { fits, .. } => {
                remedies::toolkit(*fits)
            }
            Self::HostCompilerTooNew { gcc, .. } | Self::HostCompilerMissing { gcc, .. } => {
                remedies::host_compiler(*gcc)
            }
            Self::Overruled { by, root } => remedies::overruled(by, root),
        }
    }

    /// Its stable code.
    pub fn stable_code(&self) -> String {
        self.code().map(|code| code.to_string()).unwrap_or_default()
    }
}

impl Serialize for Obstacle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Obstacle", 3)?;
        fields.serialize_field("code", &self.stable_code())?;
        fields.serialize_field("why", &self.to_string())?;
        fields.serialize_field("remedy", &self.remedy())?;
        fields.end()
    }
}

fn newest(cuda: Option<(u32, u32)>, major: u32) -> String {
    cuda.map_or_else(|| format!("{major}.x"), dotted)
}
