//! What the tests of several crates share: a project in llama.cpp's shape, a git repository of it, a model file,
//! and programs that pretend. Everything is real except the inference. A set-up that fails panics: it is a failed test.
//!
//! ```
//! let dir = tempfile::tempdir()?;
//! let repo = testkit::tiny_llama_repo(dir.path());
//! assert!(repo.path.join("CMakeLists.txt").is_file());
//! assert_eq!(repo.git(&["rev-parse", "main"]), repo.commit);
//! let model = testkit::tiny_model(dir.path());
//! assert!(std::fs::read(model)?.starts_with(b"GGUF"));
//! # Ok::<(), std::io::Error>(())
//! ```
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a set-up that fails is a failed test")]

mod arch_root;
mod cuda_host;
mod files;
mod fixture;
mod real_registry;
mod repo;
mod sample;
#[cfg(feature = "web")]
pub mod web;

pub use arch_root::{ArchRoot, Package, is_root, need, shell, write};
pub use cuda_host::CudaHost;
/// To run real programs from the tests and examples of crates that themselves run none.
pub use exec;
pub use files::{fake_tool, tiny_model};
pub use fixture::{copy_tree, fixture};
pub use real_registry::{REGISTRY_PASSWORD, REGISTRY_USER, RealRegistry, RegistrySetup};
pub use repo::{Repo, tiny_llama_repo};
pub use sample::Sample;
