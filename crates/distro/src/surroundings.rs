//! What a system runs in: a container, the Windows Subsystem for Linux, or neither.

use std::fs;
use std::path::Path;

/// The kind of container, by the traces that its runtime leaves in it: the file of systemd's container interface
/// (<https://systemd.io/CONTAINER_INTERFACE>), Podman's and Docker's marker files, a Kubernetes service account.
pub(crate) fn container(root: &Path) -> Option<String> {
    let named = fs::read_to_string(root.join("run/systemd/container")).ok();
    let named = named.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty() && name != "wsl");
    let marks = [
        ("run/.containerenv", "podman"),
        (".dockerenv", "docker"),
        ("var/run/secrets/kubernetes.io/serviceaccount", "kubernetes"),
    ];
    named.or_else(|| marks.iter().find(|(mark, _)| root.join(mark).exists()).map(|(_, name)| (*name).to_owned()))
}

/// The version of WSL, by the kernel's release: `4.4.0-19041-Microsoft` is the first's, and
/// `5.15.167.4-microsoft-standard-WSL2` the second's, which can be built under other names, too.
pub(crate) fn wsl(root: &Path) -> Option<u8> {
    let release = fs::read_to_string(root.join("proc/sys/kernel/osrelease")).unwrap_or_default();
    let interop = root.join("proc/sys/fs/binfmt_misc/WSLInterop").exists() || root.join("run/WSL").exists();
    if release.trim_end().ends_with("-Microsoft") {
        Some(1)
    } else if interop || release.contains("microsoft") || release.contains("WSL2") {
        Some(2)
    } else {
        None
    }
}
