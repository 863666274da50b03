//! Whether somebody who is not root can have user namespaces, as rootless containers need.

use std::fs;
use std::path::Path;

use serde::Serialize;

/// What the kernel says of user namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UserNamespaces {
    /// Everybody can have them.
    Allowed,
    /// Only programs with an AppArmor profile can (Ubuntu since 23.10); Podman's packages there bring one.
    NeedProfile,
    /// Nobody but root can.
    Forbidden,
    /// The kernel has none.
    Absent,
}

impl UserNamespaces {
    /// From `user.max_user_namespaces`, `kernel.unprivileged_userns_clone` (Debian's and Arch's patch) and
    /// `kernel.apparmor_restrict_unprivileged_userns`.
    pub(crate) fn look(root: &Path) -> Self {
        let number = |path: &str| -> Option<u64> { fs::read_to_string(root.join(path)).ok()?.trim().parse().ok() };
        if !root.join("proc/self/ns/user").exists() {
            Self::Absent
        } else if number("proc/sys/user/max_user_namespaces") == Some(0)
            || number("proc/sys/kernel/unprivileged_userns_clone") == Some(0)
        {
            Self::Forbidden
        } else if number("proc/sys/kernel/apparmor_restrict_unprivileged_userns").is_some_and(|value| value > 0) {
            Self::NeedProfile
        } else {
            Self::Allowed
        }
    }
}
