//! Where a model of the hub is kept, and the list of its files that makes it whole.
//!
//! GGUF files of one repository and revision share the folder `hf/OWNER--NAME[@REVISION]`; a repository snapshot has a
//! folder of its own for each set of patterns, as it is mounted as a whole. The list is written last: a folder without a
//! complete list is the beginning of a fetch. It stays outside of the folder, so that a container does not see it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::digests::key;
use crate::{CommitId, HubFile, ModelError, ModelRequest, ModelShape, ModelSource, RepoId, RepoPath, Revision};

/// No list is larger, in bytes.
const LARGEST: u64 = 32 << 20;
/// What this version writes and reads.
const SCHEMA: u32 = 1;

/// The files of one model of the hub, as it was fetched or is being fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileList {
    schema: u32,
    pub(crate) repo: RepoId,
    pub(crate) revision: Option<Revision>,
    /// What the revision named when the fetch began.
    pub(crate) commit: Option<CommitId>,
    /// Whether all of them are there.
    pub(crate) complete: bool,
    pub(crate) files: Vec<HubFile>,
}

/// Where a request is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The folder of its files.
    pub(crate) folder: PathBuf,
    /// What the engine is given.
    pub(crate) path: PathBuf,
    /// The list of its files.
    pub(crate) list: PathBuf,
    /// The beginnings of files that an ended fetch left.
    pub(crate) parts: PathBuf,
    /// Held while something is fetched into the folder.
    pub(crate) lock: PathBuf,
    repo: RepoId,
    revision: Option<Revision>,
}

impl Place {
    /// The place of a hub request below `cache`; `None` for a local one.
    pub(crate) fn of(cache: &Path, request: &ModelRequest) -> Option<Self> {
        let ModelSource::Hub { repo, revision, file } = &request.source else { return None };
        let mut name = repo.as_str().replace('/', "--");
        if let Some(revision) = revision {
            name = format!("{name}@{}", revision.as_str().replace('/', "--"));
        }
        if let ModelShape::Repository { include, .. } = &request.shape {
            let patterns: Vec<&str> = include.iter().map(crate::GlobPattern::as_str).collect();
            name = format!("{name}+{}", key(patterns.join("\n").as_bytes()));
        }
        let hf = cache.join("hf");
        let folder = hf.join(&name);
        let path = file.as_ref().map_or_else(|| folder.clone(), |file| folder.join(file.as_str()));
        let which = file.as_ref().map_or("", RepoPath::as_str);
        let list = hf.join("lists").join(format!("{name}.{}.json", key(which.as_bytes())));
        let parts = hf.join("parts").join(&name);
        let lock = hf.join(format!("{name}.lock"));
        Some(Self { folder, path, list, parts, lock, repo: repo.clone(), revision: revision.clone() })
    }

    /// The list of files, if there is one for this repository and revision.
    pub(crate) fn read(&self) -> Option<FileList> {
        let bytes = durable::read_regular(&self.list, LARGEST).ok().flatten()?;
        let list: FileList = serde_json::from_slice(&bytes).ok()?;
        let same = list.schema == SCHEMA && list.repo == self.repo && list.revision == self.revision;
        same.then_some(list)
    }

    /// Writes the list, as a whole.
    pub(crate) fn write(
        &self,
        commit: Option<CommitId>,
        complete: bool,
        files: Vec<HubFile>,
    ) -> Result<(), ModelError> {
        let (repo, revision) = (self.repo.clone(), self.revision.clone());
        let list = FileList { schema: SCHEMA, repo, revision, commit, complete, files };
        let bytes = serde_json::to_vec(&list).unwrap_or_default();
        durable::private_dir(self.list.parent().unwrap_or(&self.list))?;
        Ok(durable::replace(&self.list, &bytes)?)
    }

    /// Where a file of the repository is.
    pub(crate) fn file(&self, file: &RepoPath) -> PathBuf {
        self.folder.join(file.as_str())
    }
}
