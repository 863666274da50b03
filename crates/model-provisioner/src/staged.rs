//! A model that is there, as the engine is given it and as the summary shows it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A model that is whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staged {
    /// What it is made of.
    pub kind: StagedKind,
    /// What the engine is given: the file, the first shard, or the folder. Absolute.
    pub path: PathBuf,
    /// Its files, in order: shards by number, others by name.
    pub files: Vec<StagedFile>,
    /// The commit of the hub's repository it was fetched from, where that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<String>,
}

/// What a staged model is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StagedKind {
    /// One file.
    File,
    /// The shards of one model.
    Shards,
    /// A folder.
    Repository,
}

/// One file of a staged model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StagedFile {
    /// Its path, absolute.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// `sha256:` and its SHA-256, where that was computed since the file last changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub digest: Option<String>,
}

impl Staged {
    /// Bytes of all files.
    pub fn size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// The digest of a model in one file.
    pub fn digest(&self) -> Option<&str> {
        match self.files.as_slice() {
            [file] => file.digest.as_deref(),
            _ => None,
        }
    }
}
