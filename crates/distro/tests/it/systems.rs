//! Which family a recorded system is of, and where packages may be installed.

use std::fs;

use distro::Distribution;

use crate::support::{recorded, recordings, with};

/// Every recording is of a known family, and survives being written and read as JSON.
#[test]
fn every_recorded_system_is_known() {
    for entry in fs::read_dir(recordings()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let system = recorded(&name);
        assert!(system.family().is_some(), "{name}");
        assert_ne!(system.title(), "this system", "{name}");
        let text = serde_json::to_string(&system).unwrap();
        assert_eq!(serde_json::from_str::<Distribution>(&text).unwrap(), system, "{name}");
    }
}

#[track_caller]
fn check(name: &str, family: &str) {
    assert_eq!(recorded(name).family().map(|family| family.name.as_str()), Some(family), "{name}");
}

#[test]
fn relatives_are_of_one_family() {
    for name in ["arch", "cachyos", "endeavouros", "manjaro", "artix", "garuda", "steamos"] {
        check(name, "Arch");
    }
    for name in ["debian", "ubuntu", "linuxmint", "lmde", "pop"] {
        check(name, "Debian");
    }
    for name in ["rhel", "rocky", "almalinux", "oracle", "centos"] {
        check(name, "RHEL");
    }
    check("amazon", "Amazon");
    check("bazzite", "Fedora");
    check("tumbleweed", "openSUSE");
}

/// EP-22: the exact rule for where packages may be installed.
#[test]
fn packages_may_be_installed_on_arch_like_systems_only() {
    let all = fs::read_dir(recordings()).unwrap();
    let mut arch: Vec<String> = all
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| recorded(name).takes_packages())
        .collect();
    arch.sort();
    assert_eq!(arch, ["arch", "artix", "cachyos", "endeavouros", "garuda", "manjaro"]);
    assert!(recorded("steamos").is_arch_like(), "and yet not changed in place");
}

/// `/etc/os-release` counts before the vendor's copy, which stands in for it where it is absent.
#[test]
fn the_vendors_copy_is_read_where_there_is_no_other() {
    let vendor = ("usr/lib/os-release", "ID=arch\n");
    let both = with("debian", &[vendor]);
    assert_eq!(both.id, "debian");
    let root = crate::support::root("debian", &[vendor]);
    fs::remove_file(root.path().join("etc/os-release")).unwrap();
    assert_eq!(distro::distribution(root.path()).id, "arch");
}
