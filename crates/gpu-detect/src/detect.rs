//! Detection as a whole: driver and GPUs, then toolkits.

use crate::host::Host;
use crate::report::GpuReport;
use crate::{inspect, kernel_module, nvml};

/// Everything that can be found out about the host's NVIDIA GPUs and CUDA toolkits.
///
/// Never fails: what is not there is absent from the report, and `looked` says where it was looked for. Loads the
/// driver's library; runs `nvcc --version` for a toolkit without a `version.json`, and nothing else.
pub fn detect(host: &Host) -> GpuReport {
    let mut report = GpuReport::default();
    nvml::detect(host, &mut report);
    if report.driver.is_none() {
        kernel_module::detect(host, &mut report);
    }
    inspect::detect(host, &mut report);
    for looked in &report.looked {
        tracing::debug!(place = looked.place, found = looked.found, "looked");
    }
    report
}
