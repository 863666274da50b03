//! What pacman's words mean: outputs recorded from the real program, and others in its phrases.

use std::fs;
use std::path::Path;

use exec::Exit;
use miette::Diagnostic;
use preflight::Trouble;
use proptest::prelude::*;

#[track_caller]
fn recorded(name: &str, code: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pacman-outputs").join(name).with_extension("txt");
    check(&fs::read_to_string(path).unwrap(), code);
}

#[track_caller]
fn check(text: &str, code: &str) {
    let trouble = Trouble::of_output(Exit::Code(1), text);
    assert_eq!(trouble.code().unwrap().to_string(), format!("preflight::{code}"), "{text}");
    assert!(!trouble.help().unwrap().to_string().is_empty());
}

/// F73, F74: each recorded output has its code.
#[test]
fn recorded_outputs() {
    recorded("config-missing", "pacman_config");
    recorded("db-locked", "pacman_locked");
    recorded("db-locked-sy", "pacman_locked");
    recorded("mirror-dns", "pacman_mirror_unreachable");
    recorded("mirror-unreachable-install", "pacman_mirror_unreachable");
    recorded("mirror-unreachable-sy", "pacman_mirror_unreachable");
    recorded("no-noconfirm-stdin-closed", "pacman_failed");
    recorded("no-root", "pacman_not_root");
    recorded("no-root-sy", "pacman_not_root");
    recorded("no-sync-db", "pacman_no_database");
    recorded("sig-required", "pacman_signature");
    recorded("sig-required-install", "pacman_signature");
    recorded("stale-db-package-gone", "pacman_stale_database");
    recorded("target-not-found", "pacman_unknown_package");
    recorded("target-not-found-mixed", "pacman_unknown_package");
    recorded("unresolvable-dependency", "pacman_dependency");
}

/// F73 to F76: the messages of pacman 5.2 to 7.1 with which an installation can end, of what it repeats of others, and of sudo:
/// each has the code of its cause. In a line, ` | ` stands for the end of a line of output.
#[test]
fn every_message_has_its_code() {
    let table = include_str!("../pacman-outputs/messages.tsv");
    let mut wrong = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (code, text) = line.split_once('\t').unwrap();
        let told = Trouble::of_output(Exit::Code(1), &text.replace(" | ", "\n")).code().unwrap().to_string();
        if told != format!("preflight::{code}") {
            wrong.push(format!("{told} for {line}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// F74
#[test]
fn mirrors_and_databases() {
    let stale = "error: failed retrieving file 'gcc-14.2.1-1-x86_64.pkg.tar.zst' from geo.mirror.example : The requested \
                 URL returned error: 404\nwarning: failed to retrieve some files\nerror: failed to commit transaction \
                 (failed to retrieve some files)\n";
    check(stale, "pacman_stale_database");
    check(
        &format!(
            "error: failed retrieving file 'gcc-14.2.1-1-x86_64.pkg.tar.zst' from a.example : Connection timed out after 10001 milliseconds\n{stale}"
        ),
        "pacman_stale_database",
    );
    for reason in [
        "Operation too slow. Less than 1 bytes/sec transferred the last 10 seconds",
        "Resolving timed out after 10000 milliseconds",
        "SSL certificate problem: certificate is not yet valid",
        "The requested URL returned error: 503",
    ] {
        let line = format!("error: failed retrieving file 'gcc-14-1-x86_64.pkg.tar.zst' from m.example : {reason}\n");
        check(&line, "pacman_mirror_unreachable");
    }
    check("error: database 'core' is not valid (invalid or corrupted database)\n", "pacman_corrupt_database");
    let archive = "error: could not open file /var/lib/pacman/sync/core.db: Unrecognized archive format\n";
    check(archive, "pacman_corrupt_database");
    check("error: no usable package repositories configured.\n", "pacman_config");
    check(
        "error: failed to initialize alpm library:\n(root: /, dbpath: /db)\ndatabase is incorrect version\n",
        "pacman_config",
    );
}

/// F74
#[test]
fn signatures_and_damage() {
    for text in [
        "error: gcc: signature from \"A Packager <a@example.org>\" is unknown trust\n:: File /var/cache/pacman/pkg/gcc-14-1-x86_64.pkg.tar.zst is corrupted (invalid or corrupted package (PGP signature)).\nDo you want to delete it? [Y/n] \nerror: failed to commit transaction (invalid or corrupted package (PGP signature))\n",
        "error: key \"0123456789ABCDEF\" could not be looked up remotely\nerror: required key missing from keyring\nerror: failed to commit transaction (unexpected error)\n",
        "warning: Public keyring not found; have you run 'pacman-key --init'?\nerror: keyring is not writable\n",
        "error: GPGME error: No data\nerror: database 'core' is not valid (invalid or corrupted database (PGP signature))\n",
    ] {
        check(text, "pacman_signature");
    }
    let checksum = ":: File /var/cache/pacman/pkg/gcc-14-1-x86_64.pkg.tar.zst is corrupted (invalid or corrupted package \
                    (checksum)).\nerror: failed to commit transaction (invalid or corrupted package (checksum))\nErrors \
                    occurred, no packages were upgraded.\n";
    check(checksum, "pacman_corrupt_package");
    check("error: failed to commit transaction (invalid or corrupted package)\n", "pacman_corrupt_package");
    let full = format!("error: Partition /var too full: 81920 blocks needed, 12 blocks free\n{checksum}");
    check(&full, "pacman_no_space");
    check("error: failed to commit transaction (not enough free disk space)\n", "pacman_no_space");
    check("error: could not extract /usr/bin/cmake (Write failed: No space left on device)\n", "pacman_no_space");
    check("error: could not lock database: Read-only file system\n", "pacman_read_only");
    check("error: Partition / is mounted read only\n", "pacman_read_only");
}

#[test]
fn conflicts_and_dependencies() {
    check(
        "looking for conflicting packages...\n:: podman-docker-1 and docker-1 are in conflict. Remove docker? [y/N] \nerror: unresolvable package conflicts detected\nerror: failed to prepare transaction (conflicting dependencies)\n:: podman-docker-1 and docker-1 are in conflict\n",
        "pacman_conflict",
    );
    check(
        "error: failed to commit transaction (conflicting files)\ncmake: /usr/bin/cmake exists in filesystem\nErrors occurred, no packages were upgraded.\n",
        "pacman_file_conflict",
    );
    check(
        "error: failed to prepare transaction (could not satisfy dependencies)\n:: installing glibc (2.41-1) breaks dependency 'glibc=2.40' required by lib32-glibc\n",
        "partial_upgrade",
    );
    check("error: failed to commit transaction (failed to run transaction hooks)\n", "pacman_hook");
}

#[test]
fn pacman_and_sudo_themselves() {
    check(
        "pacman: error while loading shared libraries: libssl.so.3: cannot open shared object file\n",
        "pacman_broken",
    );
    check("error: switching to sandbox user 'alpm' failed!\nerror: failed retrieving file 'x'\n", "pacman_sandbox");
    check("error: could not lock database: Permission denied\n", "pacman_not_root");
    check("error: could not lock database: No such file or directory\n", "pacman_config");
    for text in [
        "sudo: a password is required\n",
        "sudo-rs: interactive authentication is required\n",
        "sudo: a terminal is required to read the password; either use the -S option\n",
        "sudo: The \"no new privileges\" flag is set, which prevents sudo from running as root.\n",
        "engine is not in the sudoers file.\n",
        "Sorry, user engine is not allowed to execute '/usr/bin/pacman -S' as root on host.\n",
    ] {
        check(text, "sudo_refused");
    }
    check(
        "sudo: unable to resolve host box: Name or service not known\nerror: target not found: git\n",
        "pacman_unknown_package",
    );
    check("", "pacman_failed");
    check("error: something nobody has heard of\n", "pacman_failed");
}

/// F76
#[test]
fn a_pacman_that_was_killed() {
    let text = "installing gcc...\nerror: failed to commit transaction (not enough free disk space)\n";
    for exit in [Exit::Signal(9), Exit::Signal(15), Exit::Code(137), Exit::Code(143)] {
        assert_eq!(Trouble::of_output(exit, text), Trouble::Interrupted);
    }
    assert_eq!(Trouble::of_output(Exit::Code(1), "\nInterrupt signal received\n"), Trouble::Interrupted);
}

/// Every trouble has a code of its own, so that a program can tell them apart.
#[test]
fn codes_are_stable_names() {
    use Trouble as T;
    let all = [
        T::Locked,
        T::NotRoot,
        T::SudoRefused,
        T::PartialUpgrade,
        T::NoDatabase,
        T::StaleDatabase,
        T::CorruptDatabase,
        T::UnknownPackage,
        T::MirrorUnreachable,
        T::Signature,
        T::CorruptPackage,
        T::Conflict,
        T::FileConflict,
        T::Dependency,
        T::NoSpace,
        T::ReadOnly,
        T::NoMountPoint,
        T::OutOfMemory,
        T::Sandbox,
        T::Config,
        T::Hook,
        T::Interrupted,
        T::StillRunning,
        T::Broken,
        T::Other,
    ];
    let codes: std::collections::HashSet<String> =
        all.iter().map(|trouble| trouble.code().unwrap().to_string()).collect();
    assert_eq!(codes.len(), all.len());
}

proptest! {
    #[test]
    fn no_output_panics(text in "\\PC*", code in any::<i32>()) {
        let _ = Trouble::of_output(Exit::Code(code), &text);
    }
}
