//! How many compilers at once: as many as cores, as far as memory carries them.

/// What one C++ compiler of this project takes at its peak, in bytes.
const PER_JOB_CXX: u64 = 1 << 30;
/// What one nvcc (with the host compiler under it) takes.
const PER_JOB_CUDA: u64 = 2 << 30;

/// Memory that compilers may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Bytes that are free for use, by the host or by the control group's limit, whichever is less.
    pub available: u64,
}

impl Memory {
    /// What is available now; unknown where the system does not tell.
    pub fn now() -> Self {
        let Ok(mut system) = sysinfo::System::new() else { return Self { available: u64::MAX } };
        system.refresh_memory();
        let group = system.cgroup_limits().map_or(u64::MAX, |limits| limits.free_memory);
        Self { available: system.available_memory().min(group) }
    }
}

/// Jobs for `cores` cores and this memory; at least one.
pub fn jobs(cores: u32, memory: Memory, cuda: bool) -> u32 {
    let per_job = if cuda { PER_JOB_CUDA } else { PER_JOB_CXX };
    let by_memory = u32::try_from(memory.available / per_job).unwrap_or(u32::MAX);
    cores.min(by_memory).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_cores_bound_the_jobs() {
        let gib = |n: u64| Memory { available: n << 30 };
        assert_eq!(jobs(8, gib(64), false), 8);
        assert_eq!(jobs(8, gib(3), false), 3);
        assert_eq!(jobs(8, gib(6), true), 3);
        assert_eq!(jobs(8, gib(0), true), 1);
        assert!(Memory::now().available > 0);
    }
}
