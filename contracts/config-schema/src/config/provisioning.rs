//! How a pool's engine gets onto the host and how it is started.

use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

use super::fields;
use crate::{
    BinaryConfig, ContainerConfig, EnvName, ExternalConfig, Limits, ModelConfig, PackageConfig, PortRange,
    ProvisioningMode, SourceConfig,
};

/// How a pool's engine is provisioned and started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ProvisioningConfig {
    /// Where the engine comes from. Left out, it is the mode whose section (`source`, `container`, `package`, `binary`
    /// or `external`) is the only one present. If none or several are present, it is `source` for llama.cpp and `container` for vLLM,
    /// SGLang, TGI and Triton.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<ProvisioningMode>,
    /// What the engine must run on. It never becomes `cpu` unless that is written here.
    pub accelerator: Accelerator,
    /// Whether missing system packages may be installed. Left out, it means no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_package_installs: Option<bool>,
    /// Whether `sudo -n` may be used for that where this program does not run as root. Left out, it means no. No
    /// password is ever asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_sudo: Option<bool>,
    /// Whether finished binaries may be downloaded. Left out, it means no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_binary_downloads: Option<bool>,
    /// The source tree, for mode `source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceConfig>,
    /// The container image, for mode `container`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<ContainerConfig>,
    /// The system package, for mode `package`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<PackageConfig>,
    /// The download, for mode `binary`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binary: Option<BinaryConfig>,
    /// The engine that others install or run, for mode `external`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalConfig>,
    /// The model the engine serves.
    pub model: ModelConfig,
    /// The address the engine listens on.
    #[serde(deserialize_with = "fields::host")]
    pub host: IpAddr,
    /// The ports the engine may listen on, single ones or ranges such as `"8080-8099"`; the first free one is taken. Left out: 8080 to 8179.
    #[serde(deserialize_with = "fields::ports", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub ports: Option<Vec<PortRange>>,
    /// Open environment variables of the engine. Names that look secret are refused here.
    #[serde(deserialize_with = "fields::env")]
    pub env: BTreeMap<EnvName, String>,
    /// Names of environment variables whose values the engine gets from the environment this
    /// program was started with. Names only, so that no secret stands in a file.
    pub secret_env: Vec<EnvName>,
    /// Files that hold the values of secret environment variables, by the variable: one line each, such as a secret that an
    /// orchestrator mounts. A path is relative to the folder of the configuration file.
    #[serde(deserialize_with = "fields::secret_file", skip_serializing_if = "BTreeMap::is_empty")]
    pub secret_file: BTreeMap<EnvName, PathBuf>,
    /// Further flags of the engine, one argument each.
    #[serde(deserialize_with = "fields::flags", skip_serializing_if = "Option::is_none")]
    pub flags: Option<Vec<String>>,
    /// What happens to the pool where a new engine does not get ready or is denied its accelerator. Left out, it means `stop`.
    pub on_failed_proof: OnFailedProof,
    /// How long each part may take.
    pub limits: Limits,
}

impl Default for ProvisioningConfig {
    fn default() -> Self {
        Self {
            mode: None,
            accelerator: Accelerator::default(),
            allow_package_installs: None,
            allow_sudo: None,
            allow_binary_downloads: None,
            source: None,
            container: None,
            package: None,
            binary: None,
            external: None,
            model: ModelConfig::default(),
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            ports: None,
            env: BTreeMap::new(),
            secret_env: Vec::new(),
            secret_file: BTreeMap::new(),
            flags: None,
            on_failed_proof: OnFailedProof::default(),
            limits: Limits::default(),
        }
    }
}

/// What happens to a pool where a new engine does not get ready or is denied its accelerator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum OnFailedProof {
    /// The failure is reported, and no other engine is started.
    #[default]
    Stop,
    /// The failure is reported, and the last engine of the pool that worked is started again. `ensure` waits until the new
    /// engine answers, to know.
    Previous,
}

/// What an engine must run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Accelerator {
    /// An NVIDIA GPU.
    #[default]
    Cuda,
    /// No GPU, because the operator wrote so.
    Cpu,
}

impl fmt::Display for Accelerator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cuda => "cuda",
            Self::Cpu => "cpu",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shown_names_are_the_written_names() {
        for accelerator in [Accelerator::Cuda, Accelerator::Cpu] {
            assert_eq!(serde_json::to_value(accelerator).unwrap(), accelerator.to_string());
        }
    }
}
