//! Where an engine comes from: the modes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where an engine comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ProvisioningMode {
    /// Somebody else installs it; it is only started.
    External,
    /// It is built from source.
    #[default]
    Source,
    /// It runs from a container image.
    Container,
    /// It comes in a system package.
    Package,
    /// It is downloaded finished.
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
