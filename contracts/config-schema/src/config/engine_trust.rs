//! Who is trusted for engines that come from registries.

pub(crate) mod public_key;
pub(crate) mod registry;
pub(crate) mod timestamp;

use serde::{Deserialize, Serialize};

use super::fields;
use crate::{PlainName, PublicKeyPem, Registry, RepositoryPattern, Timestamp};

/// Who is trusted for engines that come from registries: images, and engines that other hosts built. Archives are trusted by
/// their `checksum`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct EngineTrustConfig {
    /// The registries that engines may come from; any, if left out, and none, if empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_registries: Option<Vec<Registry>>,
    /// The keys that may vouch for engines. One that is listed for an image's repository makes a signature necessary there; an
    /// engine that another host built always needs one.
    #[serde(deserialize_with = "fields::trusted_keys", skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<TrustedKeyConfig>,
    /// Whether an engine must bring a bill of materials. Left out, it means no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_sbom: Option<bool>,
    /// Keys that may no longer vouch for anything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub revoked: Vec<RevokedKeyConfig>,
}

/// A key that may vouch for engines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TrustedKeyConfig {
    /// The key's name, different from every other key's.
    pub id: PlainName,
    /// The key.
    pub key: PublicKeyPem,
    /// The repositories that it may vouch for, at least one.
    #[serde(deserialize_with = "fields::repositories")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub repositories: Vec<RepositoryPattern>,
    /// The moment from which on it may vouch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The moment from which on it may no longer vouch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
}

/// A key that may no longer vouch for anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RevokedKeyConfig {
    /// The key's name. It need not be listed: what was revoked stays written down.
    pub id: PlainName,
    /// The moment from which on; from ever, if left out. The clock of this host decides, not what a signature says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}
