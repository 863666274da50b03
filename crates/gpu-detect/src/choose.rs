//! Decides what a CUDA build uses, or names what stands in its way.

use std::path::Path;

use exec::Env;

use crate::candidates::resolved;
use crate::cuda_choice::CudaChoice;
use crate::error::GpuError;
use crate::host::Host;
use crate::report::{Gpu, GpuReport, Subject};
use crate::select::select;
use crate::toolkit::Toolkit;
use crate::{host_compiler, link, nvcc};

/// The toolkit, host compiler and architectures for a pool that asks for `devices`, which are numbers as
/// `nvidia-smi` prints them; none means every GPU that `CUDA_VISIBLE_DEVICES` leaves visible.
///
/// A toolkit that the environment names is used or refused, never replaced. Otherwise the first complete toolkit
/// that fits the GPUs is taken; where none fits, the error is about the first one. Runs nvcc and g++ to ask them
/// what they support, nothing else.
pub fn choose(report: &GpuReport, devices: &[u32], host: &Host) -> Result<CudaChoice, GpuError> {
    let devices = select(report, devices, &host.env)?;
    let toolkits = eligible(report)?;
    let mut first_error = None;
    for toolkit in toolkits {
        match fit(toolkit, report, &devices, host) {
            Ok(choice) => {
                tracing::info!(toolkit = %toolkit, architectures = ?choice.architectures, "CUDA chosen");
                return Ok(choice);
            }
            Err(error) => {
                tracing::debug!(toolkit = %toolkit, %error, "does not fit");
                first_error.get_or_insert(error);
            }
        }
    }
    Err(first_error.unwrap_or_else(|| GpuError::ToolkitMissing { looked: report.looked_for(Subject::Toolkit) }))
}

/// The toolkits that may be used, in order.
fn eligible(report: &GpuReport) -> Result<Vec<&Toolkit>, GpuError> {
    let all = &report.toolkits;
    if let Some(named) = all.iter().find(|toolkit| toolkit.source.is_explicit()) {
        return if named.is_complete() { Ok(vec![named]) } else { Err(GpuError::incomplete(&[named])) };
    }
    let complete: Vec<&Toolkit> = all.iter().filter(|toolkit| toolkit.is_complete()).collect();
    if complete.is_empty() && !all.is_empty() {
        return Err(GpuError::incomplete(&all.iter().collect::<Vec<_>>()));
    }
    Ok(complete)
}

fn fit(toolkit: &Toolkit, report: &GpuReport, devices: &[Gpu], host: &Host) -> Result<CudaChoice, GpuError> {
    let (Some(compiler), Some(version)) = (toolkit.nvcc.clone(), toolkit.version) else {
        return Err(GpuError::incomplete(&[toolkit]));
    };
    let driver = report.driver.as_ref().and_then(|driver| Some((driver.version.clone(), driver.cuda?)));
    if let Some((driver, cuda)) = driver.filter(|(_, cuda)| version.0 > cuda.0) {
        return Err(GpuError::ToolkitNewerThanDriver { toolkit: toolkit.to_string(), driver, cuda });
    }
    let mut architectures: Vec<u32> = devices.iter().map(Gpu::architecture).collect();
    architectures.sort_unstable();
    architectures.dedup();
    let known = nvcc::architectures(&compiler, &host.env).map_err(|source| GpuError::NvccFailed { source })?;
    if let Some(known) = known
        && let Some(gpu) = devices.iter().find(|gpu| !known.contains(&gpu.architecture()))
    {
        return Err(GpuError::ArchUnsupported {
            gpu: gpu.name.clone(),
            architecture: gpu.architecture(),
            toolkit: toolkit.to_string(),
            known: known.iter().map(u32::to_string).collect::<Vec<_>>().join(", "),
        });
    }
    Ok(CudaChoice {
        host_compiler: host_compiler::choose(&toolkit.root, &host.env)?,
        exe_linker_flags: link::flags(host, &toolkit.root),
        path: path_with(&compiler, &host.env),
        root: toolkit.root.clone(),
        nvcc: compiler,
        version,
        architectures,
        devices: devices.to_vec(),
    })
}

/// `PATH` with the compiler's folder first, unless `nvcc` on `PATH` is this compiler already.
fn path_with(compiler: &Path, env: &Env) -> Option<String> {
    if env.find("nvcc").is_some_and(|found| resolved(found) == compiler) {
        return None;
    }
    let folder = compiler.parent()?.to_owned();
    let path = env.get("PATH").unwrap_or_default();
    let rest = std::env::split_paths(path).filter(|entry| entry.is_absolute());
    std::env::join_paths(std::iter::once(folder).chain(rest)).ok()?.into_string().ok()
}
