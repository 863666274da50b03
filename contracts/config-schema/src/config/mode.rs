//! Where an engine comes from: the modes, and which one a pool has whose `mode` is left out.
//!
//! A written mode always wins. Left out, it is the mode of the only section that is present. If none or several sections
//! are present, it depends on the engine ([`default_of`]).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Engine, ProvisioningConfig};

/// Where an engine comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ProvisioningMode {
    /// It is installed by other means and only started, or run by others and only looked at.
    External,
    /// It is built from source.
    Source,
    /// It runs from a container image.
    Container,
    /// It is installed as a system package.
    Package,
    /// It is downloaded as a prebuilt binary or archive.
    Binary,
}

impl fmt::Display for ProvisioningMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::External => "external",
            Self::Source => "source",
            Self::Container => "container",
            Self::Package => "package",
            Self::Binary => "binary",
        })
    }
}

/// Returns the mode of a pool: as written, else by its only section, else by its engine.
pub(crate) fn of(engine: Engine, provisioning: &ProvisioningConfig) -> ProvisioningMode {
    provisioning.mode.or_else(|| only_section(provisioning)).unwrap_or_else(|| default_of(engine))
}

/// Returns the mode whose section is the only one present; `None` if none or several are present.
fn only_section(provisioning: &ProvisioningConfig) -> Option<ProvisioningMode> {
    let ProvisioningConfig { source, container, package, binary, external, .. } = provisioning;
    match (source, container, package, binary, external) {
        (Some(_), None, None, None, None) => Some(ProvisioningMode::Source),
        (None, Some(_), None, None, None) => Some(ProvisioningMode::Container),
        (None, None, Some(_), None, None) => Some(ProvisioningMode::Package),
        (None, None, None, Some(_), None) => Some(ProvisioningMode::Binary),
        (None, None, None, None, Some(_)) => Some(ProvisioningMode::External),
        _ => None,
    }
}

/// Returns the mode of an engine whose pool has neither a written mode nor exactly one section.
const fn default_of(engine: Engine) -> ProvisioningMode {
    match engine {
        Engine::Llamacpp => ProvisioningMode::Source,
        Engine::Vllm | Engine::Sglang | Engine::Tgi | Engine::Triton => ProvisioningMode::Container,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shown_names_are_the_written_names() {
        use ProvisioningMode::{Binary, Container, External, Package, Source};
        for mode in [External, Source, Container, Package, Binary] {
            assert_eq!(serde_json::to_value(mode).unwrap(), mode.to_string());
        }
    }
}
