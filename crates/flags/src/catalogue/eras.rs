//! The catalogues that come with this crate.

use std::sync::LazyLock;

use crate::catalogue::table;
use crate::catalogue::{Catalogue, Trust};
use crate::engine::{Engine, per_engine};

/// A release by its place in time: builds `b1660` … came before versions `v0.5.0` ….
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Release {
    Build(u64),
    Version(u64, u64, u64),
}

per_engine!(
    /// Oldest first.
    eras -> Vec<(Release, Catalogue)> = read
);

fn read(engine: Engine) -> Vec<(Release, Catalogue)> {
    let era = |&(name, text): &(&str, &'static str)| {
        let source = format!("{} {name}", engine.program());
        let specs = table::read(engine, text);
        Some((Release::parse(name)?, Catalogue::new(engine, specs, 0, &source, Trust::Nearest)))
    };
    tables(engine).iter().filter_map(era).collect()
}

macro_rules! tables {
    ($folder:literal: $($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../data/", $folder, "/", $name, ".tsv")))),*]
    };
}

/// Every release with a catalogue, oldest first.
pub(crate) fn tables(engine: Engine) -> &'static [(&'static str, &'static str)] {
    match engine {
        Engine::LlamaServer => {
            tables!("llama-server": "b1660" "b2254" "b3166" "b3658" "b3889" "b4753" "b5640" "b6673" "b8179" "b10068" "b10361" "v0.4.0" "v0.5.0" "v0.7.0")
        }
        Engine::Vllm => tables!("vllm": "v0.4.3" "v0.6.4" "v0.33.0"),
        Engine::Sglang => tables!("sglang": "v0.4.9" "v0.5.6" "v0.5.23"),
        Engine::Tgi => tables!("tgi": "v1.4.0" "v2.4.1" "v3.3.6"),
        Engine::Triton => tables!("triton": "v2.73.0"),
    }
}

impl Catalogue {
    /// The catalogue of the newest release this crate knows.
    pub fn newest(engine: Engine) -> &'static Self {
        Self::nearest(engine, "")
    }

    /// The catalogue, among those this crate comes with, of the release nearest to this one (`b6673`, `v0.5.0`).
    pub fn nearest(engine: Engine, release: &str) -> &'static Self {
        nearest(engine, release)
    }

    /// The releases this crate comes with, oldest first.
    pub fn releases(engine: Engine) -> impl Iterator<Item = &'static str> {
        tables(engine).iter().map(|(name, _)| *name)
    }
}

/// The catalogue of that very release, to be trusted as its own help; none where only others are at hand, or where the help
/// was written by hand and leaves flags out. For llama-server alone: the other engines have flags by plugin and platform.
pub(crate) fn exact(engine: Engine, release: &str) -> Option<Catalogue> {
    let wanted = Release::parse(release).filter(|wanted| engine == Engine::LlamaServer && *wanted > LAST_BY_HAND)?;
    let named = tables(engine).iter().any(|(name, _)| *name == release);
    let (_, catalogue) = eras(engine).iter().find(|(era, _)| named && *era == wanted)?;
    Some(Catalogue { trust: Trust::Exact, ..catalogue.clone() })
}

/// All catalogues with their releases' names, oldest first.
pub(crate) fn oldest_first(engine: Engine) -> impl Iterator<Item = (&'static str, &'static Catalogue)> {
    tables(engine).iter().map(|(name, _)| *name).zip(eras(engine).iter().map(|(_, catalogue)| catalogue))
}

/// All catalogues, newest first.
pub(crate) fn newest_first(engine: Engine) -> impl Iterator<Item = &'static Catalogue> {
    eras(engine).iter().rev().map(|(_, catalogue)| catalogue)
}

/// The last release with a help written by hand.
const LAST_BY_HAND: Release = Release::Build(3658);

/// Whether a release of those days has a flag of that spelling.
pub(crate) fn known_by_hand(engine: Engine, spelling: &str) -> bool {
    let known = |catalogue: &Catalogue| catalogue.find(spelling).is_some_and(|found| found.spec.removed.is_none());
    eras(engine).iter().any(|(release, catalogue)| *release <= LAST_BY_HAND && known(catalogue))
}

/// The one nearest to a release named like a tag (`b6673`, `v0.5.0`); the newest one for any other name.
fn nearest(engine: Engine, release: &str) -> &'static Catalogue {
    static NONE: LazyLock<Catalogue> =
        LazyLock::new(|| Catalogue::new(Engine::LlamaServer, Vec::new(), 0, "nothing", Trust::Nearest));
    let found = match Release::parse(release) {
        Some(wanted) => eras(engine).iter().min_by_key(|(era, _)| era.distance(wanted)).map(|(_, catalogue)| catalogue),
        None => newest_first(engine).next(),
    };
    found.unwrap_or(&NONE)
}

const THOUSAND: u64 = 1000;

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

    /// Versions are far from every build.
    fn distance(self, other: Self) -> (bool, u64) {
        match (self, other) {
            (Self::Build(_), Self::Build(_)) | (Self::Version(..), Self::Version(..)) => {
                (false, self.place().abs_diff(other.place()))
            }
            // The highest build is nearest to a version, the lowest version to a build.
            (Self::Build(_), Self::Version(..)) => (true, u64::MAX - self.place()),
            (Self::Version(..), Self::Build(_)) => (true, self.place()),
        }
    }

    /// Among its kind.
    fn place(self) -> u64 {
        match self {
            Self::Build(build) => build,
            Self::Version(major, minor, patch) => {
                let below = |n: u64| n.min(THOUSAND - 1);
                major.min(THOUSAND * THOUSAND) * THOUSAND * THOUSAND + below(minor) * THOUSAND + below(patch)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eras_are_in_order_and_complete() {
        for engine in Engine::ALL {
            let releases: Vec<Release> = eras(engine).iter().map(|(release, _)| *release).collect();
            assert!(releases.is_sorted());
            assert_eq!(releases.len(), tables(engine).len());
            for (name, text) in tables(engine) {
                let rows = text.lines().filter(|l| !l.starts_with('#')).count();
                assert_eq!(table::read(engine, text).len(), rows, "{name}");
                assert!(rows > 30, "{name}");
            }
        }
    }

    #[track_caller]
    fn check(release: &str, expected: &str) {
        assert_eq!(nearest(Engine::LlamaServer, release).source, format!("llama-server {expected}"), "{release}");
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
        check("v9.1", "v0.7.0");
        check("master", "v0.7.0");
        check("de3ff815ea7d559ee917f063901b8986f038abc6", "v0.7.0");
        check("", "v0.7.0");
    }
}
