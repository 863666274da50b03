//! Brings a model to where an engine can read it, whole: one GGUF file, all shards of one, the files of a repository, or a
//! Triton model repository; from this host, or from the Hugging Face hub with its own command.
//!
//! The rules:
//! - Looking ([`ModelProvisioner::inspect`]) needs no network, hashes nothing and writes nothing.
//! - Whatever the hub refuses is known from a question of seconds ([`ModelProvisioner::ask_hub`]), before anything long.
//! - A model counts as there when every file of it is, with the size and, where there is one, the digest that the hub
//!   announced for one commit. A fetch that was killed is resumed at the same commit.
//! - A token reaches the command's environment and nothing else; what a command prints is redacted.
//!
//! ```
//! use model_provisioner::{ModelError, ModelProvisioner, ModelRequest, Presence};
//!
//! let models = ModelProvisioner::new("/var/cache/models", exec::Env::current());
//! let request = ModelRequest::local_gguf("/nonexistent.gguf");
//! assert!(matches!(models.inspect(&request), Presence::Unusable(ModelError::Missing { .. })));
//! ```

mod digests;
mod error;
mod fetch;
pub mod gguf;
mod glob;
mod hub;
mod inspect;
mod local;
mod names;
mod place;
mod presence;
mod provision;
mod request;
mod shards;
mod staged;

pub use error::{FetchError, FilesError, HubError, ModelError};
pub use fetch::{FetchLimits, Progress, Ran, Watch};
pub use glob::GlobPattern;
pub use names::{CommitId, RepoId, RepoPath, Revision};
pub use presence::{Announced, FetchPlan, Found, HubFile, Presence, REVISION};
pub use provision::ModelProvisioner;
pub use request::{ModelRequest, ModelShape, ModelSource};
pub use shards::ShardName;
pub use staged::{Staged, StagedFile, StagedKind};
