//! Engines that come finished: as a container image, a package or an archive.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::fields;
use crate::{DownloadUrl, EngineUrl, InnerPath, PlainName, Sha256};

/// The container image an engine runs from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ContainerConfig {
    /// The image with its registry, such as `ghcr.io/ggml-org/llama.cpp`.
    pub image: PlainName,
    /// The image's tag.
    pub tag: PlainName,
    /// Whether an image is used that this host's driver or GPUs are too old for by the image's own conditions; no, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub override_requirement: Option<bool>,
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
    /// How many leading folders of each name in the archive are left out; none, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strip: Option<u32>,
    /// The engine's program in the archive, as a path below its top, after `strip`. Left out, it is the only file with the
    /// name of the engine's program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<InnerPath>,
}

/// The engine that is installed or run by others: exactly one of `path` and `url`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ExternalConfig {
    /// The program, installed by other means; it is started and stopped like any other. A relative path is meant from the
    /// folder of the configuration file.
    #[serde(default, deserialize_with = "fields::optional_path", skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// Where an engine answers that is run by others; it is looked at, never started and never stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<EngineUrl>,
    /// What the engine must print or answer as its version, or the beginning of it; any, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<PlainName>,
    /// A PEM file with the certificate authority that signed the certificate at `url`, where the host's own list lacks it. A
    /// relative path is meant from the folder of the configuration file.
    #[serde(default, deserialize_with = "fields::optional_path", skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}
