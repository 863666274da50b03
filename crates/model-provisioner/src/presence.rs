//! What can be said of a model without the network, and what would be run to fetch it.

use std::path::PathBuf;

use exec::CommandSpec;
use serde::{Deserialize, Serialize};

use crate::gguf::Header;
use crate::{CommitId, ModelError, RepoPath, Staged};

/// Stands in a planned command for the commit that the hub will name.
pub const REVISION: &str = "<revision>";

/// What can be said of a model by reading alone.
#[derive(Debug)]
pub enum Presence {
    /// It is there and whole, as far as sizes and headers tell.
    Present(Found),
    /// It is not there, or not whole, and can be fetched.
    Fetchable(FetchPlan),
    /// It is not there and cannot be fetched, or is not usable.
    Unusable(ModelError),
}

/// A model that is there, with what its headers say.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its files.
    pub staged: Staged,
    /// The header of each GGUF file, in order; empty for a folder.
    pub headers: Vec<Header>,
}

/// How a model would be fetched.
#[derive(Clone, Debug)]
pub struct FetchPlan {
    /// The commands, in order, with [`REVISION`] where the commit will be once the hub was asked; of a fetch that is resumed
    /// the commit is known.
    pub commands: Vec<CommandSpec>,
    /// The hub and the repository that are asked before, without credentials.
    pub asks: String,
    /// Where its files will be.
    pub folder: PathBuf,
    /// What the engine will be given.
    pub path: PathBuf,
    /// Files known to be needed: the file, the shards, or the list of a fetch that was interrupted.
    pub files: Vec<HubFile>,
    /// What is in their place and must go first, as it is not what was to be there.
    pub replaces: Vec<PathBuf>,
    /// The commit that an interrupted fetch had begun with; it is finished with the same.
    pub resumes: Option<CommitId>,
}

/// A file of a hub repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubFile {
    /// Its path in the repository.
    pub path: RepoPath,
    /// Bytes, where the hub announced them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub size: Option<u64>,
    /// SHA-256 in hexadecimal, where the hub announced it (it does for files in large file storage).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<String>,
}

/// What the hub announced of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// The commit that the revision names now; absent where the command could not be asked for it.
    pub commit: Option<CommitId>,
    /// The files that belong to the model. Empty where the command could not be asked for them.
    pub files: Vec<HubFile>,
    /// Bytes of all files, where each is known.
    pub size: Option<u64>,
}
