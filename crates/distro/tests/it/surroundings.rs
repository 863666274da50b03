//! What a system runs in: containers, WSL, images that are not changed in place.

use distro::Immutable;

use crate::support::{recorded, with};

#[test]
fn containers_and_wsl_are_told_apart() {
    let container = |file, text| with("debian", &[(file, text)]).container;
    assert_eq!(container(".dockerenv", "").as_deref(), Some("docker"));
    assert_eq!(container("run/.containerenv", "engine=\"podman-5\"\n").as_deref(), Some("podman"));
    assert_eq!(container("run/systemd/container", "systemd-nspawn\n").as_deref(), Some("systemd-nspawn"));
    assert_eq!(container("run/systemd/container", "wsl\n"), None);
    assert_eq!(container("etc/hostname", "docker\n"), None);
    let wsl = |release| with("ubuntu", &[("proc/sys/kernel/osrelease", release)]).wsl;
    assert_eq!(wsl("4.4.0-19041-Microsoft\n"), Some(1));
    assert_eq!(wsl("5.15.167.4-microsoft-standard-WSL2\n"), Some(2));
    assert_eq!(wsl("6.12.1-custom-WSL2+\n"), Some(2));
    assert_eq!(wsl("6.1.0-40-amd64\n"), None);
}

#[test]
fn immutable_systems() {
    assert_eq!(recorded("bazzite").immutable, Some(Immutable::Ostree));
    assert_eq!(recorded("silverblue").immutable, Some(Immutable::Ostree));
    assert_eq!(recorded("suse-microos").immutable, Some(Immutable::Transactional));
    assert_eq!(recorded("steamos").immutable, Some(Immutable::Image));
    assert_eq!((recorded("fedora").immutable, recorded("nixos").immutable), (None, None));
    let booted = [("run/ostree-booted", "")];
    assert_eq!(with("fedora", &booted).immutable, Some(Immutable::Ostree));
    assert_eq!(with("debian", &booted).immutable, Some(Immutable::Image), "nothing layers its packages");
    // A toolbox on such a host is a container whose packages are its own.
    assert_eq!(with("fedora", &[booted[0], ("run/.containerenv", "")]).immutable, None);
}
