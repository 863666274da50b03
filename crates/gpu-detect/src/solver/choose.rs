//! Decides what a CUDA build uses, or names what stands in its way.

use std::path::Path;

use exec::Env;

use super::cuda_choice::CudaChoice;
use super::runs::runs;
use super::select::select;
use super::solve::solve;
use crate::error::GpuError;
use crate::host::Host;
use crate::report::GpuReport;
use crate::toolkit::resolved;
use crate::wish::Wish;

/// The toolkit, host compiler and architectures for a pool that asks for `devices`, which are numbers as
/// `nvidia-smi` prints them; none means every GPU that `CUDA_VISIBLE_DEVICES` leaves visible.
///
/// Everything was found out by [`detect`](crate::detect); this only decides, by [`solve`].
pub fn choose(report: &GpuReport, devices: &[u32], host: &Host) -> Result<CudaChoice, GpuError> {
    let targets = select(report, devices, &host.env)?;
    let mut choice = solve(report, &targets, &host.wish).map_err(Box::new)?;
    fits_what_was_written(report, &choice, &host.wish)?;
    choice.path = path_with(&choice.nvcc, &host.env);
    tracing::info!(
        root = %choice.root.display(), architectures = ?choice.architectures, host_compiler = %choice.host_compiler,
        "CUDA chosen"
    );
    Ok(choice)
}

/// Refuses what the pool says and these GPUs, or their driver, cannot run.
fn fits_what_was_written(report: &GpuReport, choice: &CudaChoice, wish: &Wish) -> Result<(), GpuError> {
    let cannot = |written: &String| choice.devices.iter().find(|target| !runs(written, target.architecture));
    if let Some((written, target)) = wish.architectures.as_ref().and_then(|written| Some((written, cannot(written)?))) {
        let (gpu, architecture) = (target.name.clone(), target.architecture);
        return Err(GpuError::ArchOfAnotherGpu { written: written.clone(), gpu, architecture });
    }
    match &wish.compression {
        Some(mode) if choice.uncompressed && mode != "none" => {
            let driver = report.driver.as_ref().map(|driver| driver.version.clone()).unwrap_or_default();
            Err(GpuError::CompressedForNewerDriver { mode: mode.clone(), driver })
        }
        _ => Ok(()),
    }
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
