//! Versions of podman and docker, as `--version` prints them.

use std::fmt;

use crate::program::Kind;

/// A version: major, minor and patch number; what follows them (`-rhel`, `-dev`, `+ds1`) is not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

impl Version {
    /// The version of these three numbers.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// Reads `podman version 4.3.1` or `Docker version 28.2.2, build e6534b4`.
pub(super) fn parse(printed: &str) -> Option<(Kind, Version)> {
    printed.lines().find_map(|line| {
        let (name, rest) = line.trim().split_once(" version ")?;
        let kind = Kind::from_name(&name.to_ascii_lowercase())?;
        Some((kind, numbers(rest.split([',', ' ']).next()?)?))
    })
}

fn numbers(word: &str) -> Option<Version> {
    let end = word.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(word.len());
    let mut parts = word.get(..end)?.split('.');
    let mut next = |wanted: bool| match parts.next() {
        Some(part) if !part.is_empty() => part.parse().ok(),
        _ if wanted => None,
        _ => Some(0),
    };
    Some(Version { major: next(true)?, minor: next(true)?, patch: next(false)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(printed: &str, expected: Option<(Kind, &str)>) {
        let parsed = parse(printed).map(|(kind, version)| (kind, version.to_string()));
        assert_eq!(parsed, expected.map(|(kind, version)| (kind, version.to_owned())), "{printed}");
    }

    #[test]
    fn versions_are_read() {
        check("podman version 4.3.1\n", Some((Kind::Podman, "4.3.1")));
        check("podman version 4.9.4-rhel\n", Some((Kind::Podman, "4.9.4")));
        check("podman version 5.0-dev\n", Some((Kind::Podman, "5.0.0")));
        check("Docker version 28.2.2, build e6534b4\n", Some((Kind::Docker, "28.2.2")));
        check("Docker version 20.10.24+dfsg1, build 297e128\n", Some((Kind::Docker, "20.10.24")));
        // `docker` of the package podman-docker.
        check(
            "Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg.\npodman version 4.6.1\n",
            Some((Kind::Podman, "4.6.1")),
        );
        check("podman version x\n", None);
        check("podman version 4\n", None);
        check("buildah version 1.28.2 (image-spec 1.0.2)\n", None);
        check("", None);
    }

    #[test]
    fn versions_are_ordered_by_number() {
        assert!(Version::new(4, 10, 0) > Version::new(4, 9, 4));
        assert!(Version::new(4, 0, 9) < Kind::Podman.first_with_cdi());
    }
}
