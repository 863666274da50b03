//! The facts about a host that specs are compared with.

use std::fmt;
use std::path::{Path, PathBuf};

/// A GPU that a pool uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedGpu {
    /// The driver's number for it.
    pub index: u32,
    /// Its UUID as the driver reports it, such as `GPU-1a2b…` or `MIG-…`; empty where it has none.
    pub uuid: String,
}

/// What a path of the host is for the user who starts the container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathState {
    /// Nothing is there.
    Absent,
    /// It is there, and the user may not open it.
    Denied,
    /// It is there.
    Open,
}

/// What kind of host it is, as far as its specs differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Platform {
    /// A host with its own driver and device nodes.
    #[default]
    Native,
    /// Windows Subsystem for Linux: one node, `/dev/dxg`.
    Wsl,
    /// A Jetson: its GPU is part of the chip.
    Jetson,
}

/// A version of podman.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Podman(pub u32, pub u32, pub u32);

impl fmt::Display for Podman {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// A host.
pub struct Host<'a> {
    /// What a path is.
    pub path: &'a dyn Fn(&Path) -> PathState,
    /// The version of podman; `None` where it is not known or another runtime is used.
    pub podman: Option<Podman>,
    /// The folders that the runtime reads specs from; of two devices with one name, that of the later folder counts.
    pub folders: Vec<PathBuf>,
    /// The version of the driver that runs.
    pub driver: Option<String>,
    /// What kind of host it is.
    pub platform: Platform,
    /// How many GPUs it has; 0 where that is not known.
    pub gpus: usize,
    /// Whether the vendor's generator of specs is installed: `nvidia-ctk` or `amd-ctk`.
    pub has_toolkit: bool,
    /// The family of the distribution, such as `Arch` or `NixOS`.
    pub family: Option<String>,
    /// Whether the caller is root.
    pub is_root: bool,
}

impl<'a> Host<'a> {
    /// A native host with a toolkit, of which nothing else is known, and podman's usual folders.
    pub fn new(path: &'a dyn Fn(&Path) -> PathState) -> Self {
        Self {
            path,
            podman: None,
            folders: vec!["/etc/cdi".into(), "/var/run/cdi".into()],
            driver: None,
            platform: Platform::Native,
            gpus: 0,
            has_toolkit: true,
            family: None,
            is_root: false,
        }
    }
}

impl fmt::Debug for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { podman, folders, driver, platform, gpus, has_toolkit, family, is_root, .. } = self;
        f.debug_struct("Host")
            .field("podman", podman)
            .field("folders", folders)
            .field("driver", driver)
            .field("platform", platform)
            .field("gpus", gpus)
            .field("has_toolkit", has_toolkit)
            .field("family", family)
            .field("is_root", is_root)
            .finish_non_exhaustive()
    }
}
