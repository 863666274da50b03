//! Specs of the [Container Device Interface](https://github.com/cncf-tags/container-device-interface/blob/main/SPEC.md): which devices a runtime can
//! put into a container, and whether those of a pool are among them.

mod check;
mod error;
mod host;
mod names;
mod paths;
mod read;
mod remedy;
mod spec;
mod support;

pub use check::{Report, check};
pub use error::{CdiError, Note};
pub use host::{Host, PathState, Platform, Podman, WantedGpu};
pub use read::{SpecFile, path_state, read_folders};

/// The kind of devices that NVIDIA's toolkit writes.
pub const NVIDIA: &str = "nvidia.com/gpu";

/// The kind of devices that AMD's toolkit writes.
pub const AMD: &str = "amd.com/gpu";
