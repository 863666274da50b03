//! Where a pool's model comes from and where it is kept.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::fields;
use crate::{ModelRef, Sha256};

/// Where the model comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ModelConfig {
    /// The model: `hf:owner/repo[/file][@revision]`, `file:PATH` or a path.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub model_ref: Option<ModelRef>,
    /// The folder downloaded models are kept in. A relative path is meant from the folder of the
    /// configuration file.
    #[serde(deserialize_with = "fields::optional_path", skip_serializing_if = "Option::is_none")]
    pub cache_dir: Option<PathBuf>,
    /// What the model file's content must be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Sha256>,
}
