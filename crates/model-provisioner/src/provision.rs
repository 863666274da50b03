//! The one way to a model file: look, fetch if it must be, check.

use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::Env;

use crate::{ModelError, check, hugging_face};

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelSource {
    /// A file of this host.
    File(PathBuf),
    /// A file of a Hugging Face repository. The parts are validated by the caller: no part is `..`, none begins with `-`.
    HuggingFace {
        /// `owner/name`
        repo: String,
        /// The file in it, such as `model-q4_k_m.gguf`.
        file: String,
        /// Branch, tag or commit; the repository's default when left out.
        revision: Option<String>,
    },
}

/// What a model must be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Want {
    /// Its SHA-256, hexadecimal.
    pub sha256: Option<String>,
    /// What it begins with, such as `GGUF`.
    pub magic: Option<&'static [u8]>,
}

/// A model that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staged {
    /// Where it is; absolute.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// Its SHA-256 where a checksum was asked for and verified.
    pub sha256: Option<String>,
}

/// What can be said of a model without fetching or hashing it.
#[derive(Debug)]
pub enum Presence {
    /// There, and begins as it must.
    Present(Staged),
    /// Not there, and can be fetched with this command.
    Fetchable(exec::CommandSpec),
    /// Not there and not to be had, or not usable.
    Unusable(ModelError),
}

/// Brings models to this host.
#[derive(Clone, Debug)]
pub struct ModelProvisioner {
    cache: PathBuf,
    env: Env,
    deadline: Duration,
}

impl ModelProvisioner {
    /// Fetched models go below `cache`; `env` gives PATH, proxies and the Hugging Face settings and token.
    pub fn new(cache: impl Into<PathBuf>, env: Env) -> Self {
        Self { cache: cache.into(), env, deadline: Duration::from_hours(6) }
    }

    /// Sets how long a download may take; six hours when left out.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// What can be said without fetching, hashing, or writing anything.
    pub fn inspect(&self, source: &ModelSource, want: &Want) -> Presence {
        let path = self.place(source);
        match check::file(&path, want.magic) {
            Ok(size) => Presence::Present(Staged { path, size, sha256: None }),
            Err(ModelError::Missing { .. }) => {
                match hugging_face::command(&self.env, source, &self.cache, self.deadline) {
                    None => Presence::Unusable(ModelError::Missing { path }),
                    Some(Ok(command)) => Presence::Fetchable(command),
                    Some(Err(error)) => Presence::Unusable(error),
                }
            }
            Err(error) => Presence::Unusable(error),
        }
    }

    /// The model, fetched if it is not there, checked in any case.
    pub fn ensure_present(&self, source: &ModelSource, want: &Want) -> Result<Staged, ModelError> {
        let path = self.place(source);
        if let ModelSource::HuggingFace { .. } = source
            && !path.exists()
        {
            hugging_face::fetch(&self.env, source, &self.cache, &path, self.deadline)?;
        }
        let size = check::file(&path, want.magic)?;
        if let Some(expected) = &want.sha256 {
            check::checksum(&path, expected, &self.cache)?;
        }
        tracing::info!(path = %path.display(), size, "model is present");
        Ok(Staged { path, size, sha256: want.sha256.clone() })
    }

    /// Where the model is, or will be.
    pub fn place(&self, source: &ModelSource) -> PathBuf {
        match source {
            ModelSource::File(path) => path.clone(),
            ModelSource::HuggingFace { repo, file, revision } => {
                hugging_face::dir(&self.cache, repo, revision.as_deref()).join(Path::new(file))
            }
        }
    }
}
