//! Which of the host's GPUs a pool uses.

use exec::Env;

use crate::error::GpuError;
use crate::problem::{Problem, ProblemKind};
use crate::report::{Gpu, GpuReport, Source, Subject};
use crate::visible;

/// The GPUs with the numbers `asked`, or every visible one where none is asked for, each proven usable.
pub(crate) fn select(report: &GpuReport, asked: &[u32], env: &Env) -> Result<Vec<Gpu>, GpuError> {
    match &report.problem {
        Some(problem) if report.devices.is_empty() || problem.kind == ProblemKind::NoCudaLibrary => {
            return Err(refusal(report, problem));
        }
        // Otherwise one GPU fails, and the others may be all that is asked for.
        Some(problem) => tracing::warn!(reason = problem.text, "a GPU is not usable"),
        None if report.devices.is_empty() => {
            return Err(GpuError::NoDevice { looked: report.looked_for(Subject::Driver) });
        }
        None => {}
    }
    let mask = visible::value(env);
    let seen = visible::select(mask, &report.devices);
    let mask = mask.map(|value| value.to_string_lossy().into_owned());
    if seen.is_empty() {
        return Err(GpuError::NoneVisible { value: mask.unwrap_or_default(), present: list(&report.devices) });
    }
    if asked.is_empty() {
        return Ok(seen.into_iter().cloned().collect());
    }
    let why = || match (&mask, &report.problem) {
        (Some(mask), _) => format!("; `{}={mask}` leaves {}", visible::VARIABLE, list(seen.iter().copied())),
        (None, Some(problem)) => format!("; {}", problem.text),
        (None, None) => String::new(),
    };
    let find = |index: u32| {
        let found = seen.iter().find(|gpu| gpu.index == index).map(|gpu| (*gpu).clone());
        found.ok_or_else(|| GpuError::NoSuchDevice { index, present: list(&report.devices), why: why() })
    };
    asked.iter().copied().map(find).collect()
}

/// The error for a driver that gives no GPU at all.
fn refusal(report: &GpuReport, problem: &Problem) -> GpuError {
    let looked = report.looked_for(Subject::Driver);
    let reason = problem.text.clone();
    let loaded = report.driver.as_ref().is_some_and(|driver| matches!(driver.source, Source::File(_)));
    match problem.kind {
        ProblemKind::NoLibrary if !loaded => GpuError::NoDriver { looked },
        ProblemKind::NoLibrary | ProblemKind::LibraryUnusable => GpuError::LibraryUnusable { looked },
        ProblemKind::DriverNotLoaded => GpuError::DriverNotLoaded { looked },
        ProblemKind::DriverMismatch => GpuError::DriverMismatch { looked },
        ProblemKind::NoPermission => GpuError::NoPermission { reason, looked },
        ProblemKind::NoCudaLibrary => GpuError::NoCudaLibrary { looked },
        ProblemKind::Failed => GpuError::DriverFailed { reason, looked },
    }
}

fn list<'a>(gpus: impl IntoIterator<Item = &'a Gpu>) -> String {
    gpus.into_iter().map(|gpu| format!("{} ({})", gpu.index, gpu.name)).collect::<Vec<_>>().join(", ")
}
