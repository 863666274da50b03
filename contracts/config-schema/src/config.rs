//! The whole configuration: the catalog's policy and the pools.

pub(crate) mod artifact;
pub(crate) mod engine;
pub(crate) mod engine_trust;
mod fields;
pub(crate) mod limits;
pub(crate) mod mode;
pub(crate) mod model;
pub(crate) mod pool;
pub(crate) mod provisioning;
pub(crate) mod resolve;
pub(crate) mod source;

use serde::{Deserialize, Serialize};

use crate::error::{nearest::nearest, shown::shown};
use crate::{ConfigError, EngineTrustConfig, PoolConfig};

/// A configuration file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Which models and engines are trusted.
    #[serde(default)]
    pub catalog: CatalogConfig,
    /// The pools of this host; at least one.
    #[serde(deserialize_with = "fields::pools")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub pools: Vec<PoolConfig>,
}

/// Which models and engines are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CatalogConfig {
    /// The policy for models; none, if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_policy: Option<TrustPolicyConfig>,
    /// Who is trusted for engines that come from registries; nobody is asked, if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine_trust: Option<EngineTrustConfig>,
}

/// What a model must bring with it to be trusted. It is for the one who registers models; `engine-provisioner` enforces
/// none of it, and says so.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TrustPolicyConfig {
    /// `strict` or `permissive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The registries models may come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_registries: Option<Vec<String>>,
    /// Whether a model must be signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_signature: Option<bool>,
    /// Whether a model must bring a software bill of materials.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_sbom: Option<bool>,
    /// The certificate authorities signatures may go back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_roots: Option<Vec<String>>,
}

impl Config {
    /// The pool of this id or, where no id is given, the only pool there is.
    ///
    /// # Errors
    /// `config::no_such_pool` when no pool has that id, or when none is named and there are several.
    pub fn pool(&self, id: Option<&str>) -> Result<&PoolConfig, ConfigError> {
        let ids = || self.pools.iter().map(|pool| pool.id.as_str());
        let known = || ids().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
        match (id, &self.pools[..]) {
            (Some(id), pools) => {
                pools.iter().find(|pool| pool.id.as_str() == id).ok_or_else(|| ConfigError::NoSuchPool {
                    reason: format!("there is no pool {}", shown(id)),
                    help: match nearest(id, ids()) {
                        Some(near) => format!("did you mean `{near}`? The pools are {}", known()),
                        None => format!("name one of {}", known()),
                    },
                })
            }
            (None, [only]) => Ok(only),
            (None, several) => Err(ConfigError::NoSuchPool {
                reason: format!("no pool is named, and there are {}", several.len()),
                help: format!("name one of {}", known()),
            }),
        }
    }
}
