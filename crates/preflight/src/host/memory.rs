//! Memory, as the kernel and the control groups of this process limit it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// Bytes of memory; `None` where the system does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// What the machine has.
    pub total: Option<u64>,
    /// What programs can get without swapping, by the kernel's estimate.
    pub available: Option<u64>,
    /// The smallest limit of the control groups this process is in.
    pub group_limit: Option<u64>,
}

impl Memory {
    pub(crate) fn look(root: &Path) -> Self {
        let text = fs::read_to_string(root.join("proc/meminfo")).unwrap_or_default();
        let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let kibibytes = |name| line(name)?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok();
        let bytes = |name| kibibytes(name).map(|number| number.saturating_mul(1024));
        Self { total: bytes("MemTotal"), available: bytes("MemAvailable"), group_limit: group_limit(root) }
    }

    /// The most that this process and what it starts can ever have.
    pub fn ceiling(&self) -> Option<u64> {
        self.total.into_iter().chain(self.group_limit).min()
    }
}

/// The smallest limit of the group and all groups above it, in either version of control groups. In a container the
/// path is often the host's while the folders are the container's own, so that only the topmost exists.
fn group_limit(root: &Path) -> Option<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let files = groups.lines().filter_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        let path = path.trim_start_matches('/');
        match controllers {
            "" => Some(vec![("sys/fs/cgroup", path, "memory.max"), ("sys/fs/cgroup/unified", path, "memory.max")]),
            _ if controllers.split(',').any(|name| name == "memory") => {
                Some(vec![("sys/fs/cgroup/memory", path, "memory.limit_in_bytes")])
            }
            _ => None,
        }
    });
    files.flatten().flat_map(|(mount, path, file)| limits(&root.join(mount), path, file)).min()
}

fn limits(mount: &Path, path: &str, file: &str) -> Vec<u64> {
    // The first version says "no limit" by the largest number of pages there can be.
    const NONE: u64 = 1 << 60;
    let folders = Path::new(path).ancestors().map(|folder| mount.join(folder).join(file));
    let read = |file: PathBuf| fs::read_to_string(file).ok()?.trim().parse().ok();
    folders.filter_map(read).filter(|limit| *limit < NONE).collect()
}
