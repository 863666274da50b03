//! Brings a model file to where the engine can read it: checks a local file, or fetches one from Hugging Face with
//! its own command.
//!
//! The rules: a model is a plain, readable file that begins as its format does; a checksum that was given is
//! verified, and verified again only after the file changed; a file that is there is never fetched again; nothing is
//! fetched unless [`ModelProvisioner::ensure_present`] is called.
//!
//! ```
//! use model_provisioner::{ModelError, ModelProvisioner, ModelSource, Want};
//!
//! let models = ModelProvisioner::new("/var/cache/models", exec::Env::current());
//! let absent = models.ensure_present(&ModelSource::File("/nonexistent.gguf".into()), &Want::default());
//! assert!(matches!(absent, Err(ModelError::Missing { .. })));
//! ```

mod check;
mod error;
mod hugging_face;
mod provision;

pub use error::ModelError;
pub use provision::{ModelProvisioner, ModelSource, Presence, Staged, Want};
