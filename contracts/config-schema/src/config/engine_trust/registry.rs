//! Registries, and patterns of repositories in them.

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::value::text_type::checked_text;

/// A registry: its host, with a port where it has one: `ghcr.io`, `registry.example.com:5000`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?$", "maxLength" = 255)))]
pub struct Registry(String);

checked_text!(Registry, check);

const REGISTRY: Invalid = Invalid::new(
    "a registry is a host, with its port where it has one, and nothing else",
    "write it as in `ghcr.io` or `registry.example.com:5000`, without `https://` and without a path",
);

fn check(text: &str) -> Result<(), Invalid> {
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let starts_well = host.starts_with(|first: char| first.is_ascii_alphanumeric());
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    let port_fits = port.is_none_or(is_port);
    if starts_well && plain && port_fits && text.len() <= 255 { Ok(()) } else { Err(REGISTRY) }
}

/// A port by its number.
fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

/// A repository with its registry, or all that are below a path: `ghcr.io/acme/engines`, `ghcr.io/acme/*`, `ghcr.io/*`.
///
/// A `*` stands last and alone between slashes; it covers one or more parts of a path, and never a registry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?/[a-z0-9._/*-]+$", "maxLength" = 512)))]
pub struct RepositoryPattern(String);

checked_text!(RepositoryPattern, check_pattern);

const PATTERN: Invalid = Invalid::new(
    "this is neither a repository with its registry nor all that are below a path",
    "write it as in `ghcr.io/acme/engines` or `ghcr.io/acme/*`; a `*` stands last and alone, and there is no tag",
);

fn check_pattern(text: &str) -> Result<(), Invalid> {
    let (registry, path) = text.split_once('/').ok_or(PATTERN)?;
    check(registry).map_err(|_of_the_registry| PATTERN)?;
    let mut parts = path.split('/').rev();
    let last = parts.next().unwrap_or_default();
    if (last == "*" || is_part(last)) && parts.all(is_part) && text.len() <= 512 { Ok(()) } else { Err(PATTERN) }
}

/// One part of a [repository's name](https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests).
fn is_part(text: &str) -> bool {
    let alphanumeric = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let bytes = text.as_bytes();
    alphanumeric(bytes.first())
        && alphanumeric(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_and_patterns() {
        for text in ["ghcr.io", "localhost:5000", "10.0.0.7:5000", "a"] {
            assert!(text.parse::<Registry>().is_ok(), "{text:?}");
        }
        for text in
            ["", "https://ghcr.io", "ghcr.io/acme", "ghcr.io:", "ghcr.io:99999", "-x", "u@h", "*", "*.io", "a b"]
        {
            assert!(text.parse::<Registry>().is_err(), "{text:?}");
        }
        for text in ["ghcr.io/acme/engines", "ghcr.io/acme/*", "ghcr.io/*", "localhost:5000/a_b/c.d-e"] {
            assert!(text.parse::<RepositoryPattern>().is_ok(), "{text:?}");
        }
        for text in [
            "",
            "*",
            "ghcr.io",
            "ghcr.io/",
            "*/x",
            "ghcr.io/a*",
            "ghcr.io/*/x",
            "ghcr.io//x",
            "ghcr.io/ACME/x",
            "ghcr.io/x:v1",
            "ghcr.io/x@sha256:00",
            "ghcr.io/../x",
            "ghcr.io/-x",
        ] {
            assert!(text.parse::<RepositoryPattern>().is_err(), "{text:?}");
        }
    }
}
