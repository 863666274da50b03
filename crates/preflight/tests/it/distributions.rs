//! Real distributions, by the identifying lines of their os-release files: each is told apart and gets its own line to
//! paste.

use std::fs;
use std::path::Path;

use preflight::{Distribution, Immutable, Tool, distribution, remedy};
use tempfile::TempDir;

/// A root with one of the recorded files, and with other files in it.
fn root(name: &str, files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../distro/tests/os-release").join(name);
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
    check(&["bazzite"], "rpm-ostree install --idempotent --apply-live git cmake ninja-build gcc gcc-c++");
    // Their own os-release tells even where nothing was booted from it.
    check(&["silverblue"], "rpm-ostree install --idempotent --apply-live git cmake ninja-build gcc gcc-c++");
    check(&["suse-microos"], "transactional-update pkg install git cmake ninja gcc gcc-c++");
    check(
        &["steamos"],
        "distrobox create --name build --image archlinux --additional-packages \"git cmake ninja gcc\" && distrobox \
         enter build",
    );
    let booted = distribution(root("fedora", &[("run/ostree-booted", "")]).path());
    assert_eq!(booted.immutable, Some(Immutable::Ostree));
    assert!(remedy(&[Tool::Git], &booted).starts_with("rpm-ostree install"));
    assert_eq!(recorded("fedora").immutable, None);
    // A toolbox on such a host is a container whose packages are its own.
    let toolbox = distribution(root("fedora", &[("run/ostree-booted", ""), ("run/.containerenv", "")]).path());
    assert_eq!((toolbox.immutable, toolbox.container.as_deref()), (None, Some("podman")));
    assert_eq!(remedy(&[Tool::Git], &toolbox), "dnf install git");
}

/// A root with these lines in its os-release, and with these programs.
fn told(lines: &str, programs: &[&str]) -> Distribution {
    let files: Vec<(String, &str)> = programs.iter().map(|name| (format!("usr/bin/{name}"), "")).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let root = root("void", &files);
    durable::replace(&root.path().join("etc/os-release"), lines.as_bytes()).unwrap();
    distribution(root.path())
}

/// EP-22: what tells apart those that other families resemble: older ones, relatives with names of their own.
#[test]
fn relatives() {
    for (lines, expected) in [
        ("ID=\"centos\"\nID_LIKE=\"rhel fedora\"\nVERSION_ID=\"7\"", "yum install git make gcc-c++"),
        ("ID=\"ol\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"7.9\"", "yum install git make gcc-c++"),
        ("ID=\"XCP-ng\"\nID_LIKE=\"centos rhel fedora\"\nVERSION_ID=\"7.4.0\"", "yum install git make gcc-c++"),
        ("ID=\"amzn\"\nID_LIKE=\"centos rhel fedora\"\nVERSION_ID=\"2\"", "yum install git make gcc-c++"),
        ("ID=\"amzn\"\nID_LIKE=\"rhel fedora\"\nVERSION_ID=\"2018.03\"", "yum install git make gcc-c++"),
        (
            "ID=\"alinux\"\nID_LIKE=\"rhel fedora centos anolis\"\nVERSION_ID=\"3\"\nPLATFORM_ID=\"platform:al8\"",
            "dnf install git make gcc-c++",
        ),
        ("ID=\"openEuler\"\nVERSION_ID=\"24.03\"", "dnf install git make gcc-c++"),
        ("ID=nobara\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=40", "dnf install git ninja-build gcc-c++"),
        ("ID=mageia\nID_LIKE=\"mandriva fedora\"\nVERSION_ID=9", "dnf install git ninja gcc-c++"),
        ("ID=azurelinux\nVERSION_ID=\"3.0\"", "tdnf install git ninja-build build-essential"),
        ("ID=photon\nVERSION_ID=5.0", "tdnf install git ninja-build build-essential"),
        ("ID=altlinux\nVERSION_ID=10.1", "apt-get update && apt-get install git make gcc-c++"),
        ("ID=aosc\nVERSION_ID=\"12.1.3\"", "oma install git ninja gcc"),
        ("ID=uos\nVERSION_ID=\"20\"\nPLATFORM_ID=\"platform:uel20\"", "dnf install git make gcc-c++"),
        (
            "ID=bazzite\nID_LIKE=\"fedora\"\nVARIANT=\"Silverblue\"",
            "rpm-ostree install --idempotent --apply-live git ninja-build gcc-c++",
        ),
        ("ID=Deepin\nVERSION_ID=\"20.4\"", "apt-get update && apt-get install git ninja-build g++"),
        ("ID=pureos\nVERSION_ID=\"10.0\"", "apt-get update && apt-get install git ninja-build g++"),
        ("ID=\"sles_sap\"\nVERSION_ID=\"12.2\"", "zypper install git ninja gcc-c++"),
        ("ID=\"opensuse-microos\"\nID_LIKE=\"suse opensuse\"", "transactional-update pkg install git ninja gcc-c++"),
        (
            "ID=\"sles\"\nID_LIKE=\"suse opensuse sle-micro sl-micro microos opensuse-microos\"\nVERSION_ID=\"6.2\"",
            "transactional-update pkg install git ninja gcc-c++",
        ),
        (
            "ID=\"kalpa-desktop\"\nID_LIKE=\"suse opensuse opensuse-tumbleweed opensuse-kalpa microos\"",
            "transactional-update pkg install git ninja gcc-c++",
        ),
        ("ID=\"sles\"\nID_LIKE=\"suse opensuse\"\nVARIANT_ID=\"server\"", "zypper install git ninja gcc-c++"),
        ("ID=wolfi\nVERSION_ID=\"20230201\"", "apk add git make build-base"),
        ("ID=\"chimera\"", "apk add git ninja clang"),
        ("ID=\"solus\"\nVERSION_ID=4.4", "eopkg install git ninja g++"),
        ("ID=slackware\nVERSION_ID=15.0", "slackpkg install git ninja gcc-g++"),
        ("ID=guix", "guix shell git ninja gcc-toolchain"),
        ("ID=blackarch", "pacman -S --needed git ninja gcc"),
        ("ID=omarchy\nID_LIKE=arch\nVERSION_ID=\"4.0.1\"", "pacman -S --needed git ninja gcc"),
        ("ID=openwrt\nID_LIKE=\"lede openwrt\"", "install git, Ninja or Make, a C++ compiler"),
    ] {
        let told = told(lines, &[]);
        assert_eq!(remedy(&[Tool::Git, Tool::NinjaOrMake, Tool::Cxx], &told), expected, "{lines}");
    }
    let atomic = told("ID=fedora\nVARIANT_ID=cosmic-atomic\n", &[]);
    assert_eq!(atomic.immutable, Some(Immutable::Ostree));
    assert_eq!(told("ID=blendos\n", &[]).immutable, Some(Immutable::Image));
    assert_eq!(remedy(&[Tool::PodmanOrDocker], &told("ID=amzn\nVERSION_ID=2023", &[])), "dnf install docker");
}

/// EP-22: the package manager that is there is the one to run. A system that no name tells is known by it alone, and yet no
/// packages are ever installed there.
#[test]
fn package_managers_that_are_there() {
    let line = |lines, programs: &[&str]| remedy(&[Tool::Git, Tool::Cxx], &told(lines, programs));
    let rhel = "ID=\"rhel\"\nID_LIKE=\"fedora\"\nVERSION_ID=\"9.6\"\nPLATFORM_ID=\"platform:el9\"";
    assert_eq!(line(rhel, &["microdnf"]), "microdnf install git gcc-c++");
    assert_eq!(line(rhel, &["yum", "dnf", "microdnf"]), "dnf install git gcc-c++");
    let xen = "ID=\"xenenterprise\"\nID_LIKE=\"centos rhel fedora\"\nVERSION_ID=\"8.2.0\"";
    assert_eq!(line(xen, &["yum"]), "yum install git gcc-c++");
    assert_eq!(line("ID=\"kylin\"\nVERSION_ID=\"V10\"", &["dnf", "yum"]), "dnf install git gcc-c++");
    assert_eq!(line("ID=uos", &["apt-get"]), "apt-get update && apt-get install git g++");
    assert_eq!(line("", &["zypper", "nix-shell"]), "zypper install git gcc-c++");
    assert_eq!(line("ID=debian", &["pacman", "apt-get", "dnf"]), "apt-get update && apt-get install git g++");
    let by_hand = "install git, a C++ compiler";
    assert_eq!((line("ID=x", &["pacman", "apt-get"]), line("ID=x", &["guix"])), (by_hand.into(), by_hand.into()));
    let kaos = told("ID=kaos\n", &["pacman"]);
    assert_eq!(remedy(&[Tool::Git], &kaos), "pacman -S --needed git");
    assert!(!kaos.is_arch_like() && !kaos.takes_packages());
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
