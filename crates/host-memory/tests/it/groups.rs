//! Limits of both versions of control groups, own and inherited.

use crate::support::{Kernel, look, seen_by};

const MEMINFO: &str = "MemTotal:           4096 kB\nMemFree:            1024 kB\nMemAvailable:       3072 kB\n";
const V2: &str = "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
const V1: &str = "31 23 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";

#[track_caller]
fn check(test: &str, groups: &str, mounts: &str, files: &[(&str, &str)], expected: &str) {
    let seen = seen_by(&Kernel { meminfo: MEMINFO, groups, mounts, files }, test);
    assert_eq!(seen, format!("Some(3145728) of Some(4194304), group {expected}"));
}

/// Version 2: the limit of a group above counts as well as one's own, and what its whole tree uses is not free.
#[test]
fn version_2() {
    let here = "groups::version_2";
    if look() {
        return;
    }
    let groups = "0::/system.slice/engine.service\n";
    let own = |limit| [("system.slice/engine.service/memory.max", limit), ("cgroup.controllers", "memory\n")];
    let used = [
        ("system.slice/engine.service/memory.current", "1000000\n"),
        ("system.slice/engine.service/memory.stat", "anon 1000\n"),
        ("system.slice/memory.current", "1500000\n"),
    ];
    let files = |own_limit, above| [&own(own_limit)[..], &used, &[("system.slice/memory.max", above)]].concat();
    check(here, groups, V2, &files("max\n", "max\n"), "None of None");
    check(here, groups, V2, &files("max\n", "2000000\n"), "Some(500000) of Some(2000000)");
    check(here, groups, V2, &files("1200000\n", "max\n"), "Some(200000) of Some(1200000)");
    check(here, groups, V2, &files("1800000\n", "2000000\n"), "Some(500000) of Some(1800000)");
}

/// Version 1, as in a container that shows the host's path: the topmost folder is the container's own group.
#[test]
fn version_1() {
    let here = "groups::version_1";
    if look() {
        return;
    }
    let groups = "9:name=systemd:/\n4:cpu,memory:/docker/abc\n0::/\n";
    let files = |limit| {
        [
            ("memory/memory.limit_in_bytes", limit),
            ("memory/memory.usage_in_bytes", "100000\n"),
            ("memory/memory.stat", "total_rss 1000\n"),
        ]
    };
    check(here, groups, V1, &files("1000000\n"), "Some(900000) of Some(1000000)");
    // The largest number of pages there can be is this version's word for no limit.
    check(here, groups, V1, &files("9223372036854771712\n"), "None of None");
}

#[test]
fn no_groups() {
    let here = "groups::no_groups";
    if look() {
        return;
    }
    check(here, "nonsense\n:::\n", "", &[], "None of None");
    check(here, "", "", &[], "None of None");
}
