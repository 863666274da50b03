//! The finished program does not run, or exits: the loader, its arguments, its files, memory, CUDA, crashes.
//!
//! A rule here looks at the line that decides. Engines log much that only sounds bad: a GPU that is not used, memory that is
//! asked for again, a warning while the memory is fitted.

pub(super) mod arguments;
pub(super) mod crash;
pub(super) mod driver;
pub(super) mod files;
pub(super) mod hub;
pub(super) mod kernels;
pub(super) mod loader;
pub(super) mod memory;
pub(super) mod model;
pub(super) mod nccl;
pub(super) mod no_gpu;
pub(super) mod python;
pub(super) mod side_files;
pub(super) mod threads;

use crate::pattern::{Pattern, logged};

/// What engines print once they serve.
pub(crate) static READY: &[Pattern] = &[
    logged("server is listening on http"),
    logged("llama_server: listening on http"),
    logged("all slots are idle"),
    logged("Application startup complete"),
    logged("The server is fired up and ready to roll"),
    logged("Started HTTPService at"),
    logged("Started GRPCInferenceService at"),
];
