//! Detection as a whole: driver and GPUs, other cards, then toolkits and what they would be used with.

use exec::ProbeCache;

use crate::host::Host;
use crate::problem::ProblemKind;
use crate::report::{GpuReport, Subject};
use crate::{card, distribution, glibc, host_compiler, inspect, kernel_module, libcuda, probe, smi, vulkan};

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
    let mut report = GpuReport {
        cards: card::detect(host),
        vulkan_drivers: vulkan::drivers(host),
        libcuda: libcuda::detect(host),
        glibc: glibc::detect(host),
        family: distribution::detect(host),
        ..GpuReport::default()
    };
    driver(host, &mut report);
    inspect::detect(host, cache, &mut report);
    if !report.toolkits.is_empty() {
        report.host_compilers = host_compiler::host_compilers(host, cache);
    }
    for looked in &report.looked {
        tracing::debug!(place = looked.place, found = looked.found, "looked");
    }
    report
}

/// The library, then `nvidia-smi`, then what the kernel tells. What the library said of itself is no reason any more
/// once a later source knows the GPUs.
fn driver(host: &Host, report: &mut GpuReport) {
    let answer = probe::ask(host);
    for (library, found) in answer.tried {
        report.look(Subject::Driver, library.display().to_string(), found);
    }
    (report.driver, report.devices, report.problem) = (answer.driver, answer.devices, answer.problem);
    let asks_on = report.problem.as_ref().is_some_and(|problem| problem.kind.is_the_library_alone());
    if report.driver.is_none() && asks_on {
        smi::detect(host, report);
    }
    if report.driver.is_none() {
        kernel_module::detect(host, report);
    }
    let no_library = report.problem.as_ref().is_some_and(|problem| problem.kind == ProblemKind::NoLibrary);
    if report.driver.is_none() || no_library {
        for card in report.cards.clone() {
            report.look(Subject::Driver, card.source.to_string().replace('`', ""), card.to_string());
        }
    }
}
