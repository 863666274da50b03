//! The one reader of available memory and control group limits, by `sysinfo`.

use serde::Serialize;
use sysinfo::{CGroupLimits, Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Memory in bytes; `None` where the system does not report it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Memory {
    /// What the machine has.
    pub total: Option<u64>,
    /// What programs can get without swapping, by the kernel's estimate (`MemAvailable`, see
    /// <https://docs.kernel.org/filesystems/proc.html#meminfo>).
    pub available: Option<u64>,
    /// The smallest limit of the control groups this process is in; `None` where they set none below the machine's
    /// total.
    pub group_limit: Option<u64>,
    /// What is left under the control groups' limits; `None` where there is no limit.
    pub group_free: Option<u64>,
}

impl Memory {
    /// What this process has now. Reads `/proc` and `/sys/fs/cgroup`; never fails.
    pub fn now() -> Self {
        let Ok(mut system) = System::new() else { return Self::default() };
        system.refresh_memory();
        // 0 is what `sysinfo` holds where `/proc/meminfo` could not be read.
        let reported = |bytes: u64| (bytes > 0).then_some(bytes);
        let total = reported(system.total_memory());
        let limits = group_limits(&mut system);
        Self {
            total,
            available: total.map(|_| system.available_memory()),
            group_limit: limits.as_ref().map(|limits| limits.total_memory),
            group_free: limits.as_ref().map(|limits| limits.free_memory),
        }
    }

    /// The most that this process and what it starts can ever have.
    pub fn ceiling(&self) -> Option<u64> {
        self.total.into_iter().chain(self.group_limit).min()
    }

    /// What they can have now.
    pub fn usable(&self) -> Option<u64> {
        self.available.into_iter().chain(self.group_free).min()
    }
}

/// The limits of this process's own group and those above it; where its group is not visible, as in containers that
/// show the host's path, those of the topmost group that is.
fn group_limits(system: &mut System) -> Option<CGroupLimits> {
    let own = Pid::from_u32(std::process::id());
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), false, ProcessRefreshKind::nothing());
    let process = system.process(own).and_then(sysinfo::Process::cgroup_limits);
    process.or_else(|| system.cgroup_limits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_bound_counts() {
        let plain = Memory { total: Some(8), available: Some(5), group_limit: None, group_free: None };
        assert_eq!((plain.ceiling(), plain.usable()), (Some(8), Some(5)));
        let limited = Memory { group_limit: Some(4), group_free: Some(1), ..plain };
        assert_eq!((limited.ceiling(), limited.usable()), (Some(4), Some(1)));
        let roomy = Memory { group_limit: Some(7), group_free: Some(6), ..plain };
        assert_eq!((roomy.ceiling(), roomy.usable()), (Some(7), Some(5)));
        assert_eq!((Memory::default().ceiling(), Memory::default().usable()), (None, None));
    }
}
