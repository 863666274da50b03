//! Starts this test program again in a mount namespace in which kernel files have the content a test gives them.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Set in the child, which looks and prints.
const CHILD: &str = "HOST_MEMORY_TEST_CHILD";

/// What a kernel shows: its memory in KiB, the process's groups, the mounts, and files below `/sys/fs/cgroup`.
pub(crate) struct Kernel<'a> {
    pub(crate) meminfo: &'a str,
    pub(crate) groups: &'a str,
    pub(crate) mounts: &'a str,
    pub(crate) files: &'a [(&'a str, &'a str)],
}

/// Runs `test` again under that kernel's files and returns what [`look`] printed there.
#[expect(
    clippy::disallowed_methods,
    reason = "this crate knows none of the others, and the test is the only reader of the files"
)]
pub(crate) fn seen_by(kernel: &Kernel<'_>, test: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    for (name, text) in [("meminfo", kernel.meminfo), ("cgroup", kernel.groups), ("mountinfo", kernel.mounts)] {
        write(name, text);
    }
    write("fs/none", "");
    for (path, text) in kernel.files {
        write(&format!("fs/{path}"), text);
    }
    let script = "mount --bind \"$1/fs\" /sys/fs/cgroup && mount --bind \"$1/meminfo\" /proc/meminfo && \
                  mount --bind \"$1/cgroup\" /proc/$$/cgroup && mount --bind \"$1/mountinfo\" /proc/$$/mountinfo && \
                  exec \"$2\" --exact \"$3\" --nocapture";
    let output = Command::new("unshare")
        .args(["-rm", "--", "/bin/sh", "-c", script, "sh"])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .arg(test)
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env(CHILD, "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    printed.lines().find_map(|line| line.split_once("seen: ")).map(|(_, seen)| seen.to_owned()).unwrap_or(printed)
}

/// In the child: prints what is there, and is true.
#[expect(clippy::print_stdout, reason = "the parent reads it")]
pub(crate) fn look() -> bool {
    let child = std::env::var_os(CHILD).is_some();
    if child {
        let memory = host_memory::Memory::now();
        println!(
            "seen: {:?} of {:?}, group {:?} of {:?}",
            memory.available, memory.total, memory.group_free, memory.group_limit
        );
    }
    assert!(!child || Path::new("/sys/fs/cgroup/none").exists());
    child
}
