//! Hosts as values, and the problems that each has.

use std::collections::BTreeSet;

use miette::Diagnostic;

use super::*;
use crate::{Cgroups, IdRanges, Version};

fn debian() -> Distribution {
    Distribution::parse("ID=debian\nVERSION_ID=\"12\"\n")
}

/// An ordinary user on a host where everything works.
fn good() -> HostFacts {
    let info = Info {
        rootless: true,
        graph_driver: "overlay".into(),
        graph_root: "/home/me/.local/share/containers/storage".into(),
        cgroup_version: 2,
        controllers: ["cpu", "memory", "pids"].map(String::from).to_vec(),
        network_helper: Some("/usr/bin/slirp4netns".into()),
        ..Info::default()
    };
    HostFacts {
        program: Kind::Podman,
        version: Some(Version::new(4, 3, 1)),
        info: Some(Ok(info)),
        user: UserFacts {
            name: "me".into(),
            uid: 1000,
            home: Some("/home/me".into()),
            home_is_writable: true,
            runtime_dir: RuntimeDir::Usable("/run/user/1000".into()),
        },
        namespaces: Some(Namespaces {
            subuid: IdRanges::Count(65_536),
            subgid: IdRanges::Count(65_536),
            newuidmap: Helper::Privileged,
            newgidmap: Helper::Privileged,
            max_user_namespaces: Some(100_000),
            unprivileged_userns_clone: Some(true),
            apparmor_restricts: false,
        }),
        cgroups: Cgroups { unified: true, delegated: BTreeSet::from(["memory".into(), "pids".into()]) },
        has_tun: true,
        first_port: 1024,
    }
}

const ALL: Demand = Demand { devices: true, memory_limit: true, pids_limit: true, published: Some(8080) };

fn codes(facts: &HostFacts, demand: Demand) -> Vec<String> {
    judge(facts, demand, &debian()).iter().filter_map(|problem| Some(problem.code()?.to_string())).collect()
}

#[track_caller]
fn check(change: impl FnOnce(&mut HostFacts), expected: &[&str]) {
    let mut facts = good();
    change(&mut facts);
    assert_eq!(codes(&facts, ALL), expected);
}

fn spaces(facts: &mut HostFacts) -> &mut Namespaces {
    facts.namespaces.as_mut().unwrap()
}

fn known(facts: &mut HostFacts) -> &mut Info {
    facts.info.as_mut().unwrap().as_mut().unwrap()
}

#[test]
fn a_good_host_has_no_problem() {
    check(|_| (), &[]);
}

/// Each cause has its code.
#[test]
fn each_cause_has_its_code() {
    check(|host| (host.version, host.info) = (None, None), &["container::not_installed"]);
    check(|host| (host.version, host.info) = (None, Some(Err("toml".into()))), &["container::info_failed"]);
    check(|host| host.version = Some(Version::new(4, 0, 9)), &["container::too_old"]);
    check(|host| spaces(host).subuid = IdRanges::None, &["container::no_subuid"]);
    check(|host| spaces(host).subgid = IdRanges::Count(1000), &["container::no_subuid"]);
    check(|host| spaces(host).subuid = IdRanges::Elsewhere, &[]);
    check(|host| spaces(host).newuidmap = Helper::Missing, &["container::no_newuidmap"]);
    check(
        |host| spaces(host).newgidmap = Helper::Plain("/usr/bin/newgidmap".into()),
        &["container::newuidmap_unprivileged"],
    );
    check(|host| spaces(host).max_user_namespaces = Some(0), &["container::no_user_namespaces"]);
    check(|host| spaces(host).unprivileged_userns_clone = Some(false), &["container::no_user_namespaces"]);
    check(|host| spaces(host).apparmor_restricts = true, &["container::apparmor_restricts"]);
    check(|host| host.user.runtime_dir = RuntimeDir::Unset, &["container::no_runtime_dir"]);
    let unusable = RuntimeDir::Unusable { path: "/run/user/0".into(), why: "belongs to another user" };
    check(|host| host.user.runtime_dir = unusable, &["container::bad_runtime_dir"]);
    check(|host| host.user.home_is_writable = false, &["container::home_read_only"]);
    check(|host| known(host).graph_driver = "vfs".into(), &["container::storage_vfs"]);
    check(|host| known(host).overridden_driver = Some("vfs".into()), &["container::storage_overridden"]);
    check(|host| known(host).network_helper = None, &["container::no_network"]);
    check(|host| host.has_tun = false, &["container::no_network"]);
    check(|host| host.first_port = 8081, &["container::port_privileged"]);
}

#[test]
fn limits_need_delegated_controllers() {
    let ignored = &["container::limit_ignored", "container::limit_ignored"];
    let first_version = |host: &mut HostFacts| {
        host.cgroups = Cgroups { unified: false, delegated: BTreeSet::new() };
        known(host).cgroup_version = 1;
        known(host).controllers.clear();
    };
    check(first_version, ignored);
    // Root's containers have limits with either version.
    check(
        |host| {
            known(host).cgroup_version = 1;
            known(host).rootless = false;
            host.namespaces = None;
        },
        &[],
    );
    let mut facts = good();
    first_version(&mut facts);
    assert!(codes(&facts, Demand::default()).is_empty(), "what is not asked for is no problem");
}

/// podman's own words, where nothing else explains them.
#[test]
fn a_failing_info_is_explained_or_quoted() {
    for (words, code) in [
        (
            r#"database graph driver "" does not match our graph driver "overlay": database configuration mismatch"#,
            "container::storage_mismatch",
        ),
        (
            "Could not get runtime: database storage graph driver overlay does not match our storage graph driver vfs: database configuration mismatch",
            "container::storage_mismatch",
        ),
        (
            "kernel does not support overlay fs: 'overlay' is not supported over btrfs: backing file system is unsupported for this graph driver",
            "container::storage_unusable",
        ),
        (
            "invalid internal status, try resetting the pause process with \"podman system migrate\": could not find any running process",
            "container::stale_namespace",
        ),
        (
            "\"/g/btrfs\" is not on a btrfs filesystem: prerequisites for driver not satisfied (wrong filesystem?)",
            "container::storage_unusable",
        ),
        ("something else", "container::info_failed"),
    ] {
        check(|host| host.info = Some(Err(words.into())), &[code]);
    }
    // The cause hides its effect.
    check(
        |host| {
            spaces(host).subuid = IdRanges::None;
            host.info = Some(Err("cannot set up namespace".into()));
        },
        &["container::no_subuid"],
    );
}

#[test]
fn docker_needs_its_daemon_and_no_user_namespace() {
    check(
        |host| {
            host.program = Kind::Docker;
            host.version = Some(Version::new(28, 2, 2));
            spaces(host).subuid = IdRanges::None;
            host.info = Some(Err("the docker daemon cannot be reached: Cannot connect to the Docker daemon".into()));
        },
        &["container::no_daemon"],
    );
}

#[test]
fn remedies_can_be_pasted() {
    let mut facts = good();
    (facts.version, facts.info) = (None, None);
    let help = |facts: &HostFacts| judge(facts, ALL, &debian())[0].help().unwrap().to_string();
    assert!(help(&facts).contains("apt-get update && apt-get install podman"), "{}", help(&facts));
    facts = good();
    spaces(&mut facts).subuid = IdRanges::None;
    assert!(help(&facts).contains("`usermod --add-subuids 100000-165535 --add-subgids 100000-165535 me`"));
    let warnings = |facts: &HostFacts| judge(facts, ALL, &debian()).iter().all(|problem| !problem.blocks());
    facts = good();
    known(&mut facts).graph_driver = "vfs".into();
    assert!(warnings(&facts));
    spaces(&mut facts).subuid = IdRanges::None;
    assert!(!warnings(&facts));
}
