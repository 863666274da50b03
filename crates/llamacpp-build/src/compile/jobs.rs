//! How many compilers at once: as many as cores, as far as memory carries them.

/// What one C++ compiler of this project takes at its peak, in bytes.
const PER_JOB_CXX: u64 = 1 << 30;
/// What one nvcc takes for each architecture it compiles for at the same time; the host compiler under it takes as much as
/// any.
const PER_ARCHITECTURE: u64 = 1 << 30;

/// Memory that compilers may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Bytes that are free for use, by the host or by the control group's limit, whichever is less.
    pub available: u64,
}

impl Memory {
    /// What is available now; unknown where the system does not tell.
    pub fn now() -> Self {
        Self { available: host_memory::Memory::now().usable().unwrap_or(u64::MAX) }
    }
}

/// Jobs for `cores` cores and this memory; at least one. `nvcc` is for how many architectures each nvcc works at the same
/// time; 0 where there is none.
pub fn jobs(cores: u32, memory: Memory, nvcc: u32) -> u32 {
    let per_job = PER_JOB_CXX + PER_ARCHITECTURE * u64::from(nvcc);
    let by_memory = u32::try_from(memory.available / per_job).unwrap_or(u32::MAX);
    cores.min(by_memory).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_cores_bound_the_jobs() {
        let gib = |n: u64| Memory { available: n << 30 };
        assert_eq!(jobs(8, gib(64), 0), 8);
        assert_eq!(jobs(8, gib(3), 0), 3);
        assert_eq!(jobs(8, gib(6), 1), 3);
        assert_eq!(jobs(8, gib(6), 2), 2);
        assert_eq!(jobs(8, gib(0), 1), 1);
        assert!(Memory::now().available > 0);
    }
}
