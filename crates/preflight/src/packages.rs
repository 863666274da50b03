//! The table of package managers: which distributions have them, and what their packages are called.

use crate::tool::Tool;

/// A package manager and its names for our tools.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Manager {
    /// The words in `ID` or `ID_LIKE` that stand for it.
    pub(crate) ids: &'static [&'static str],
    /// The start of the command that installs packages.
    pub(crate) install: &'static str,
    /// Whether that command must be run as root.
    pub(crate) as_root: bool,
    /// The packages for each tool; a tool that is not listed has none.
    pub(crate) packages: &'static [(Tool, &'static [&'static str])],
}

/// All that we know. A compiler's package alone may lack the C library's headers: Debian and Alpine list them.
pub(crate) const MANAGERS: &[Manager] = &[
    Manager {
        ids: &["arch"],
        install: "pacman -S --needed",
        as_root: true,
        packages: &[
            (Tool::Git, &["git"]),
            (Tool::Cmake, &["cmake"]),
            (Tool::Ninja, &["ninja"]),
            (Tool::Make, &["make"]),
            (Tool::Cc, &["gcc"]),
            (Tool::Cxx, &["gcc"]),
            (Tool::HfCli, &["python-huggingface-hub"]),
        ],
    },
    Manager {
        ids: &["debian", "ubuntu"],
        install: "apt-get install",
        as_root: true,
        packages: &[
            (Tool::Git, &["git"]),
            (Tool::Cmake, &["cmake"]),
            (Tool::Ninja, &["ninja-build"]),
            (Tool::Make, &["make"]),
            (Tool::Cc, &["gcc", "libc6-dev"]),
            (Tool::Cxx, &["g++"]),
        ],
    },
    Manager {
        ids: &["fedora", "rhel", "centos"],
        install: "dnf install",
        as_root: true,
        packages: &[
            (Tool::Git, &["git"]),
            (Tool::Cmake, &["cmake"]),
            (Tool::Ninja, &["ninja-build"]),
            (Tool::Make, &["make"]),
            (Tool::Cc, &["gcc"]),
            (Tool::Cxx, &["gcc-c++"]),
            (Tool::HfCli, &["python3-huggingface-hub"]),
        ],
    },
    Manager {
        ids: &["opensuse", "suse", "sles", "opensuse-leap", "opensuse-tumbleweed"],
        install: "zypper install",
        as_root: true,
        packages: &[
            (Tool::Git, &["git"]),
            (Tool::Cmake, &["cmake"]),
            (Tool::Ninja, &["ninja"]),
            (Tool::Make, &["make"]),
            (Tool::Cc, &["gcc"]),
            (Tool::Cxx, &["gcc-c++"]),
        ],
    },
    Manager {
        ids: &["alpine"],
        install: "apk add",
        as_root: true,
        packages: &[
            (Tool::Git, &["git"]),
            (Tool::Cmake, &["cmake"]),
            (Tool::Ninja, &["samurai"]),
            (Tool::Make, &["make"]),
            (Tool::Cc, &["gcc", "musl-dev"]),
            (Tool::Cxx, &["g++"]),
        ],
    },
    Manager {
        ids: &["nixos"],
        install: "nix-shell -p",
        as_root: false,
        packages: &[
            (Tool::Git, &["git"]),
            (Tool::Cmake, &["cmake"]),
            (Tool::Ninja, &["ninja"]),
            (Tool::Make, &["gnumake"]),
            (Tool::Cc, &["gcc"]),
            (Tool::Cxx, &["gcc"]),
            (Tool::HfCli, &["python3Packages.huggingface-hub"]),
        ],
    },
];
