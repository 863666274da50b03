//! What can go wrong with pacman: for each case its code, what it is, and what to do.

use exec::Exit;
use miette::Diagnostic;
use serde::Serialize;
use thiserror::Error;

use super::classify::classify;

/// Why packages were not installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, Diagnostic, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Trouble {
    /// Another package manager holds the database.
    #[error("another package manager holds the database")]
    #[diagnostic(
        code(preflight::pacman_locked),
        help(
            "wait for it to end and try again; if none runs (`pgrep -a pacman`), one was killed: look at the end of `/var/log/pacman.log`, then remove the lock file that pacman names. It is never removed from here"
        )
    )]
    Locked,
    /// We are not root, and `sudo` is not allowed or not there.
    #[error("packages can be installed by root only")]
    #[diagnostic(
        code(preflight::pacman_not_root),
        help(
            "type that line yourself, run this program as root, or set `allow_sudo` beside `allow_package_installs`: then `sudo -n` is used, which asks for no password"
        )
    )]
    NotRoot,
    /// `sudo` wants a password, or forbids it.
    #[error("`sudo` does not let us run it without a password")]
    #[diagnostic(
        code(preflight::sudo_refused),
        help(
            "nobody is asked for a password here: run it as root, install the packages yourself, or have an administrator allow `NOPASSWD: /usr/bin/pacman` for this user in sudoers"
        )
    )]
    SudoRefused,
    /// The databases are newer than the system: what is installed now would not fit to what is there.
    #[error("it would be a partial upgrade, which breaks systems")]
    #[diagnostic(
        code(preflight::partial_upgrade),
        help(
            "the package databases are newer than what is installed: upgrade the whole system yourself (`pacman -Syu`), restart if the kernel changed, and try again"
        )
    )]
    PartialUpgrade,
    /// The databases were never fetched.
    #[error("the package databases were never fetched")]
    #[diagnostic(
        code(preflight::pacman_no_database),
        help("upgrade the system once (`pacman -Syu`) and try again; databases are never refreshed from here")
    )]
    NoDatabase,
    /// The databases name files that the mirrors no longer have.
    #[error("the package databases are older than what the mirrors have")]
    #[diagnostic(
        code(preflight::pacman_stale_database),
        help(
            "upgrade the whole system yourself (`pacman -Syu`) and try again; a refresh alone (`pacman -Sy`) would make the next installation a partial upgrade"
        )
    )]
    StaleDatabase,
    /// A database cannot be read.
    #[error("a package database cannot be read")]
    #[diagnostic(
        code(preflight::pacman_corrupt_database),
        help(
            "fetch the databases anew with an upgrade (`pacman -Syyu`); if the local one is named, restore `/var/lib/pacman/local` from a backup"
        )
    )]
    CorruptDatabase,
    /// No repository has a package of this name.
    #[error("no repository has the package")]
    #[diagnostic(
        code(preflight::pacman_unknown_package),
        help(
            "see that `core` and `extra` are enabled in `/etc/pacman.conf` and the system is up to date (`pacman -Syu`); `pacman -Ss NAME` searches"
        )
    )]
    UnknownPackage,
    /// No mirror answers.
    #[error("the package could not be fetched from any mirror")]
    #[diagnostic(
        code(preflight::pacman_mirror_unreachable),
        help(
            "check network, name resolution, proxy and clock of this host, and the servers in `/etc/pacman.d/mirrorlist`"
        )
    )]
    MirrorUnreachable,
    /// A signature, or the key that it needs, is missing or bad.
    #[error("a signature could not be verified")]
    #[diagnostic(
        code(preflight::pacman_signature),
        help(
            "renew the keyring with an upgrade (`pacman -Sy archlinux-keyring && pacman -Su`, or the keyring of this distribution), check the clock, and where there is no keyring yet run `pacman-key --init && pacman-key --populate`; signature checks are never switched off from here"
        )
    )]
    Signature,
    /// A downloaded package is damaged.
    #[error("a package is damaged")]
    #[diagnostic(
        code(preflight::pacman_corrupt_package),
        help(
            "remove the file that is named from `/var/cache/pacman/pkg` and try again; if it comes damaged again, take another mirror"
        )
    )]
    CorruptPackage,
    /// A package excludes one that is installed.
    #[error("a package excludes one that is installed")]
    #[diagnostic(
        code(preflight::pacman_conflict),
        help("decide which of the two stays and run the same `pacman -S` yourself: nothing is removed from here")
    )]
    Conflict,
    /// A package has a file that is on the system and belongs to nobody, or to another package.
    #[error("a file of the package is already on the system")]
    #[diagnostic(
        code(preflight::pacman_file_conflict),
        help(
            "see whose the file is (`pacman -Qo FILE`); if no package owns it, move it away and try again. Nothing is overwritten from here"
        )
    )]
    FileConflict,
    /// A package needs another that cannot be had.
    #[error("a package needs another that cannot be had")]
    #[diagnostic(
        code(preflight::pacman_dependency),
        help(
            "upgrade the whole system (`pacman -Syu`) and try again; if the same name comes up again, see that all standard repositories are enabled and nothing in `IgnorePkg` holds it back"
        )
    )]
    Dependency,
    /// A file system is full.
    #[error("a file system is full")]
    #[diagnostic(
        code(preflight::pacman_no_space),
        help("make room (`df -h`; old packages: `paccache -r`) and try again")
    )]
    NoSpace,
    /// pacman cannot tell how much room there is: its root or cache is below no mount point, as in a plain chroot.
    #[error("pacman cannot tell which file systems it writes to, as happens in a chroot")]
    #[diagnostic(
        code(preflight::pacman_no_mount_point),
        help(
            "enter the system by `arch-chroot`, or make its root a mount point (`mount --bind DIR DIR`); or take `CheckSpace` out of `/etc/pacman.conf`"
        )
    )]
    NoMountPoint,
    /// There is no memory left.
    #[error("there is not enough memory")]
    #[diagnostic(
        code(preflight::pacman_out_of_memory),
        help("end other programs, or raise the memory limit of this container or service, and try again")
    )]
    OutOfMemory,
    /// A file system cannot be written.
    #[error("the file system cannot be written")]
    #[diagnostic(
        code(preflight::pacman_read_only),
        help(
            "see why it is read-only (`findmnt -no OPTIONS /`): an image, a snapshot, a file system that was stopped after an error (`dmesg`), or files that may not be changed (`lsattr`)"
        )
    )]
    ReadOnly,
    /// pacman's own confinement of downloads does not work here.
    #[error("pacman cannot confine its downloads here, as happens in containers and on kernels without Landlock")]
    #[diagnostic(
        code(preflight::pacman_sandbox),
        help(
            "set `DisableSandbox` in the `[options]` of `/etc/pacman.conf`, or install the packages when the container's image is made"
        )
    )]
    Sandbox,
    /// pacman's configuration is not usable.
    #[error("pacman's configuration is not usable")]
    #[diagnostic(
        code(preflight::pacman_config),
        help(
            "correct `/etc/pacman.conf` or `/etc/pacman.d/mirrorlist` as the message says; `pacman-conf` shows what pacman reads"
        )
    )]
    Config,
    /// A hook stopped the transaction.
    #[error("a hook stopped the transaction")]
    #[diagnostic(
        code(preflight::pacman_hook),
        help(
            "run the same command yourself to see the hook that fails; hooks are in `/etc/pacman.d/hooks` and `/usr/share/libalpm/hooks`"
        )
    )]
    Hook,
    /// pacman ended in the middle.
    #[error("pacman ended in the middle of its work")]
    #[diagnostic(
        code(preflight::pacman_interrupted),
        help(
            "this host may need repair: look at the end of `/var/log/pacman.log`, check with `pacman -Dk` and `pacman -Qk`, remove the lock file if no pacman runs, and run the same `pacman -S` again"
        )
    )]
    Interrupted,
    /// pacman had not ended by the deadline; it was asked to stop and left alone.
    #[error("pacman has not ended by the deadline")]
    #[diagnostic(
        code(preflight::pacman_still_running),
        help(
            "it was asked to stop and left to finish, because killing it would damage the system: see what it waits for (`ps`, `/var/log/pacman.log`), and try again when it has ended"
        )
    )]
    StillRunning,
    /// pacman itself does not run.
    #[error("pacman itself does not run")]
    #[diagnostic(
        code(preflight::pacman_broken),
        help("a partial upgrade usually is the reason: repair it from an installation medium or with `pacman-static`")
    )]
    Broken,
    /// Anything else.
    #[error("pacman failed")]
    #[diagnostic(
        code(preflight::pacman_failed),
        help("run the same command yourself; the whole transcript is with this error")
    )]
    Other,
}

impl Trouble {
    /// What a failed run of pacman (or of sudo before it) means, by its exit and all that it printed in the C locale.
    pub fn of_output(exit: Exit, text: &str) -> Self {
        classify(exit, text).0
    }
}
