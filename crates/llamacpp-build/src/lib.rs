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
//! [`resolve`], then [`build`], is the whole way; `examples/build.rs` walks it. [`planned_steps`] shows it before, and
//! [`BuildSession`] walks it step by step and reports what ran. The entries lie in an `engine_store::Store`.

mod build;
mod cmake;
mod compile;
mod diagnosed;
mod error;
mod folders;
mod key;
mod output;
mod plan;
mod request;
mod requirements;
mod session;
mod source;
#[cfg(test)]
#[path = "../tests/it/validate.rs"]
mod validate;

pub use build::build;
pub use cmake::build_dir::{BuildDir, Wanted};
pub use cmake::cache::CmakeCache;
pub use cmake::definition::Definition;
pub use cmake::definitions::Definitions;
pub use compile::jobs::{Memory, jobs};
pub use compile::make::decide_jobs;
pub use diagnosed::Diagnosed;
/// The name of a build in the store.
pub use engine_store::EntryKey as BuildKey;
pub use error::BuildError;
pub use key::difference::{Difference, Near, nearest};
pub use key::identity::{Identity, identify};
pub use key::inputs::Inputs;
pub use plan::call::{Call, Ran};
pub use plan::placeholder::{Placeholder, PlaceholderKind, Values};
pub use plan::steps::{PlannedStep, Step, planned_resolve, planned_steps};
pub use request::{
    Backend, BuildRequest, Event, Generator, Guard, Limits, Observer, Source, ToolId, Toolchain, Transport,
};
pub use requirements::{BuildTool, Floor, Headers, Library, Requirements, requirements};
pub use session::{Begun, BuildSession, Outcome, StepReport};
pub use source::commit::Commit;
pub use source::declared::declares;
pub use source::model_formats::{ModelFormats, model_formats};
pub use source::resolve::{Resolved, known_commit, resolve, resolve_recorded};
pub use source::server_docs::server_docs;
