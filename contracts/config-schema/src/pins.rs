//! The lock file beside a pool file: what its pools are pinned to.
//!
//! The rules: one fact a line, in a stable order; comments are kept when it is written again; a file of another version
//! is refused, and so is a key that is not known.

mod text;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use serde::{Deserialize, Serialize};

use crate::{GitRef, PoolId, RepoUrl, Sha256};

/// The version of the format of lock files that this crate reads and writes.
const SCHEMA: u32 = 1;

/// What the pools of one configuration are pinned to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LockFile {
    /// The version of this format: 1.
    pub schema: u32,
    /// Each pool's pins, by its id.
    #[serde(default)]
    pub pools: BTreeMap<PoolId, PoolPins>,
}

/// What one pool is pinned to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PoolPins {
    /// The commit of its source, in mode `source`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitPin>,
    /// Its image, in mode `container`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImagePin>,
    /// Its archive, in mode `binary`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<ArchivePin>,
    /// Its model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelPin>,
}

/// The commit that a reference was when it was locked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CommitPin {
    /// The repository, as the pool names it.
    pub repo: RepoUrl,
    /// The reference, as the pool names it.
    #[serde(rename = "ref")]
    pub reference: GitRef,
    /// The reference in full, such as `refs/heads/main`; absent for a commit id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<GitRef>,
    /// The whole commit id.
    #[serde(deserialize_with = "commit")]
    pub commit: GitRef,
}

/// The digest that an image's tag was when it was locked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ImagePin {
    /// Registry, repository and tag, as the pool names them.
    pub image: String,
    /// The digest of its manifest.
    pub digest: Sha256,
}

/// The digest of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ArchivePin {
    /// Where it is downloaded from, as the pool names it.
    pub url: String,
    /// The digest of the whole file.
    pub digest: Sha256,
}

/// What a model was when it was locked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ModelPin {
    /// The model, as the pool names it.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The commit of its repository; absent for a model of this host.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "optional_commit")]
    pub revision: Option<String>,
    /// The digests of its files by their path in the repository or folder, as far as they are known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, Sha256>,
}

/// Why a lock file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Diagnostic)]
pub enum LockFileError {
    /// The lock file is not valid: it is truncated, or a key or value in it is not one of a lock file.
    #[error("the lock file is not valid: {why}")]
    #[diagnostic(
        code(pin::unreadable),
        help("mend it there; or move it away, and write it again from the repositories as they are now: `lock`")
    )]
    Unreadable {
        /// What is wrong, with its line.
        why: String,
    },
    /// The lock file is of another version of the format.
    #[error("the lock file is of schema {found}, and this program knows schema {SCHEMA}")]
    #[diagnostic(code(pin::version), help("use the program that wrote it"))]
    Version {
        /// Its version.
        found: i64,
    },
}

impl Default for LockFile {
    fn default() -> Self {
        Self { schema: SCHEMA, pools: BTreeMap::new() }
    }
}

impl LockFile {
    /// Returns the path of the lock file beside a pool file: `pools.lock.toml` for `pools.toml`.
    pub fn beside(pool_file: &Path) -> PathBuf {
        let mut name = pool_file.file_stem().unwrap_or_default().to_owned();
        name.push(".lock.toml");
        pool_file.with_file_name(name)
    }

    /// Reads the text of a lock file.
    ///
    /// # Errors
    /// `pin::version` for another schema, `pin::unreadable` for all else.
    pub fn parse(text: &str) -> Result<Self, LockFileError> {
        let unreadable = |error: &toml::de::Error| {
            // The parser's own message quotes the line; a lock file holds no secret, but a wrong file might.
            let line = error.span().map(|span| text.get(..span.start).unwrap_or_default().lines().count().max(1));
            let at = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            let message = error.message();
            LockFileError::Unreadable { why: format!("{at}{message}") }
        };
        let table: toml::Table = text.parse().map_err(|error| unreadable(&error))?;
        match table.get("schema").and_then(toml::Value::as_integer) {
            Some(found) if found == i64::from(SCHEMA) => {}
            Some(found) => return Err(LockFileError::Version { found }),
            None => return Err(LockFileError::Unreadable { why: "it names no `schema`".into() }),
        }
        toml::from_str(text).map_err(|error| unreadable(&error))
    }

    /// Returns the text of the lock file. Comments of `before`, the text that it replaces, stay with the lines that
    /// they are above or behind.
    pub fn render(&self, before: Option<&str>) -> String {
        text::render(self, before)
    }
}

fn commit<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<GitRef, D::Error> {
    let id = GitRef::deserialize(deserializer)?;
    if id.is_full_commit() { Ok(id) } else { Err(serde::de::Error::custom("a pin is a whole commit id")) }
}

fn optional_commit<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    commit(deserializer).map(|id| Some(id.to_string()))
}
