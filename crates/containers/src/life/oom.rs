//! Whether the kernel killed a process of a container at its memory limit, asked of the kernel itself.
//!
//! podman 4.3.1 with control groups of version 1 reports `OOMKilled` as false where the first process was killed: its
//! monitor exits before it has read the event. The kernel's own counter is there until the runtime removes the group, a
//! moment after the exit.

use std::path::{Path, PathBuf};

/// The file with the counter `oom_kill` of a process's memory control group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OomCounter(PathBuf);

impl OomCounter {
    /// The counter of the group that a process is in; `None` where it has none of its own.
    pub(super) fn of(pid: i32) -> Option<Self> {
        let groups = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
        file(&groups).map(|file| Self(Path::new("/sys/fs/cgroup").join(file)))
    }

    /// Whether a process of the group was killed; false where the group is gone.
    pub(super) fn has_killed(&self) -> bool {
        std::fs::read_to_string(&self.0).is_ok_and(|text| kills(&text) > 0)
    }
}

/// The counter's file below `/sys/fs/cgroup`, from the lines of `/proc/PID/cgroup`:
/// <https://docs.kernel.org/admin-guide/cgroup-v1/memory.html>, <https://docs.kernel.org/admin-guide/cgroup-v2.html>.
fn file(groups: &str) -> Option<PathBuf> {
    let of = |is: &dyn Fn(&str) -> bool| {
        groups.lines().find_map(|line| {
            let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
            is(controllers).then_some(path.trim_start_matches('/')).filter(|path| !path.is_empty())
        })
    };
    let first = of(&|controllers| controllers.split(',').any(|name| name == "memory"));
    if let Some(path) = first {
        return Some(Path::new("memory").join(path).join("memory.oom_control"));
    }
    of(&str::is_empty).map(|path| Path::new(path).join("memory.events"))
}

fn kills(text: &str) -> u64 {
    let count = |line: &str| line.strip_prefix("oom_kill ")?.trim().parse().ok();
    text.lines().find_map(count).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_is_found_in_both_versions() {
        let path = |text: &str| file(text).map(|file| file.display().to_string());
        assert_eq!(path("0::/machine/libpod-1a\n"), Some("machine/libpod-1a/memory.events".into()));
        let first = "4:memory:/libpod_parent/libpod-1a\n3:cpu,cpuacct:/x\n0::/y\n";
        assert_eq!(path(first), Some("memory/libpod_parent/libpod-1a/memory.oom_control".into()));
        assert_eq!(path("0::/\n"), None);
        assert_eq!(path(""), None);
        assert_eq!(kills("low 0\noom 3\noom_kill 2\noom_group_kill 0\n"), 2);
        assert_eq!(kills("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"), 1);
        assert_eq!(kills("oom_kill_disable 1\n"), 0);
    }
}
