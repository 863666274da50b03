//! Where the engine of the demo comes from.

use std::str::FromStr;

/// One of the modes that a demo shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Built from source.
    #[default]
    Source,
    /// Out of archives.
    Binary,
    /// A package that the real pacman installs into a root of its own.
    Package,
    /// A program that others installed, and an engine that others run.
    External,
}

impl Mode {
    /// All of them with their words.
    const ALL: [(&str, Self); 4] =
        [("source", Self::Source), ("binary", Self::Binary), ("package", Self::Package), ("external", Self::External)];
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(name, _)| *name == word).map(|(_, mode)| *mode);
        let names = || Self::ALL.map(|(name, _)| name).join(", ");
        found.ok_or_else(|| format!("`--mode` takes one of {}", names()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_modes() {
        assert_eq!("package".parse(), Ok(Mode::Package));
        assert_eq!("none".parse::<Mode>(), Err("`--mode` takes one of source, binary, package, external".into()));
    }
}
