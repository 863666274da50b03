//! Systems whose own folders are not changed in place, and how programs get onto them all the same.

use std::path::Path;

use nix::sys::statvfs::{FsFlags, statvfs};
use serde::{Deserialize, Serialize};

use crate::distribution::Distribution;
use crate::os_release::OsRelease;

/// Why a package manager's usual command does not work, or does not last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Immutable {
    /// An image that `rpm-ostree` layers packages onto: Silverblue, CoreOS, IoT, Bazzite and others.
    Ostree,
    /// A snapshot that `transactional-update` replaces: MicroOS, Aeon, SLE Micro.
    Transactional,
    /// An image that the next update replaces as a whole, such as SteamOS; or `/usr` is mounted read-only.
    Image,
}

/// By `ID`: these keep nothing that is installed, even where somebody made them writable.
const IMAGES: &[&str] =
    &["steamos", "chimeraos", "holoiso", "blendos", "arkane", "endless", "flatcar", "ubuntu-core", "bottlerocket"];
/// By `VARIANT_ID` or `ID`: Fedora's editions and relatives that are such images; newer editions end in `-atomic`.
const OSTREE: &[&str] = &["silverblue", "kinoite", "sericea", "onyx", "coreos", "iot", "bazzite", "bluefin", "aurora"];
/// By a word of `ID` or `ID_LIKE`: SL Micro 6.2 calls itself `sles`, like a server, and like `microos`.
const TRANSACTIONAL: &[&str] = &[
    "microos",
    "suse-microos",
    "opensuse-microos",
    "opensuse-aeon",
    "opensuse-kalpa",
    "opensuse-leap-micro",
    "aeon",
    "sl-micro",
    "sle-micro",
    "alp-dolomite",
];

impl Immutable {
    /// From os-release and what else the system shows under `root`. A container is judged by its file system alone: what
    /// of the host is seen in it (`/run/ostree-booted`) says nothing about it.
    pub(crate) fn of(distribution: &Distribution, os_release: &OsRelease, root: &Path) -> Option<Self> {
        let id = distribution.id.as_str();
        if id == "nixos" {
            return None;
        }
        if distribution.container.is_none() {
            let variant = os_release.get("VARIANT_ID").unwrap_or_default();
            let layered = OSTREE.contains(&variant) || OSTREE.contains(&id) || variant.ends_with("-atomic");
            let ostree = layered || os_release.get("OSTREE_VERSION").is_some();
            let mut words = std::iter::once(id).chain(distribution.id_like.iter().map(String::as_str));
            if words.any(|word| TRANSACTIONAL.contains(&word)) {
                return Some(Self::Transactional);
            }
            if IMAGES.contains(&id) {
                return Some(Self::Image);
            }
            if ostree || root.join("run/ostree-booted").exists() {
                let layers = distribution.family().is_some_and(|family| family.is("fedora") || family.is("rhel"));
                return Some(if layers { Self::Ostree } else { Self::Image });
            }
        }
        let read_only = statvfs(&root.join("usr")).is_ok_and(|facts| facts.flags().contains(FsFlags::ST_RDONLY));
        read_only.then_some(Self::Image)
    }
}
