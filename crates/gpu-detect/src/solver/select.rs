//! Which of the host's GPUs are used: those that were asked for, each proven usable. No toolkit is needed for it.

use exec::Env;

use super::cuda_choice::Target;
use super::visible;
use super::visible::Seen;
use crate::cards::Vendor;
use crate::driver::{Problem, ProblemKind};
use crate::error::GpuError;
use crate::gpu::Gpu;
use crate::report::GpuReport;
use crate::source::{Source, Subject};

/// The GPUs with the numbers `asked`, which are those that `nvidia-smi` prints, or every GPU that `CUDA_VISIBLE_DEVICES`
/// leaves visible where none is asked for. Each is proven usable by the driver's own words.
///
/// Toolkits are not looked at: this is the answer for an engine that is not built here, such as one in a container.
/// [`choose`](crate::choose) adds the toolkit. Reads nothing but its arguments.
///
/// Fails with what keeps the GPUs from being used: no driver, a driver that does not answer, no such GPU, a GPU that
/// the environment hides, one without a usable MIG instance.
///
/// ```
/// use gpu_detect::{Host, detect, select};
///
/// let host = Host::current(exec::Env::current());
/// match select(&detect(&host), &[0], &host.env) {
///     Ok(targets) => println!("--device nvidia.com/gpu={}", targets.iter().map(|t| t.uuid.clone()).collect::<String>()),
///     Err(error) => println!("{error}\n{}", error.help().map(|help| help.to_string()).unwrap_or_default()),
/// }
/// ```
pub fn select(report: &GpuReport, asked: &[u32], env: &Env) -> Result<Vec<Target>, GpuError> {
    let usable = report.devices.iter().any(|gpu| gpu.compute_capability.is_some());
    match &report.problem {
        Some(problem) if !usable || problem.kind == ProblemKind::NoCudaLibrary => {
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
    let chosen = if asked.is_empty() { seen } else { asked_for(report, asked, &seen, mask.as_deref())? };
    let several = several_instances(&chosen);
    if let Some(error) = several {
        return Err(error);
    }
    chosen.into_iter().map(target).collect()
}

/// The visible ones with these numbers, in the order asked for, each once.
fn asked_for<'a>(
    report: &GpuReport,
    asked: &[u32],
    seen: &[Seen<'a>],
    mask: Option<&str>,
) -> Result<Vec<Seen<'a>>, GpuError> {
    let why = || match (mask, &report.problem) {
        (Some(mask), _) => {
            format!("; `{}={mask}` leaves {}", visible::VARIABLE, list(seen.iter().map(|seen| seen.gpu)))
        }
        (None, Some(problem)) => format!("; {}", problem.text),
        (None, None) => String::new(),
    };
    let mut chosen: Vec<Seen<'a>> = Vec::new();
    for index in asked {
        let found: Vec<Seen<'a>> = seen.iter().filter(|seen| seen.gpu.index == *index).copied().collect();
        if found.is_empty() {
            return Err(GpuError::NoSuchDevice { index: *index, present: list(&report.devices), why: why() });
        }
        for one in found {
            if !chosen.contains(&one) {
                chosen.push(one);
            }
        }
    }
    Ok(chosen)
}

/// CUDA gives a program one instance, and then no other GPU beside it
/// (<https://docs.nvidia.com/datacenter/tesla/mig-user-guide/#cuda-device-enumeration>).
fn several_instances(chosen: &[Seen<'_>]) -> Option<GpuError> {
    let names = |seen: &Seen<'_>| match seen.instance {
        Some(instance) => vec![instance.uuid.clone()],
        None if seen.gpu.is_partitioned() => seen.gpu.instances().iter().map(|one| one.uuid.clone()).collect(),
        None => vec![seen.gpu.uuid.clone()],
    };
    let partitioned = chosen.iter().any(|seen| seen.gpu.is_partitioned());
    let all: Vec<String> = chosen.iter().flat_map(names).collect();
    let first = all.iter().find(|name| name.starts_with("MIG-"))?.clone();
    (partitioned && all.len() > 1).then(|| GpuError::MigSeveral { instances: all.join(", "), first })
}

fn target(seen: Seen<'_>) -> Result<Target, GpuError> {
    let gpu = seen.gpu;
    let Some(architecture) = gpu.architecture() else {
        return Err(GpuError::CapabilityUnknown { gpu: name(gpu), source_of: gpu.source.to_string() });
    };
    let instance = seen.instance.or_else(|| gpu.instances().first());
    if gpu.is_partitioned() && instance.is_none() {
        return Err(GpuError::MigNoInstance { gpu: name(gpu), index: gpu.index });
    }
    Ok(Target {
        index: gpu.index,
        uuid: instance.map_or(&gpu.uuid, |instance| &instance.uuid).clone(),
        pci_bus_id: gpu.pci_bus_id.clone(),
        name: gpu.name.clone(),
        architecture,
    })
}

/// The error for a driver that gives no GPU at all.
fn refusal(report: &GpuReport, problem: &Problem) -> GpuError {
    let looked = report.looked_for(Subject::Driver);
    let reason = problem.text.clone();
    let loaded = report.driver.as_ref().is_some_and(|driver| matches!(driver.source, Source::File(_)));
    match problem.kind {
        ProblemKind::NoLibrary if !loaded => other_vendor(report).unwrap_or(GpuError::NoDriver { looked }),
        ProblemKind::NoLibrary | ProblemKind::LibraryUnusable => GpuError::LibraryUnusable { looked },
        ProblemKind::DriverNotLoaded => GpuError::DriverNotLoaded { looked },
        ProblemKind::DriverMismatch => GpuError::DriverMismatch { looked },
        ProblemKind::NoPermission => GpuError::NoPermission { reason, looked },
        ProblemKind::NoCudaLibrary => GpuError::NoCudaLibrary { looked },
        ProblemKind::GpuLost => GpuError::GpuLost { reason, looked },
        ProblemKind::TimedOut => GpuError::DriverHangs { reason, looked },
        ProblemKind::Failed => GpuError::DriverFailed { reason, looked },
    }
}

/// A host whose cards are all of other makers, at least one of them a GPU to compute with.
fn other_vendor(report: &GpuReport) -> Option<GpuError> {
    let has = |vendor| report.cards.iter().any(|card| card.vendor == vendor);
    let others = has(Vendor::Amd) || has(Vendor::Intel);
    let cards = report.cards.iter().map(ToString::to_string).collect();
    (others && !has(Vendor::Nvidia)).then_some(GpuError::OtherVendor { cards })
}

fn name(gpu: &Gpu) -> String {
    format!("{} ({})", gpu.index, gpu.name)
}

fn list<'a>(gpus: impl IntoIterator<Item = &'a Gpu>) -> String {
    gpus.into_iter().map(name).collect::<Vec<_>>().join(", ")
}
