//! `build.json`: what a store entry is, what it was made from, and the digest of every file in it.

use std::fs;
use std::path::{Path, PathBuf};

use durable::DurableError;
use serde::{Deserialize, Serialize};

use crate::seal::Seal;
use crate::{EntryKey, OpaqueInputs, Recipe, StoreError};

/// Version of this file's shape.
pub(crate) const SCHEMA: u32 = 1;
/// The manifest's file name.
pub(crate) const FILE: &str = "build.json";
/// No manifest is larger.
const LARGEST: u64 = 4 << 20;

/// The manifest of a store entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this file's shape.
    pub schema: u32,
    /// The entry's key: the hash of `recipe` and `inputs`.
    pub key: EntryKey,
    /// How it was made, and how `inputs` are to be read.
    #[serde(default, skip_serializing_if = "Recipe::is_first")]
    pub recipe: Recipe,
    /// Everything that decided what was made.
    pub inputs: OpaqueInputs,
    /// What the program reports as its version.
    pub engine_version: String,
    /// The program, relative to the entry.
    pub binary: PathBuf,
    /// Every file but this one, by path.
    pub files: Vec<FileEntry>,
    /// Seconds it took to make.
    pub build_seconds: u64,
    /// When it was made, in unix seconds; information only.
    pub built_unix_s: u64,
}

/// One file of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Relative to the entry.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// Reads an entry's manifest; `None` when it is not there or says something else than its place does. A system
    /// that could not read it just now says nothing about the entry and is an error.
    pub(crate) fn read(entry: &Path, key: &EntryKey) -> Result<Option<Self>, StoreError> {
        Self::read_sealed(entry, key, None)
    }

    /// The same, and `None` also for a manifest that the seal does not cover.
    pub(crate) fn read_sealed(entry: &Path, key: &EntryKey, seal: Option<&Seal>) -> Result<Option<Self>, StoreError> {
        let bytes = match durable::read_regular(&entry.join(FILE), LARGEST) {
            Ok(Some(bytes)) => bytes,
            Ok(None) | Err(DurableError::NotRegular { .. } | DurableError::TooLarge { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if seal.is_some_and(|seal| !seal.covers(&bytes)) {
            return Ok(None);
        }
        let Ok(manifest) = serde_json::from_slice::<Self>(&bytes) else { return Ok(None) };
        let of_inputs = EntryKey::of(&manifest.recipe, &manifest.inputs.canonical());
        let sound = manifest.schema == SCHEMA && manifest.key == *key && of_inputs == *key;
        Ok((sound && manifest.files.iter().any(|file| file.path == manifest.binary)).then_some(manifest))
    }

    /// The program's digest, as `sha256:<hex>`.
    pub fn engine_digest(&self) -> String {
        let binary = self.files.iter().find(|file| file.path == self.binary);
        format!("sha256:{}", binary.map_or("", |file| file.sha256.as_str()))
    }
}

impl FileEntry {
    /// Hashes a file of the entry.
    pub(crate) fn of(entry: &Path, path: &Path) -> Result<Self, StoreError> {
        let (size, sha256) = durable::sha256(&entry.join(path))?;
        Ok(Self { path: path.into(), size, sha256 })
    }
}

/// Everything in an entry that is not a folder, but its manifest; relative, sorted.
pub(crate) fn list(entry: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut files = Vec::new();
    list_below(entry, Path::new(""), &mut files)?;
    files.retain(|path| path != Path::new(FILE));
    files.sort();
    Ok(files)
}

fn list_below(root: &Path, below: &Path, files: &mut Vec<PathBuf>) -> Result<(), StoreError> {
    let dir = root.join(below);
    for entry in fs::read_dir(&dir).map_err(StoreError::io("list", &dir))? {
        let entry = entry.map_err(StoreError::io("list", &dir))?;
        let path = below.join(entry.file_name());
        if entry.file_type().map_err(StoreError::io("look at", root.join(&path)))?.is_dir() {
            list_below(root, &path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
