//! The catalogues that come with this crate: releases of `llama-server` whose `--help` was read.

use std::sync::LazyLock;

use crate::catalogue::{Catalogue, Trust};
use crate::table;

/// A release by its place in time: builds `b1660` … came before versions `v0.5.0` ….
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Release {
    Build(u64),
    Version(u64, u64, u64),
}

/// Oldest first.
static ERAS: LazyLock<Vec<(Release, Catalogue)>> = LazyLock::new(|| {
    TABLES
        .iter()
        .filter_map(|(name, text)| {
            let specs = table::read(text);
            Some((Release::parse(name)?, Catalogue::new(specs, 0, &format!("llama-server {name}"), Trust::Nearest)))
        })
        .collect()
});

macro_rules! tables {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../data/llama-server/", $name, ".tsv")))),*]
    };
}

/// Every release with a catalogue, oldest first.
const TABLES: &[(&str, &str)] = tables!("b1660" "b3166" "b3658" "b3889" "b4753" "b6673" "b8179" "b10361" "v0.5.0");

/// The front end of vLLM, whose help is made by clap.
pub(crate) static VLLM: LazyLock<Catalogue> = LazyLock::new(|| {
    let specs = table::read(include_str!("../data/vllm/0.33.0.tsv"));
    Catalogue::of_any_engine(specs, 0, "vllm-rs 0.33.0", Trust::Nearest)
});

/// All catalogues, newest first.
pub(crate) fn newest_first() -> impl Iterator<Item = &'static Catalogue> {
    ERAS.iter().rev().map(|(_, catalogue)| catalogue)
}

/// The names of the releases, oldest first.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|(name, _)| *name)
}

/// The one nearest to a release named like a tag (`b6673`, `v0.5.0`); the newest one for any other name.
pub(crate) fn nearest(release: &str) -> &'static Catalogue {
    static NONE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::new(Vec::new(), 0, "nothing", Trust::Nearest));
    let found = match Release::parse(release) {
        Some(wanted) => ERAS.iter().min_by_key(|(era, _)| era.distance(wanted)).map(|(_, catalogue)| catalogue),
        None => newest_first().next(),
    };
    found.unwrap_or(&NONE)
}

impl Release {
    fn parse(name: &str) -> Option<Self> {
        if let Some(build) = name.strip_prefix('b') {
            return build.parse().ok().map(Self::Build);
        }
        let version = name.strip_prefix('v').unwrap_or(name);
        let version = version.split(['-', '+']).next().unwrap_or(version);
        let mut numbers = version.splitn(3, '.').map(str::parse);
        match (numbers.next()?, numbers.next()?, numbers.next()) {
            (Ok(major), Ok(minor), None) => Some(Self::Version(major, minor, 0)),
            (Ok(major), Ok(minor), Some(Ok(patch))) => Some(Self::Version(major, minor, patch)),
            _ => None,
        }
    }

    /// Versions are far from every build, and further apart the higher the number that differs.
    fn distance(self, other: Self) -> (bool, u64, u64, u64) {
        match (self, other) {
            (Self::Build(a), Self::Build(b)) => (false, a.abs_diff(b), 0, 0),
            (Self::Version(major, minor, patch), Self::Version(other, minor_of, patch_of)) => {
                (false, major.abs_diff(other), minor.abs_diff(minor_of), patch.abs_diff(patch_of))
            }
            // The highest build is nearest to a version, the lowest version to a build.
            (Self::Build(build), Self::Version(..)) => (true, u64::MAX - build, 0, 0),
            (Self::Version(major, minor, patch), Self::Build(_)) => (true, major, minor, patch),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eras_are_in_order_and_complete() {
        let releases: Vec<Release> = ERAS.iter().map(|(release, _)| *release).collect();
        assert!(releases.is_sorted());
        assert_eq!(releases.len(), TABLES.len());
        for (name, text) in TABLES {
            let rows = text.lines().filter(|l| !l.starts_with('#')).count();
            assert_eq!(table::read(text).len(), rows, "{name}");
            assert!(rows > 30, "{name}");
        }
    }

    #[track_caller]
    fn check(release: &str, expected: &str) {
        assert_eq!(nearest(release).source, format!("llama-server {expected}"), "{release}");
    }

    #[test]
    fn nearest_release() {
        check("b6673", "b6673");
        check("b6600", "b6673");
        check("b4800", "b4753");
        check("b1", "b1660");
        check("b99999", "b10361");
        check("v0.5.0", "v0.5.0");
        check("0.5.0-dev", "v0.5.0");
        check("v9.1", "v0.5.0");
        check("master", "v0.5.0");
        check("de3ff815ea7d559ee917f063901b8986f038abc6", "v0.5.0");
        check("", "v0.5.0");
    }
}
