//! Whose packages a host takes, from `/etc/os-release`, so that a remedy can name the right one.

use std::fmt;

use serde::Serialize;

use crate::host::Host;

/// Systems that name their packages alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Arch Linux and its derivatives.
    Arch,
    /// Debian, Ubuntu and their derivatives.
    Debian,
    /// Fedora, RHEL and their derivatives.
    Fedora,
    /// openSUSE and SLE.
    Suse,
    /// NixOS.
    Nixos,
    /// A conda environment, on any system.
    Conda,
}

/// The host's family, if it is a known one.
pub(crate) fn detect(host: &Host) -> Option<Family> {
    let text = ["/etc/os-release", "/usr/lib/os-release"]
        .iter()
        .find_map(|file| std::fs::read_to_string(host.at(file)).ok())?;
    family_in(&text)
}

/// `ID` first, then each word of `ID_LIKE`; whole words only ("arch" is not in "archaic").
fn family_in(os_release: &str) -> Option<Family> {
    let value = |name: &str| {
        let line = os_release.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or_default().trim_matches(['"', '\'']).to_owned()
    };
    let names = format!("{} {}", value("ID"), value("ID_LIKE"));
    names.split_whitespace().find_map(|name| match name {
        "arch" | "archlinux" | "archarm" | "manjaro" => Some(Family::Arch),
        "debian" | "ubuntu" => Some(Family::Debian),
        "fedora" | "rhel" | "centos" | "amzn" => Some(Family::Fedora),
        "suse" | "opensuse" | "sles" | "opensuse-tumbleweed" | "opensuse-leap" => Some(Family::Suse),
        "nixos" => Some(Family::Nixos),
        _ => None,
    })
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
        assert_eq!(family_in(text), expected, "{text}");
    }

    #[test]
    fn families() {
        check("NAME=\"Arch Linux\"\nID=arch\n", Some(Family::Arch));
        check("ID=cachyos\nID_LIKE=arch\n", Some(Family::Arch));
        check("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", Some(Family::Debian));
        check("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", Some(Family::Fedora));
        check("ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\n", Some(Family::Suse));
        check("ID=nixos\n", Some(Family::Nixos));
        check("ID=archaic\nID_LIKE=\n", None);
        check("", None);
    }
}
