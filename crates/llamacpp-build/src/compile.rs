//! From a source tree to a finished server: configuring, compiling, resuming.

pub(crate) mod ccache_and_linker;
pub(crate) mod configure;
pub(crate) mod cost;
pub(crate) mod estimate;
pub(crate) mod history;
pub(crate) mod jobs;
pub(crate) mod make;
pub(crate) mod ninja_files;
pub(crate) mod nvcc;
pub(crate) mod progress;
pub(crate) mod resume;
pub(crate) mod slots;
pub(crate) mod step;

/// The target, and the name of its executable.
pub(crate) const SERVER: &str = "llama-server";
