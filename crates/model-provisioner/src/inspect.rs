//! Judging what is there, for each shape and source. Reads only: no network, no hashing, nothing written.

use std::path::{Path, PathBuf};

use crate::digests::Digests;
use crate::local::gguf::{self, GgufModel};
use crate::local::walk::Entry;
use crate::local::{gguf::Found as FoundFile, repository, triton};
use crate::place::{FileList, Place};
use crate::presence::Found;
use crate::{FilesError, ModelError, ModelShape, RepoPath, ShardName, Staged, StagedFile, StagedKind};

/// The model at `path`, in the shape that is wanted.
pub(crate) fn local(path: &Path, shape: &ModelShape, cache: &Path) -> Result<Found, ModelError> {
    let digests = Digests::load(cache, path);
    match shape {
        ModelShape::Gguf => Ok(gguf_model(gguf::look(path)?, &digests, None)),
        ModelShape::Repository { include, required } => {
            let entries = repository::look(path, include, required)?;
            Ok(folder(path, &entries, &digests, None))
        }
        ModelShape::TritonRepository => Ok(folder(path, &triton::look(path)?, &digests, None)),
    }
}

/// What became of a model of the hub.
pub(crate) enum Kept {
    /// It is whole.
    Whole(Found),
    /// Nothing or a part of it is there.
    Partial {
        /// What must go before it is fetched.
        replaces: Vec<PathBuf>,
        /// What is wrong with that.
        why: Option<ModelError>,
    },
}

/// The model of the hub that is kept in `place`.
pub(crate) fn kept(place: &Place, shape: &ModelShape, cache: &Path) -> Result<Kept, ModelError> {
    let list = place.read();
    let complete = list.as_ref().filter(|list| list.complete);
    let digests = Digests::load(cache, &place.path);
    let commit = complete.and_then(|list| list.commit.as_ref()).map(|commit| commit.as_str().to_owned());
    if let Some(list) = complete {
        let bad = differing(place, list);
        if !bad.is_empty() {
            let what = bad.iter().map(|path| format!("`{}` is missing or has another size", path.display())).collect();
            let why = FilesError::Incomplete { folder: place.folder.clone(), what };
            return Ok(Kept::Partial { replaces: bad, why: Some(why.into()) });
        }
    }
    match shape {
        ModelShape::Gguf => match gguf::look(&place.path) {
            Ok(model) => Ok(Kept::Whole(gguf_model(model, &digests, commit))),
            Err(ModelError::Missing { .. }) => Ok(nothing()),
            Err(error) => partial(error),
        },
        ModelShape::Repository { include, required } => {
            // Only the list says whether a folder is whole.
            if complete.is_none() {
                return Ok(nothing());
            }
            let entries = repository::look(&place.folder, include, required)?;
            Ok(Kept::Whole(folder(&place.folder, &entries, &digests, commit)))
        }
        ModelShape::TritonRepository => Err(ModelError::Request {
            what: "a Triton model repository is not fetched from a hub",
            help: "name its folder on this host",
        }),
    }
}

/// What is in the place of a model's files and is none: it is fetched again, and removed before, as the command takes a
/// file that is there for the one it once brought.
fn partial(error: ModelError) -> Result<Kept, ModelError> {
    let replaces = match &error {
        ModelError::WrongFormat { path, .. }
        | ModelError::Files(FilesError::Gguf { path, .. } | FilesError::ShardMismatch { path, .. }) => {
            vec![path.clone()]
        }
        ModelError::Files(FilesError::ShardsMissing { .. }) => Vec::new(),
        _ => return Err(error),
    };
    Ok(Kept::Partial { replaces, why: Some(error) })
}

fn nothing() -> Kept {
    Kept::Partial { replaces: Vec::new(), why: None }
}

/// The files of a complete list that are there with another size; those that are not there are fetched anyway.
fn differing(place: &Place, list: &FileList) -> Vec<PathBuf> {
    let differs = |file: &crate::HubFile| {
        let path = place.file(&file.path);
        let size = std::fs::symlink_metadata(&path).ok().filter(std::fs::Metadata::is_file).map(|meta| meta.len());
        (size.is_none() || file.size.is_some_and(|announced| size != Some(announced))).then_some(path)
    };
    list.files.iter().filter_map(differs).collect()
}

fn gguf_model(model: GgufModel, digests: &Digests, revision: Option<String>) -> Found {
    let path = model.files.first().map(|file| file.path.clone()).unwrap_or_default();
    let files = model.files.iter().map(|file| staged_file(file, digests)).collect();
    Found { staged: Staged { kind: model.kind, path, files, revision }, headers: model.headers }
}

fn folder(path: &Path, entries: &[Entry], digests: &Digests, revision: Option<String>) -> Found {
    let files = entries.iter().map(|entry| staged_file(&entry.found, digests)).collect();
    Found { staged: Staged { kind: StagedKind::Repository, path: path.into(), files, revision }, headers: Vec::new() }
}

fn staged_file(found: &FoundFile, digests: &Digests) -> StagedFile {
    let digest = digests.known(found).map(|sha256| format!("sha256:{sha256}"));
    StagedFile { path: found.path.clone(), size: found.size, digest }
}

/// The names of the files of a GGUF model by the name of its first.
pub(crate) fn gguf_names(file: &RepoPath) -> Result<Vec<RepoPath>, ModelError> {
    match ShardName::parse(file.as_str()) {
        None => Ok(vec![file.clone()]),
        Some(shard) if shard.number != 1 => Err(FilesError::NotFirstShard {
            path: file.as_str().into(),
            number: shard.number,
            count: shard.count,
            first: shard.name(1),
        }
        .into()),
        Some(shard) => shard.names().map(|name| RepoPath::parse(&name)).collect(),
    }
}
