//! What keeps a host from running a container, each with its remedy.

use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use crate::{Kind, Version};

/// A reason why containers do not run on this host, or not as asked. Its severity is `warning` where they run all the same.
#[derive(Clone, Debug, PartialEq, Eq, Error, Diagnostic)]
#[non_exhaustive]
pub enum HostProblem {
    /// The program that runs containers is not installed.
    #[error("`{program}` is not installed")]
    #[diagnostic(code(container::not_installed), help("{install}"))]
    NotInstalled {
        /// The program.
        program: Kind,
        /// What to type.
        install: String,
    },
    /// The program is too old to pass devices by CDI name.
    #[error("{program} {version} passes no devices by CDI name; {needed} is the first that does")]
    #[diagnostic(code(container::too_old), help("{install}"))]
    TooOld {
        /// The program.
        program: Kind,
        /// Its version.
        version: Version,
        /// The first version that fits.
        needed: Version,
        /// What to type.
        install: String,
    },
    /// The daemon that runs the containers cannot be reached.
    #[error("the docker daemon cannot be reached: {why}")]
    #[diagnostic(
        code(container::no_daemon),
        help("start it as root: `systemctl start docker`; its socket belongs to root and the group `docker`")
    )]
    NoDaemon {
        /// What docker printed.
        why: String,
    },
    /// The user has too few numbers for the users and groups of an image.
    #[error("`{user}` has too few numbers for users in {file}: {count}")]
    #[diagnostic(
        code(container::no_subuid),
        help(
            "as root: `usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}`, with a range that {file} gives to no other user; then, as {user}: `podman system migrate`"
        )
    )]
    NoIdRanges {
        /// The user.
        user: String,
        /// The file that lacks them.
        file: &'static str,
        /// How many there are.
        count: u64,
    },
    /// A helper that maps users and groups is not installed.
    #[error("`{helper}` is not installed")]
    #[diagnostic(
        code(container::no_newuidmap),
        help(
            "install the package with it: `uidmap` on Debian and Ubuntu, `shadow-utils` on Fedora and RHEL, `shadow` on Arch and openSUSE"
        )
    )]
    NoHelper {
        /// The helper.
        helper: &'static str,
    },
    /// A helper that maps users and groups has lost its privilege.
    #[error("{} has neither the setuid bit nor a file capability", path.display())]
    #[diagnostic(
        code(container::newuidmap_unprivileged),
        help("reinstall the package with it, or, as root: `chmod u+s {}`", path.display())
    )]
    PlainHelper {
        /// The helper.
        path: PathBuf,
    },
    /// The kernel makes no user namespaces for ordinary users.
    #[error("the kernel makes no user namespaces for ordinary users: {setting}")]
    #[diagnostic(
        code(container::no_user_namespaces),
        help("as root: `sysctl -w {remedy}`, and the same line in /etc/sysctl.d/99-userns.conf")
    )]
    NoUserNamespaces {
        /// The setting and its value.
        setting: &'static str,
        /// The setting and the value that is needed.
        remedy: &'static str,
    },
    /// AppArmor may keep podman from making user namespaces.
    #[error("AppArmor allows user namespaces only to programs with a profile for them")]
    #[diagnostic(
        code(container::apparmor_restricts),
        severity(warning),
        help(
            "if podman fails, install its profile (the package `apparmor` of this release has it), or, as root: `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`"
        )
    )]
    AppArmor,
    /// The user's folder for files of a session cannot be used.
    #[error("XDG_RUNTIME_DIR is {}, which {why}", path.display())]
    #[diagnostic(
        code(container::bad_runtime_dir),
        help(
            "log in as that user with a session of its own (`machinectl shell`, ssh; not `su`), or, as root: `loginctl enable-linger USER`"
        )
    )]
    BadRuntimeDir {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The user has no folder for files of a session.
    #[error("XDG_RUNTIME_DIR is not set: podman keeps its state below /tmp, and containers may be ended at logout")]
    #[diagnostic(
        code(container::no_runtime_dir),
        severity(warning),
        help("as root: `loginctl enable-linger {user}`; then `export XDG_RUNTIME_DIR=/run/user/{uid}`")
    )]
    NoRuntimeDir {
        /// The user.
        user: String,
        /// The user's number.
        uid: u32,
    },
    /// The home folder, where podman keeps images, cannot be written to.
    #[error("{} cannot be written to, and podman keeps images and settings there", path.display())]
    #[diagnostic(
        code(container::home_read_only),
        help(
            "set `graphroot` in a storage.conf that `CONTAINERS_STORAGE_CONF` names, and `HOME` to a folder that can be written to"
        )
    )]
    HomeReadOnly {
        /// The home folder.
        path: PathBuf,
    },
    /// The store's driver makes a whole copy of an image for each layer and each container.
    #[error("the store in {} uses the driver vfs, which copies the whole image for each layer", graph_root.display())]
    #[diagnostic(
        code(container::storage_vfs),
        severity(warning),
        help(
            "install `fuse-overlayfs` (kernels before 5.13 need it), then set `driver = \"overlay\"` and a new folder as `graphroot` in storage.conf; what is in the old folder stays there"
        )
    )]
    Vfs {
        /// The folder of the store.
        graph_root: PathBuf,
    },
    /// The store was made with another driver than the one that is configured.
    #[error("the configured storage driver is not the one that the store was made with: {why}")]
    #[diagnostic(
        code(container::storage_mismatch),
        help(
            "set `driver` in storage.conf to the one that podman's database has, which the message names; install `fuse-overlayfs` if that is overlay and it was removed"
        )
    )]
    StorageMismatch {
        /// What podman printed.
        why: String,
    },
    /// The configured storage driver is ignored, because the store was made with another one.
    #[error("the storage driver `{configured}` of storage.conf is ignored: the store was made with `{used}`")]
    #[diagnostic(
        code(container::storage_overridden),
        severity(warning),
        help("set `driver = \"{used}\"` in storage.conf; to change it, choose a new folder as `graphroot`, too")
    )]
    StorageOverridden {
        /// The configured driver.
        configured: String,
        /// The store's driver.
        used: String,
    },
    /// The store's driver does not work on this kernel or file system.
    #[error("the storage driver does not work here: {why}")]
    #[diagnostic(
        code(container::storage_unusable),
        help(
            "reboot if the kernel was updated; as root: `modprobe overlay`; on other file systems set `mount_program = \"/usr/bin/fuse-overlayfs\"` in storage.conf"
        )
    )]
    StorageUnusable {
        /// What podman printed.
        why: String,
    },
    /// The process that keeps podman's user namespace is gone or damaged.
    #[error("podman cannot join its user namespace: {why}")]
    #[diagnostic(
        code(container::stale_namespace),
        help("`podman system migrate`; it stops this user's running containers")
    )]
    StaleNamespace {
        /// What podman printed.
        why: String,
    },
    /// A limit that was asked for is ignored on this host.
    #[error("a limit of {limit} is ignored here: the controller `{controller}` is not delegated to `{user}`")]
    #[diagnostic(code(container::limit_ignored), help("{remedy}"))]
    LimitIgnored {
        /// The limit.
        limit: &'static str,
        /// The controller that it needs.
        controller: &'static str,
        /// The user.
        user: String,
        /// What to do.
        remedy: String,
    },
    /// A rootless container cannot have a network of its own.
    #[error("no port can be published: {why}")]
    #[diagnostic(code(container::no_network), help("{remedy}; or use the host's network"))]
    NoNetwork {
        /// What is missing.
        why: &'static str,
        /// What to type.
        remedy: &'static str,
    },
    /// An ordinary user may not listen on the port.
    #[error("an ordinary user may not listen on port {port}; {first} is the first")]
    #[diagnostic(
        code(container::port_privileged),
        help("choose another port, or, as root: `sysctl -w net.ipv4.ip_unprivileged_port_start={port}`")
    )]
    PrivilegedPort {
        /// The port.
        port: u16,
        /// The first port that is allowed.
        first: u16,
    },
    /// The program does not work, for a reason that is not known here.
    #[error("`{program} info` fails: {why}")]
    #[diagnostic(code(container::info_failed), help("to see it fail yourself, run: `{program} info`"))]
    InfoFailed {
        /// The program.
        program: Kind,
        /// What it printed.
        why: String,
    },
}

impl HostProblem {
    /// Whether a container as demanded cannot run at all; a warning otherwise.
    pub fn blocks(&self) -> bool {
        self.severity() != Some(miette::Severity::Warning)
    }
}
