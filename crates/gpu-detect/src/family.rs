//! Which packages of CUDA a host takes: each family here has names of its own for them.

use std::fmt;

use distro::Distribution;
use serde::{Deserialize, Serialize};

/// Systems that name CUDA's packages alike, wherever those come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Arch Linux and its derivatives.
    Arch,
    /// Debian, Ubuntu and their derivatives.
    Debian,
    /// Fedora, RHEL, Amazon Linux, Azure Linux and their derivatives.
    Fedora,
    /// openSUSE and SLE.
    Suse,
    /// NixOS.
    Nixos,
    /// A conda environment, on any system.
    Conda,
}

/// The families of `distro`'s table whose systems NVIDIA's repositories or the distribution itself serve, by name; the
/// first of each is the one whose commands are shown where the host is not known
/// (<https://docs.nvidia.com/cuda/cuda-installation-guide-linux/#system-requirements>).
const SERVED: [(Family, &[&str]); 5] = [
    (Family::Arch, &["Arch"]),
    (Family::Debian, &["Debian"]),
    (Family::Fedora, &["Fedora", "RHEL", "Amazon", "Azure Linux and Photon"]),
    (Family::Suse, &["openSUSE"]),
    (Family::Nixos, &["NixOS"]),
];

impl Family {
    /// The family of a distribution; `None` where CUDA is not packaged for it, or it is not known.
    pub fn of(distribution: &Distribution) -> Option<Self> {
        let name = distribution.family()?.name.as_str();
        SERVED.iter().find(|(_, names)| names.contains(&name)).map(|(family, _)| *family)
    }

    /// The line that installs `packages` on most systems of the family.
    pub(crate) fn install_line(self, packages: &[String]) -> String {
        let name = SERVED.iter().find(|(family, _)| *family == self).and_then(|(_, names)| names.first());
        let table = name.and_then(|name| distro::families().iter().find(|family| family.name == *name));
        table.map_or_else(
            // Conda is an environment and no distribution.
            || format!("conda install -c conda-forge {}", packages.join(" ")),
            |family| family.install_line(packages),
        )
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Arch => "Arch",
            Self::Debian => "Debian, Ubuntu",
            Self::Fedora => "Fedora",
            Self::Suse => "openSUSE",
            Self::Nixos => "NixOS",
            Self::Conda => "conda",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<Family>) {
        assert_eq!(Family::of(&Distribution::parse(text)), expected, "{text}");
    }

    #[test]
    fn families() {
        check("NAME=\"Arch Linux\"\nID=arch\n", Some(Family::Arch));
        check("ID=cachyos\nID_LIKE=arch\n", Some(Family::Arch));
        check("ID=endeavouros\n", Some(Family::Arch));
        check("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", Some(Family::Debian));
        check("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", Some(Family::Fedora));
        check("ID=\"amzn\"\nVERSION_ID=\"2023\"\n", Some(Family::Fedora));
        check("ID=azurelinux\n", Some(Family::Fedora));
        check("ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\n", Some(Family::Suse));
        check("ID=nixos\n", Some(Family::Nixos));
        check("ID=gentoo\n", None);
        check("ID=archaic\nID_LIKE=\n", None);
        check("", None);
    }

    #[test]
    fn every_name_is_in_the_table() {
        for name in SERVED.iter().flat_map(|(_, names)| *names) {
            assert!(distro::families().iter().any(|family| family.name == *name), "{name}");
        }
    }

    #[test]
    fn lines_of_families() {
        let line = |family: Family| family.install_line(&["x".into()]);
        assert_eq!(line(Family::Debian), "apt-get update && apt-get install x");
        assert_eq!(line(Family::Conda), "conda install -c conda-forge x");
    }
}
