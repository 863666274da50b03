//! A GGUF model on this host: one file, or all shards of it beside one another.
//!
//! The rules are llama.cpp's: it is given the first shard and finds the others by name, in the same folder; the split
//! keys in each header must say what the name says. <https://github.com/ggml-org/llama.cpp/tree/master/tools/gguf-split>

use std::fs::File;
use std::path::{Path, PathBuf};

use durable::Stamp;

use super::plain;
use crate::error::FilesError;
use crate::gguf::{GgufFault, Header, Split};
use crate::shards::ShardName;
use crate::{ModelError, StagedKind};

/// A file that was looked at.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    pub(crate) stamp: Stamp,
}

/// A whole GGUF model, with the header of its first file.
#[derive(Clone, Debug)]
pub(crate) struct GgufModel {
    pub(crate) kind: StagedKind,
    pub(crate) files: Vec<Found>,
    /// Of each file.
    pub(crate) headers: Vec<Header>,
}

/// Looks at the model that `path` names.
pub(crate) fn look(path: &Path) -> Result<GgufModel, ModelError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match ShardName::parse(&name) {
        Some(shard) if shard.number != 1 => {
            let first = path.with_file_name(shard.name(1)).display().to_string();
            Err(FilesError::NotFirstShard { path: path.into(), number: shard.number, count: shard.count, first }.into())
        }
        Some(shard) => shards(path, &shard),
        None => single(path),
    }
}

fn single(path: &Path) -> Result<GgufModel, ModelError> {
    let (found, header) = read(path)?;
    if let Some(Split { number, count, .. }) = header.split.filter(|split| split.count > 1) {
        // What is behind the tensors of one shard is the next one.
        let joined = header.len > header.end.saturating_add(1 << 20) || has_magic_at(path, header.end);
        let (path, number) = (path.into(), number + 1);
        let error = if joined {
            FilesError::ShardsJoined { path, count }
        } else {
            FilesError::ShardRenamed { path, number, count }
        };
        return Err(error.into());
    }
    Ok(GgufModel { kind: StagedKind::File, files: vec![found], headers: vec![header] })
}

fn shards(path: &Path, name: &ShardName) -> Result<GgufModel, ModelError> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let missing: Vec<String> = name.names().filter(|name| !folder.join(name).exists()).collect();
    if missing.len() == name.count as usize {
        return Err(ModelError::Missing { path: path.into() });
    }
    if !missing.is_empty() {
        return Err(FilesError::ShardsMissing { folder: folder.into(), count: name.count, missing }.into());
    }
    let (mut files, mut headers) = (Vec::new(), Vec::new());
    for (number, name_of_it) in (0_u64..).zip(name.names()) {
        let path = folder.join(name_of_it);
        let (found, header) = read(&path)?;
        check(&header, number, name.count.into())
            .map_err(|why| FilesError::ShardMismatch { path: path.clone(), why })?;
        files.push(found);
        headers.push(header);
    }
    let have: u64 = headers.iter().map(Header::tensor_count).sum();
    let named = headers.first().and_then(|header| header.split).and_then(|split| split.tensors);
    if let Some(named) = named.filter(|named| *named != have && have > 0) {
        let why = format!("the shards have {have} tensors together, and the first speaks of {named}");
        return Err(FilesError::ShardMismatch { path: path.into(), why }.into());
    }
    let kind = if name.count == 1 { StagedKind::File } else { StagedKind::Shards };
    Ok(GgufModel { kind, files, headers })
}

/// Whether a header says what the name says.
fn check(header: &Header, number: u64, count: u64) -> Result<(), String> {
    match header.split {
        Some(split) if (split.number, split.count) == (number, count) => Ok(()),
        Some(split) => Err(format!(
            "its header says shard {} of {}, its name {} of {count}",
            split.number + 1,
            split.count,
            number + 1
        )),
        None if count == 1 => Ok(()),
        None => Err("its header does not say that it is a shard".into()),
    }
}

fn read(path: &Path) -> Result<(Found, Header), ModelError> {
    let (file, meta) = plain::open(path)?;
    let header = Header::of(&file).map_err(|fault| match fault {
        GgufFault::Magic => ModelError::WrongFormat { path: path.into(), expected: "GGUF".into() },
        fault => FilesError::Gguf { path: path.into(), fault }.into(),
    })?;
    Ok((Found { path: path.into(), size: meta.len(), stamp: Stamp::of(&meta) }, header))
}

/// The size and stamp of a file.
pub(crate) fn found(path: &Path) -> Result<Found, ModelError> {
    let meta = std::fs::metadata(path).map_err(|source| ModelError::Unreadable { path: path.into(), source })?;
    Ok(Found { path: path.into(), size: meta.len(), stamp: Stamp::of(&meta) })
}

/// Whether another GGUF header begins within the padding behind `end`.
fn has_magic_at(path: &Path, end: u64) -> bool {
    use std::os::unix::fs::FileExt;

    let mut bytes = [0; 4096];
    let read = File::open(path).and_then(|file| file.read_at(&mut bytes, end)).unwrap_or(0);
    bytes.get(..read).is_some_and(|bytes| bytes.windows(4).any(|window| window == b"GGUF"))
}
