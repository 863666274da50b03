//! Real distributions, by the identifying lines of their os-release files: each is told apart and gets its own line to
//! paste.
#![expect(clippy::unwrap_used, reason = "a failed set-up is a failed test")]

use std::fs;
use std::path::Path;

use preflight::{Distribution, Immutable, Tool, distribution, remedy};
use tempfile::TempDir;

/// A root with one of the recorded files, and with other files in it.
fn root(name: &str, files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/os-release").join(name);
    let os_release = fs::read_to_string(recorded).unwrap();
    for (path, text) in files.iter().copied().chain([("etc/os-release", os_release.as_str())]) {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        durable::replace(&path, text.as_bytes()).unwrap();
    }
    root
}

fn recorded(name: &str) -> Distribution {
    distribution(root(name, &[]).path())
}

#[track_caller]
fn check(names: &[&str], expected: &str) {
    for name in names {
        assert_eq!(remedy(&Tool::SOURCE_BUILD, &recorded(name)), expected, "{name}");
    }
}

/// EP-22: one line for all that is missing, in the distribution's own words.
#[test]
fn one_line_for_each_distribution() {
    check(&["arch", "cachyos", "endeavouros", "manjaro", "artix", "garuda"], "pacman -S --needed git cmake ninja gcc");
    check(
        &["debian", "ubuntu", "linuxmint", "lmde", "pop"],
        "apt-get update && apt-get install git cmake ninja-build gcc libc6-dev g++",
    );
    check(&["fedora"], "dnf install git cmake ninja-build gcc gcc-c++");
    // Ninja is not in their standard repositories.
    check(&["rhel", "rocky", "almalinux", "oracle", "centos", "amazon"], "dnf install git cmake make gcc gcc-c++");
    check(&["opensuse-leap", "tumbleweed"], "zypper install git cmake ninja gcc gcc-c++");
    check(&["alpine"], "apk add git cmake samurai gcc musl-dev g++");
    check(&["nixos"], "nix-shell -p git cmake ninja gcc");
    check(&["gentoo"], "emerge --noreplace dev-vcs/git dev-build/cmake dev-build/ninja sys-devel/gcc");
    check(&["void"], "xbps-install -S git cmake ninja gcc");
}

/// What works on systems that are not changed in place.
#[test]
fn immutable_systems() {
    check(&["bazzite"], "rpm-ostree install --idempotent --apply-live git cmake make gcc gcc-c++");
    check(&["suse-microos"], "transactional-update pkg install git cmake ninja gcc gcc-c++");
    check(
        &["steamos"],
        "distrobox create --name build --image archlinux --additional-packages \"git cmake ninja gcc\" && distrobox \
         enter build",
    );
    let booted = [("run/ostree-booted", "")];
    let silverblue = distribution(root("silverblue", &booted).path());
    assert_eq!(silverblue.immutable, Some(Immutable::Ostree));
    assert!(remedy(&[Tool::Git], &silverblue).starts_with("rpm-ostree install"));
    assert_eq!(recorded("fedora").immutable, None);
    // A toolbox on such a host is a container whose packages are its own.
    let toolbox = distribution(root("fedora", &[("run/ostree-booted", ""), ("run/.containerenv", "")]).path());
    assert_eq!((toolbox.immutable, toolbox.container.as_deref()), (None, Some("podman")));
    assert_eq!(remedy(&[Tool::Git], &toolbox), "dnf install git");
}

/// EP-22: the exact rule for where packages may be installed.
#[test]
fn packages_may_be_installed_on_arch_like_systems_only() {
    let all = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/os-release")).unwrap();
    let mut arch: Vec<String> = all
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| recorded(name).takes_packages())
        .collect();
    arch.sort();
    assert_eq!(arch, ["arch", "artix", "cachyos", "endeavouros", "garuda", "manjaro"]);
    assert!(recorded("steamos").is_arch_like(), "and yet not changed in place");
}

#[test]
fn containers_and_wsl_are_told_apart() {
    let container = |file, text| distribution(root("debian", &[(file, text)]).path()).container;
    assert_eq!(container(".dockerenv", "").as_deref(), Some("docker"));
    assert_eq!(container("run/.containerenv", "engine=\"podman-5\"\n").as_deref(), Some("podman"));
    assert_eq!(container("run/systemd/container", "systemd-nspawn\n").as_deref(), Some("systemd-nspawn"));
    assert_eq!(container("run/systemd/container", "wsl\n"), None);
    assert_eq!(container("etc/hostname", "docker\n"), None);
    let wsl = |release| distribution(root("ubuntu", &[("proc/sys/kernel/osrelease", release)]).path()).wsl;
    assert_eq!(wsl("4.4.0-19041-Microsoft\n"), Some(1));
    assert_eq!(wsl("5.15.167.4-microsoft-standard-WSL2\n"), Some(2));
    assert_eq!(wsl("6.12.1-custom-WSL2+\n"), Some(2));
    assert_eq!(wsl("6.1.0-40-amd64\n"), None);
}

#[test]
fn other_tools_have_packages_too() {
    let line = |name, tools: &[Tool]| remedy(tools, &recorded(name));
    let old = [Tool::PkgConfig, Tool::CurlHeaders];
    assert_eq!(line("debian", &old), "apt-get update && apt-get install pkg-config libcurl4-openssl-dev");
    assert_eq!(line("rocky", &old), "dnf install pkgconf-pkg-config libcurl-devel");
    assert_eq!(line("arch", &[Tool::Nvcc, Tool::HfCli]), "pacman -S --needed cuda python-huggingface-hub");
    assert_eq!(line("alpine", &[Tool::PodmanOrDocker]), "apk add podman");
    let nvcc = "install NVIDIA's CUDA toolkit, from developer.nvidia.com/cuda-downloads";
    assert_eq!(line("fedora", &[Tool::Nvcc]), nvcc);
    assert_eq!(line("void", &[Tool::Git, Tool::Nvcc]), format!("xbps-install -S git; then {nvcc}"));
}
