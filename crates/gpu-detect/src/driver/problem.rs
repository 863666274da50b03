//! Why the driver, or one of its GPUs, did not answer as it should.

use std::path::PathBuf;

use nvml_wrapper::error::NvmlError;
use serde::{Deserialize, Serialize};

/// A reason that the driver gave, or the lack of a library to give one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Which reason it is.
    pub kind: ProblemKind,
    /// The library or program that gave it.
    pub library: Option<PathBuf>,
    /// The reason in its words.
    pub text: String,
}

/// The reasons that call for different remedies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// No NVML library was found.
    NoLibrary,
    /// An NVML library is there but cannot be used: for another machine, damaged, or without a function we need.
    LibraryUnusable,
    /// The kernel module is not loaded.
    DriverNotLoaded,
    /// The kernel module and the libraries are of different versions.
    DriverMismatch,
    /// This user, or this container, may not talk to the driver.
    NoPermission,
    /// NVML answers but `libcuda.so.1`, through which programs compute, is not there.
    NoCudaLibrary,
    /// A GPU fell off the bus or needs a reset.
    GpuLost,
    /// The driver did not answer in time.
    TimedOut,
    /// The driver gave another error.
    Failed,
}

impl ProblemKind {
    /// The kind of an error that NVML gave after its library was opened.
    pub(crate) fn of(error: &NvmlError) -> Self {
        match error {
            NvmlError::DriverNotLoaded => Self::DriverNotLoaded,
            NvmlError::LibRmVersionMismatch => Self::DriverMismatch,
            // "blocked by the operating system/cgroups" is how a container without the device reads.
            NvmlError::NoPermission | NvmlError::OperatingSystem => Self::NoPermission,
            NvmlError::GpuLost | NvmlError::ResetRequired => Self::GpuLost,
            NvmlError::Timeout => Self::TimedOut,
            NvmlError::LibloadingError(_) | NvmlError::FailedToLoadSymbol(_) | NvmlError::FunctionNotFound => {
                Self::LibraryUnusable
            }
            _ => Self::Failed,
        }
    }

    /// The kind of an exit status of `nvidia-smi`, which is NVML's own number
    /// (<https://docs.nvidia.com/deploy/nvidia-smi/index.html#return-value>).
    pub(crate) fn of_exit_status(status: i32) -> Self {
        match status {
            4 | 17 => Self::NoPermission,
            9 => Self::DriverNotLoaded,
            12 | 13 => Self::LibraryUnusable,
            15 | 16 => Self::GpuLost,
            18 => Self::DriverMismatch,
            _ => Self::Failed,
        }
    }

    /// Whether another way of asking the driver might succeed where this one did not.
    pub(crate) fn is_the_library_alone(self) -> bool {
        matches!(self, Self::NoLibrary | Self::LibraryUnusable)
    }
}
