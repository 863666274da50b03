//! How much GPU memory a set of processes uses, as far as the driver tells.

use super::{kernel_module, probe};
use crate::host::Host;

/// The memory in bytes that `pids` use on all GPUs together; nothing where nobody can tell.
///
/// The driver lists processes by id for computing and for drawing. That none of `pids` is listed is no zero: inside a
/// container the driver's ids are often not ours, and an engine that has not touched the GPU yet is not known to it. A
/// host without NVIDIA's kernel module is asked nothing more.
pub fn memory_used_by(pids: &[i32], host: &Host) -> Option<u64> {
    if !kernel_module::is_loaded(host) {
        return None;
    }
    let ours = |pid: u32| i32::try_from(pid).is_ok_and(|pid| pids.contains(&pid));
    let answer = probe::ask(host);
    let all = answer.devices.iter().flat_map(|gpu| gpu.processes.iter().flatten());
    let used: Option<Vec<u64>> = all.filter(|process| ours(process.pid)).map(|process| process.memory_bytes).collect();
    used.filter(|used| !used.is_empty()).map(|used| used.into_iter().fold(0, u64::saturating_add))
}
