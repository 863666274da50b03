//! Why the driver, or one of its GPUs, did not answer as it should.

use std::path::PathBuf;

use nvml_wrapper::error::NvmlError;
use serde::Serialize;

/// A reason that the driver's library gave, or the lack of a library to give one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Which reason it is.
    pub kind: ProblemKind,
    /// The library that gave it.
    pub library: Option<PathBuf>,
    /// The reason in the library's words.
    pub text: String,
}

/// The reasons that call for different remedies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
    /// The driver gave another error, such as a GPU that fell off the bus.
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
            NvmlError::LibloadingError(_) | NvmlError::FailedToLoadSymbol(_) | NvmlError::FunctionNotFound => {
                Self::LibraryUnusable
            }
            _ => Self::Failed,
        }
    }
}
