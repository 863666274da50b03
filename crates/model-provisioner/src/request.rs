//! What model is wanted: where it comes from, what shape it has, and how it is checked. Names are validated here, so that
//! no other file needs to.

use std::path::PathBuf;

use crate::{CommitId, GlobPattern, ModelError, RepoId, RepoPath, Revision};

/// A model to stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelRequest {
    /// Where it comes from.
    pub source: ModelSource,
    /// What it is made of.
    pub shape: ModelShape,
    /// SHA-256 of the file that is named, in hexadecimal. Of a model in several files only the first is meant.
    pub sha256: Option<String>,
}

/// Where a model comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelSource {
    /// A file or folder of this host; absolute.
    Local(PathBuf),
    /// A repository of the Hugging Face hub, or of the mirror in `HF_ENDPOINT`.
    Hub {
        /// The repository.
        repo: RepoId,
        /// Branch, tag or commit; the repository's default branch when left out.
        revision: Option<Revision>,
        /// The file in it: the model itself, or the first of its shards. Absent for a whole repository.
        file: Option<RepoPath>,
    },
}

/// What a model is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelShape {
    /// One GGUF file, or all shards of the one whose first is named.
    Gguf,
    /// A folder of files, as Transformers, vLLM, TGI and SGLang read it.
    Repository {
        /// Which files belong to it. Empty: all of them.
        include: Vec<GlobPattern>,
        /// Each of these must match at least one file.
        required: Vec<GlobPattern>,
    },
    /// A Triton model repository: a folder of models, each with `config.pbtxt` and numbered versions. Local only.
    TritonRepository,
}

impl ModelRequest {
    /// A GGUF file of this host, or the first of its shards.
    pub fn local_gguf(path: impl Into<PathBuf>) -> Self {
        Self { source: ModelSource::Local(path.into()), shape: ModelShape::Gguf, sha256: None }
    }

    /// A GGUF file of a hub repository, or the first of its shards.
    pub fn hub_gguf(repo: &str, revision: Option<&str>, file: &str) -> Result<Self, ModelError> {
        let source = hub(repo, revision, Some(RepoPath::parse(file)?))?;
        Ok(Self { source, shape: ModelShape::Gguf, sha256: None })
    }

    /// The files of a hub repository that match a pattern.
    pub fn hub_repository(
        repo: &str,
        revision: Option<&str>,
        include: &[&str],
        required: &[&str],
    ) -> Result<Self, ModelError> {
        Ok(Self { source: hub(repo, revision, None)?, shape: repository(include, required)?, sha256: None })
    }

    /// A folder of this host with the files of a repository.
    pub fn local_repository(path: impl Into<PathBuf>, include: &[&str], required: &[&str]) -> Result<Self, ModelError> {
        Ok(Self { source: ModelSource::Local(path.into()), shape: repository(include, required)?, sha256: None })
    }

    /// A Triton model repository of this host.
    pub fn triton(path: impl Into<PathBuf>) -> Self {
        Self { source: ModelSource::Local(path.into()), shape: ModelShape::TritonRepository, sha256: None }
    }

    /// The same with a checksum: SHA-256, hexadecimal.
    #[must_use]
    pub fn sha256(mut self, sha256: Option<String>) -> Self {
        self.sha256 = sha256;
        self
    }

    /// The same at another revision of its repository; a model of this host has none, and stays as it is.
    pub fn at(mut self, revision: &str) -> Result<Self, ModelError> {
        if let ModelSource::Hub { revision: of, .. } = &mut self.source {
            *of = Some(Revision::parse(revision)?);
        }
        Ok(self)
    }

    /// Whether it is fetched from the hub when it is not there.
    pub fn is_remote(&self) -> bool {
        matches!(self.source, ModelSource::Hub { .. })
    }

    /// The commit that its revision names, where it is a full commit.
    pub fn pinned(&self) -> Option<CommitId> {
        match &self.source {
            ModelSource::Hub { revision: Some(revision), .. } => CommitId::parse(revision.as_str()),
            _ => None,
        }
    }
}

fn hub(repo: &str, revision: Option<&str>, file: Option<RepoPath>) -> Result<ModelSource, ModelError> {
    let revision = revision.map(Revision::parse).transpose()?;
    Ok(ModelSource::Hub { repo: RepoId::parse(repo)?, revision, file })
}

fn repository(include: &[&str], required: &[&str]) -> Result<ModelShape, ModelError> {
    let all = |patterns: &[&str]| patterns.iter().map(|text| GlobPattern::parse(text)).collect::<Result<_, _>>();
    Ok(ModelShape::Repository { include: all(include)?, required: all(required)? })
}
