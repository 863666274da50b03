//! Builds llama.cpp's server from source, once per distinct engine, and keeps the result in a verified store.
//!
//! The rules: the build's key covers everything that can change the result; a store entry is absent or complete,
//! published by one rename, and never trusted without its manifest; a build works in a folder of its own, which only a
//! next build of its key goes on with, and only with proof; the accelerator asked for is proven three times (options,
//! configured cache, finished binary); what is decided against the tree's own default is said in
//! [`Definitions::notes`].
//!
//! ```
//! use llamacpp_build::{Definition, Definitions};
//!
//! let asked = [Definition::parse("-DLLAMA_CUBLAS=ON")?];
//! let definitions = Definitions::merge(&[("GGML_CUDA".into(), "ON".into())], &asked, true)?;
//! assert_eq!(definitions.get("GGML_CUDA"), Some("ON"));
//! assert_eq!(definitions.get("LLAMA_CUBLAS"), None);
//! # Ok::<(), llamacpp_build::BuildError>(())
//! ```
//!
//! The whole way is [`resolve`] → [`identify`] → [`Store::lookup`] → [`build`]; `examples/build.rs` walks it.
//! [`Store::list`], [`Store::verify`] and [`Store::gc`] look after what came of it.

mod budget;
mod build;
mod build_dir;
mod cmake_cache;
mod cmake_text;
mod compile;
mod configure;
mod cpu;
mod declared;
mod definition;
mod definitions;
mod diagnosed;
mod error;
mod fetch;
mod file_api;
mod folders;
mod git;
mod helpers;
mod history;
mod identity;
mod jobs;
mod libc_version;
mod near;
mod nvcc;
mod prove;
mod provenance;
mod publish;
mod quirks;
mod request;
mod resolve;
mod resume;
mod sbom;
mod server_docs;
mod tree;
#[cfg(test)]
#[path = "../tests/schemas/validate.rs"]
mod validate;
mod worktree;

pub use build::{build, planned_commands};
pub use build_dir::{BuildDir, Wanted};
pub use cmake_cache::CmakeCache;
pub use declared::declares;
pub use definition::Definition;
pub use definitions::Definitions;
pub use diagnosed::Diagnosed;
/// The name of a build in the store.
pub use engine_store::EntryKey as BuildKey;
pub use error::BuildError;
pub use identity::{Inputs, identify};
pub use jobs::{Memory, jobs};
pub use near::{Difference, Near, nearest};
pub use request::{Backend, BuildRequest, Event, Generator, Limits, Observer, Source, ToolId, Toolchain, Transport};
pub use resolve::{Commit, known_commit, resolve};
pub use server_docs::server_docs;
