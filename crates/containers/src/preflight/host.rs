//! What a host has for rootless containers, as values.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::{IdRanges, Info, Kind, Version};

/// What is known of a host that is to run containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFacts {
    /// Which program is to run them.
    pub program: Kind,
    /// Its version; `None` where it is not installed, or fails (`info` has its words then).
    pub version: Option<Version>,
    /// What it reports; the error's text where it reports none.
    pub info: Option<Result<Info, String>>,
    /// The user who runs them.
    pub user: UserFacts,
    /// What a user namespace needs; `None` for root.
    pub namespaces: Option<Namespaces>,
    /// Control groups.
    pub cgroups: Cgroups,
    /// Whether `/dev/net/tun` can be opened, which a network of a rootless container needs.
    pub has_tun: bool,
    /// The lowest port that an ordinary user may listen on.
    pub first_port: u16,
}

/// The user who runs containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserFacts {
    /// The name.
    pub name: String,
    /// The number.
    pub uid: u32,
    /// The home folder, where it is known.
    pub home: Option<PathBuf>,
    /// Whether files can be made in the home folder.
    pub home_is_writable: bool,
    /// The folder of `XDG_RUNTIME_DIR`.
    pub runtime_dir: RuntimeDir,
}

/// The folder of `XDG_RUNTIME_DIR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuntimeDir {
    /// It is the user's own, and writable.
    Usable(PathBuf),
    /// The variable is not set: podman uses a folder below `/tmp`, which is not removed at logout.
    Unset,
    /// It is there and cannot be used.
    Unusable {
        /// The folder.
        path: PathBuf,
        /// Why.
        why: &'static str,
    },
}

/// What the kernel and the system's helpers allow for user namespaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespaces {
    /// Numbers of users.
    pub subuid: IdRanges,
    /// Numbers of groups.
    pub subgid: IdRanges,
    /// The helper `newuidmap`.
    pub newuidmap: Helper,
    /// The helper `newgidmap`.
    pub newgidmap: Helper,
    /// `user.max_user_namespaces`; `None` where the kernel has no such limit.
    pub max_user_namespaces: Option<u64>,
    /// `kernel.unprivileged_userns_clone`, which Debian's kernels have; `None` elsewhere.
    pub unprivileged_userns_clone: Option<bool>,
    /// Whether AppArmor keeps programs without a profile from making user namespaces
    /// (`kernel.apparmor_restrict_unprivileged_userns`, Ubuntu since 24.04).
    pub apparmor_restricts: bool,
}

/// A helper with privileges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Helper {
    /// It is setuid root, or has file capabilities.
    Privileged,
    /// It is there without either: copying or restoring a file system drops them.
    Plain(PathBuf),
    /// It is not on `PATH`.
    Missing,
}

/// Control groups, as a user's processes see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cgroups {
    /// Whether `/sys/fs/cgroup` is of version 2 alone; limits of a rootless container need that.
    pub unified: bool,
    /// The controllers delegated to the user's own part of the tree; empty for version 1.
    pub delegated: BTreeSet<String>,
}
