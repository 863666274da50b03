//! Patterns of repositories.

use std::fmt;
use std::str::FromStr;

use crate::TrustError;

/// A repository with its registry, `ghcr.io/acme/engines`, or all that are below a path: `ghcr.io/acme/*`, `ghcr.io/*`.
///
/// A `*` stands last and alone between slashes; it covers one or more parts of a path, and never a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Whether it covers a repository, written with its registry and without a tag.
    pub fn covers(&self, repository: &str) -> bool {
        let repository = &lower_registry(repository);
        match self.0.strip_suffix('*') {
            Some(below) => repository.strip_prefix(below).is_some_and(|rest| !rest.is_empty()),
            None => *repository == self.0,
        }
    }
}

/// The name of a registry is that of a host, whose case does not count; that of a repository's path does.
fn lower_registry(repository: &str) -> String {
    repository.split_once('/').map_or_else(
        || repository.to_ascii_lowercase(),
        |(registry, path)| format!("{}/{path}", registry.to_ascii_lowercase()),
    )
}

impl FromStr for Pattern {
    type Err = TrustError;

    fn from_str(text: &str) -> Result<Self, TrustError> {
        let bad = || TrustError::BadPattern { pattern: text.chars().filter(|c| !c.is_control()).take(200).collect() };
        let (registry, path) = text.split_once('/').ok_or_else(bad)?;
        let word =
            |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-:".contains(&b));
        let parts: Vec<&str> = path.split('/').collect();
        let (last, first) = parts.split_last().ok_or_else(bad)?;
        let valid = word(registry) && first.iter().all(|part| word(part)) && (*last == "*" || word(last));
        if valid { Ok(Self(lower_registry(text))) } else { Err(bad()) }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_it_says() {
        for (pattern, repository, covered) in [
            ("ghcr.io/acme/engines", "ghcr.io/acme/engines", true),
            ("ghcr.io/acme/engines", "ghcr.io/acme/engines/x", false),
            ("ghcr.io/acme/engines", "ghcr.io/acme/engines2", false),
            ("ghcr.io/acme/*", "ghcr.io/acme/engines", true),
            ("ghcr.io/acme/*", "ghcr.io/acme/a/b", true),
            ("ghcr.io/acme/*", "ghcr.io/acme/", false),
            ("ghcr.io/acme/*", "ghcr.io/acme", false),
            ("ghcr.io/acme/*", "ghcr.io/acme2/x", false),
            ("ghcr.io/*", "ghcr.io/acme/x", true),
            ("ghcr.io/*", "ghcr.io.evil.example/acme/x", false),
            ("ghcr.io/acme/*", "GHCR.io/acme/x", true),
            ("GHCR.io/acme/*", "ghcr.io/acme/x", true),
            ("ghcr.io/acme/*", "ghcr.io/ACME/x", false),
            ("localhost:5000/x", "localhost:5000/x", true),
        ] {
            assert_eq!(pattern.parse::<Pattern>().unwrap().covers(repository), covered, "{pattern} {repository}");
        }
        for text in ["", "*", "ghcr.io", "ghcr.io/", "*/x", "ghcr.io/a*", "ghcr.io/*/x", "ghcr.io//x", "a b/x", "h/\n"]
        {
            assert!(text.parse::<Pattern>().is_err(), "{text:?}");
        }
    }
}
