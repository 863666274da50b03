//! Families of distributions that share a package manager and the names of its packages: the table `packages.json`.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// A package manager, the distributions that have it, and its names of packages.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// What people call it.
    pub name: String,
    /// The words in `ID` or `ID_LIKE` of os-release that stand for it.
    pub ids: Vec<String>,
    /// The start of the command that installs packages.
    pub install: String,
    /// Other commands for the same packages, in order of preference, for systems that lack that one.
    #[serde(default)]
    pub instead: Vec<String>,
    /// The first major version with that command; older ones have the last of the others.
    #[serde(default)]
    pub since: Option<u32>,
    /// What stands before that command where one of the packages has a name that starts like this.
    #[serde(default)]
    pub before: BTreeMap<String, String>,
    /// What has to be done after that command.
    #[serde(default)]
    pub then: Option<String>,
    /// Whether the command must be run as root.
    pub as_root: bool,
    /// A container image, by its short name, in which its packages can be had where the system itself is fixed.
    #[serde(default)]
    pub image: Option<String>,
    /// The packages by the software they bring, such as `git`, `cxx` or `openssl_headers`; what is not listed has none. A
    /// compiler's package alone may lack the C library's headers: Debian and Alpine list them.
    pub packages: BTreeMap<String, Vec<String>>,
    /// Packages that its users maintain (Arch's AUR): for people to read, never built or installed.
    #[serde(default)]
    pub user_packages: BTreeMap<String, Vec<String>>,
}

static FAMILIES: LazyLock<Vec<Family>> = LazyLock::new(|| {
    // A test reads the same text; if it were damaged, no distribution would be known.
    serde_json::from_str(include_str!("packages.json")).unwrap_or_default()
});

/// The whole table.
pub fn families() -> &'static [Family] {
    &FAMILIES
}

/// The family that a word of os-release stands for.
pub fn family(word: &str) -> Option<&'static Family> {
    families().iter().find(|family| family.is(word))
}

impl Family {
    /// Whether a word of os-release stands for it, exactly.
    pub fn is(&self, word: &str) -> bool {
        self.ids.iter().any(|id| id == word)
    }

    /// All commands that install its packages.
    fn commands(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.install).chain(&self.instead).map(String::as_str)
    }

    /// The command of a system that has these package managers; where none of them is known, that of its major version.
    pub(crate) fn command(&self, managers: &[String], major: Option<u32>) -> &str {
        let there = self.commands().find(|command| managers.iter().any(|name| name == program(command)));
        let old = self.since.zip(major).is_some_and(|(since, major)| major < since);
        there.or_else(|| self.instead.last().filter(|_| old).map(String::as_str)).unwrap_or(&self.install)
    }

    /// The family of a system that is known by its package managers alone; `None` where they are those of several.
    pub(crate) fn of_managers(managers: &[String]) -> Option<&'static Self> {
        let has = |family: &Self, name: &String| family.commands().any(|command| program(command) == name);
        let first = managers.first()?;
        let family = families().iter().find(|family| has(family, first))?;
        managers.iter().all(|name| has(family, name)).then_some(family)
    }

    /// Its packages that bring this software, by the name in the table.
    pub fn packages(&self, software: &str) -> Option<&[String]> {
        self.packages.get(software).map(Vec::as_slice)
    }
}

/// The programs that install packages. Those that work beside another system's own (Nix, Guix) are not among them.
pub(crate) fn managers() -> impl Iterator<Item = &'static str> {
    let mut seen = HashSet::new();
    let own = families().iter().filter(|family| family.as_root);
    own.flat_map(Family::commands).map(program).filter(move |name| seen.insert(*name))
}

fn program(command: &str) -> &str {
    command.split_whitespace().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read() {
        let families: Vec<Family> = serde_json::from_str(include_str!("packages.json")).unwrap();
        assert_eq!(families.len(), 19);
        for family in families {
            for software in ["git", "cmake", "make", "cc", "cxx"] {
                assert!(family.packages(software).is_some(), "{}: {software}", family.name);
            }
        }
    }

    /// Names go into a line that people paste: nothing in them means anything to a shell or reads as an option.
    #[test]
    fn names_are_plain() {
        for family in families() {
            let names = family.packages.values().chain(family.user_packages.values()).flatten().chain(&family.image);
            for name in names {
                let plain = |c: char| c.is_ascii_alphanumeric() || "+-._/".contains(c);
                assert!(name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(plain), "{name}");
            }
        }
    }

    #[test]
    fn a_word_stands_for_one_family() {
        let words: Vec<&String> = families().iter().flat_map(|family| &family.ids).collect();
        let once: HashSet<&String> = words.iter().copied().collect();
        assert_eq!(words.len(), once.len());
    }
}
