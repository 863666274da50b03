//! Engines that come finished: as a container image, a package or an archive.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::fields;
use crate::{DownloadUrl, PlainName, Sha256};

/// The container image an engine runs from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ContainerConfig {
    /// The image with its registry, such as `ghcr.io/ggml-org/llama.cpp`.
    pub image: PlainName,
    /// The image's tag.
    pub tag: PlainName,
}

/// The system package an engine comes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PackageConfig {
    /// The package's name.
    pub name: PlainName,
    /// The version that must be installed; any, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<PlainName>,
    /// The package repository it must come from; any, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repo: Option<PlainName>,
}

/// The archive or binary an engine is downloaded as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BinaryConfig {
    /// Where it is.
    pub url: DownloadUrl,
    /// What its content must be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Sha256>,
    /// The folder it is installed in. A relative path is meant from the folder of the configuration
    /// file.
    #[serde(default, deserialize_with = "fields::optional_path", skip_serializing_if = "Option::is_none")]
    pub install_dir: Option<PathBuf>,
}
