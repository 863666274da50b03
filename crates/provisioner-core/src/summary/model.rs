//! The model of a pool, as a summary has it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The model of a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Model {
    /// As configured.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What the engine is given: the file, the first of its shards, or the folder; empty where others run the engine, who
    /// have its model.
    pub path: PathBuf,
    /// Bytes of all its files.
    pub size: u64,
    /// Its checksum (`sha256:…`), where one was configured and verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// What it consists of.
    #[serde(default)]
    pub kind: ModelKind,
    /// Its files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<ModelFile>,
    /// The commit of its repository, where it comes from one and that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
}

impl Model {
    /// A model that those who run the engine have, by the name that clients ask for.
    pub(crate) fn of_others(name: &str) -> Self {
        Self {
            reference: name.to_owned(),
            path: PathBuf::new(),
            size: 0,
            checksum: None,
            kind: ModelKind::File,
            files: Vec::new(),
            revision: None,
        }
    }
}

/// What a model consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// One file.
    #[default]
    File,
    /// A file in several parts.
    Shards,
    /// A folder.
    Repository,
}

/// One file of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModelFile {
    /// Where it is.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// `sha256:…`, where it was computed or announced and verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}
