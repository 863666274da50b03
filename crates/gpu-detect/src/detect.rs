//! Detection as a whole: driver and GPUs, other cards, then toolkits and what they would be used with.

use exec::ProbeCache;

use crate::family::Family;
use crate::host::Host;
use crate::report::GpuReport;
use crate::{cards, driver, toolkit};

/// Everything that can be found out about the host's GPUs and CUDA toolkits.
///
/// Never fails: what is not there is absent from the report, and `looked` says where it was looked for. Loads the
/// driver's library; runs `nvcc` of every toolkit and, where there is one, each C++ compiler, only to ask for their
/// versions; runs `nvidia-smi` where the library cannot be used.
pub fn detect(host: &Host) -> GpuReport {
    detect_with(host, &ProbeCache::default())
}

/// Like [`detect`], and asks no compiler whose answer is in `cache`; what it had to ask it adds.
pub fn detect_with(host: &Host, cache: &ProbeCache) -> GpuReport {
    let distribution = distro::distribution(&host.root);
    let mut report = GpuReport {
        cards: cards::detect(host),
        vulkan_drivers: cards::vulkan_drivers(host),
        libcuda: driver::libcuda(host),
        glibc: toolkit::glibc(host),
        family: Family::of(&distribution),
        distribution,
        ..GpuReport::default()
    };
    driver::detect(host, &mut report);
    toolkit::detect(host, cache, &mut report);
    if !report.toolkits.is_empty() {
        report.host_compilers = toolkit::host_compilers(host, cache);
    }
    for looked in &report.looked {
        tracing::debug!(place = looked.place, found = looked.found, "looked");
    }
    report
}
