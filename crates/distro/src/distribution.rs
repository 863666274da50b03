//! Which Linux distribution a system is, by the exact words in its os-release file, and what it runs in.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::family::{Family, family, managers};
use crate::immutable::Immutable;
use crate::os_release::OsRelease;
use crate::surroundings;

/// A distribution as os-release names it
/// (<https://www.freedesktop.org/software/systemd/man/latest/os-release.html>).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distribution {
    /// `ID`, such as `debian`; empty where no file has it.
    pub id: String,
    /// The words of `ID_LIKE`, closest relative first.
    pub id_like: Vec<String>,
    /// `VERSION_ID`; empty where the system has no versions.
    pub version: String,
    /// `PLATFORM_ID`, which Red Hat's relatives have since their version 8; empty elsewhere.
    pub platform: String,
    /// The package managers that are installed, of those in the table.
    pub managers: Vec<String>,
    /// `PRETTY_NAME`, for people only: it decides nothing.
    pub name: String,
    /// Set where the system's own folders are not changed in place.
    pub immutable: Option<Immutable>,
    /// The kind of container this is, such as `docker`, `podman` or `lxc`; `None` on a host of its own.
    pub container: Option<String>,
    /// The version of the Windows Subsystem for Linux this runs in.
    pub wsl: Option<u8>,
}

/// Reads `/etc/os-release`, or `/usr/lib/os-release` where that is absent, under `root`; and the traces that containers,
/// WSL and immutable systems leave there.
pub fn distribution(root: &Path) -> Distribution {
    let read = |path: &str| std::fs::read(root.join(path)).ok();
    let bytes = read("etc/os-release").or_else(|| read("usr/lib/os-release")).unwrap_or_default();
    let os_release = OsRelease::parse(&String::from_utf8_lossy(&bytes));
    let mut distribution = Distribution::from(&os_release);
    distribution.managers = managers().filter(|name| is_program(root, name)).map(str::to_owned).collect();
    distribution.container = surroundings::container(root);
    distribution.wsl = surroundings::wsl(root);
    distribution.immutable = Immutable::of(&distribution, &os_release, root);
    distribution
}

fn is_program(root: &Path, name: &str) -> bool {
    ["usr/bin", "usr/sbin", "bin", "sbin"].iter().any(|folder| root.join(folder).join(name).is_file())
}

impl From<&OsRelease> for Distribution {
    fn from(file: &OsRelease) -> Self {
        Self {
            id: file.text("ID"),
            id_like: file.text("ID_LIKE").split_whitespace().map(str::to_owned).collect(),
            version: file.text("VERSION_ID"),
            platform: file.text("PLATFORM_ID"),
            name: file.text("PRETTY_NAME"),
            ..Self::default()
        }
    }
}

impl Distribution {
    /// What the text of an os-release file alone says: nothing of package managers, containers or immutable folders.
    pub fn parse(text: &str) -> Self {
        Self::from(&OsRelease::parse(text))
    }

    /// Its family, if it is in the table: by its words or, where none is known, by its package manager or its platform.
    pub fn family(&self) -> Option<&'static Family> {
        let by_platform = || family("rhel").filter(|_| !self.platform.is_empty());
        self.named_family().or_else(|| Family::of_managers(&self.managers)).or_else(by_platform)
    }

    /// By `ID` itself, then by each word of `ID_LIKE`.
    fn named_family(&self) -> Option<&'static Family> {
        let mut words = std::iter::once(&self.id).chain(&self.id_like);
        words.find_map(|word| family(word))
    }

    /// The number that its version starts with, where it counts as its family does: relatives have numbers of their own,
    /// and a platform to tell them by.
    pub(crate) fn major(&self) -> Option<u32> {
        self.version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok().filter(|_| self.platform.is_empty())
    }

    /// Whether it is Arch Linux or calls itself like it. A system that only has pacman is not.
    pub fn is_arch_like(&self) -> bool {
        self.named_family().is_some_and(|family| family.is("arch"))
    }

    /// Whether packages may be installed on it, where that is allowed: Arch-like systems that are changed in place,
    /// and no others.
    pub fn takes_packages(&self) -> bool {
        self.is_arch_like() && self.immutable.is_none()
    }

    /// What to call it in a message: its name, its `ID`, or `this system`.
    pub fn title(&self) -> &str {
        [&self.name, &self.id].into_iter().find(|name| !name.is_empty()).map_or("this system", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// F75
    #[test]
    fn words_that_contain_arch_are_not_arch() {
        for text in [
            "ID=search\nPRETTY_NAME=\"arch-like search appliance\"\n",
            "ID=archive\nID_LIKE=\"monarch\"\nNAME=arch\nHOME_URL=https://archlinux.org\n",
            "ID=x\nPRETTY_NAME=arch\nARCHITECTURE=arch\n",
            "ID_LIKE_TOO=arch\nXID=arch\n",
            "#ID=arch\n",
        ] {
            assert!(!Distribution::parse(text).is_arch_like(), "{text}");
        }
        assert!(Distribution::parse("ID=x\nID_LIKE='y arch'\n").is_arch_like());
        assert!(!Distribution::parse("ID=debian\nID_LIKE=arch\n").is_arch_like(), "what it is comes before its kin");
    }

    #[test]
    fn files_that_went_through_other_systems() {
        for text in [
            "\u{feff}ID=arch\r\nNAME='x'\r\n",
            "NAME=x\rID=y\n\n  ID=\"arch\"  ",
            "ID=debian\nID=arch",
            "ID=\"ar\\ch\"",
        ] {
            assert_eq!(Distribution::parse(text).id, "arch", "{text:?}");
        }
        assert_eq!(Distribution::parse("PRETTY_NAME=\"a \u{1b}[31m\u{7}b\"").name, "a [31mb");
        for text in ["", "\0\0", "ID", "ID=", "=arch", "ID='arch", "ID=arch linux", "ID=ARCH", "export ID=arch"] {
            assert!(!Distribution::parse(text).is_arch_like(), "{text:?}");
        }
        let unknown = Distribution::parse("ID=another\nID_LIKE=\"rhel centos fedora\"\n");
        assert_eq!(unknown.family().map(|family| family.name.as_str()), Some("RHEL"), "the closest relative counts");
    }

    proptest! {
        #[test]
        fn no_file_panics(text in "\\PC*") {
            let _ = Distribution::parse(&text).family();
        }
    }
}
