//! Asks for driver and GPUs: NVML first, then `nvidia-smi`, then the kernel.

use super::problem::ProblemKind;
use super::{kernel_module, probe, smi, tegra};
use crate::host::Host;
use crate::report::GpuReport;
use crate::source::Subject;

/// Fills in driver, GPUs and what is wrong with them. NVML's error is discarded once another source has found the GPUs.
pub(crate) fn detect(host: &Host, report: &mut GpuReport) {
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
    tegra::complete(host, report);
    let no_library = report.problem.as_ref().is_some_and(|problem| problem.kind == ProblemKind::NoLibrary);
    if report.driver.is_none() || no_library {
        for card in report.cards.clone() {
            report.look(Subject::Driver, card.source.to_string().replace('`', ""), card.to_string());
        }
    }
}
