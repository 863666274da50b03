//! Whether one toolkit fits one host: every rule, so that all that stands in the way is told at once.

use super::cuda_choice::{CudaChoice, Target};
use super::forward::{Forward, forward};
use super::obstacle::Obstacle;
use crate::report::GpuReport;
use crate::toolkit::releases::{Releases, dotted, newest_major};
use crate::toolkit::{CompilerKind, CompilerSource, HostCompiler, Toolkit, link, releases};
use crate::wish::Wish;

/// The first release whose compiler takes a mode of compressing kernels, and the first whose driver reads them
/// (<https://docs.rapids.ai/api/rapids-cmake/stable/command/rapids_cuda_enable_fatbin_compression>).
const COMPRESSES: ((u32, u32), (u32, u32)) = ((12, 8), (12, 4));

/// The same as a driver's version.
const READS_FROM: u32 = 550;

/// The choice with this toolkit, or everything that stands in its way.
pub(crate) fn fit(
    facts: &GpuReport,
    toolkit: &Toolkit,
    targets: &[Target],
    wish: &Wish,
    fits: Releases,
) -> Result<CudaChoice, Vec<Obstacle>> {
    let missing = toolkit.missing.clone();
    let incomplete = || Obstacle::Incomplete { missing, version: toolkit.version };
    let (Some(nvcc), Some(version), true) = (toolkit.nvcc.clone(), toolkit.version, toolkit.is_complete()) else {
        return Err(vec![incomplete()]);
    };
    let newer = newer_than_driver(facts, toolkit, targets, fits);
    let compat = match &newer {
        Some(Obstacle::NewerThanDriver { forward: Forward::Installed(folder), .. }) => Some(folder.clone()),
        _ => None,
    };
    let newer = newer.filter(|_| compat.is_none());
    let mut obstacles: Vec<Obstacle> =
        [mixed(toolkit), too_old(version, wish, fits), newer, glibc(facts, toolkit, fits)]
            .into_iter()
            .flatten()
            .collect();
    obstacles.extend(architecture(toolkit, targets, fits));
    let compiler = match host_compiler(facts, toolkit, wish) {
        Ok(compiler) => compiler,
        Err(obstacle) => {
            obstacles.push(obstacle);
            return Err(obstacles);
        }
    };
    if !obstacles.is_empty() {
        return Err(obstacles);
    }
    let mut architectures: Vec<u32> = targets.iter().map(|target| target.architecture).collect();
    architectures.sort_unstable();
    architectures.dedup();
    // With forward compatibility the library that reads kernels is of the toolkit's own release.
    let runs = if compat.is_some() { Some(version) } else { facts.driver.as_ref().and_then(|driver| driver.cuda) };
    let too_old = match (runs, facts.driver.as_ref()) {
        (Some(runs), _) => runs < COMPRESSES.1,
        (None, Some(driver)) => releases::numbers(&driver.version) < vec![READS_FROM],
        (None, None) => false,
    };
    let uncompressed = version >= COMPRESSES.0 && too_old;
    let mut notes = Vec::new();
    if let Some(runs) = runs.filter(|runs| *runs < version) {
        notes.push(format!(
            "CUDA {} is newer than the driver's {}: programs for named architectures run all the same",
            dotted(version),
            dotted(runs)
        ));
    }
    if let (Some(folder), Some(driver)) = (&compat, &facts.driver) {
        notes.push(format!(
            "CUDA {} is newer than driver {}: the engine is run with the newer driver library in `{}` (forward compatibility)",
            dotted(version),
            driver.version,
            folder.display()
        ));
    }
    let refused = !accepts(toolkit, compiler);
    if refused {
        notes.push(format!(
            "{compiler} is not accepted by {}, and used because the configuration says so",
            toolkit.title()
        ));
    }
    Ok(CudaChoice {
        root: toolkit.root.clone(),
        nvcc,
        version,
        parts: toolkit.parts.clone(),
        source: toolkit.source,
        host_compiler: compiler.clone(),
        architectures,
        devices: targets.to_vec(),
        exe_linker_flags: link::flags(facts.libcuda.as_ref(), toolkit.stubs.as_deref()),
        driver_library: link::driver_library(facts.libcuda.as_ref(), toolkit.stubs.as_deref()),
        driver_folder: compat.or_else(|| {
            facts.libcuda.as_ref().filter(|libcuda| !libcuda.loadable).map(|libcuda| libcuda.folder.clone())
        }),
        allow_unsupported_compiler: refused,
        uncompressed,
        notes,
        path: None,
    })
}

/// nvcc's own libraries refuse to be compiled with headers of another release.
fn mixed(toolkit: &Toolkit) -> Option<Obstacle> {
    let (nvcc, headers) = (toolkit.version?, toolkit.headers?);
    (nvcc != headers).then_some(Obstacle::Mixed { nvcc, headers })
}

fn too_old(version: (u32, u32), wish: &Wish, fits: Releases) -> Option<Obstacle> {
    (version < wish.oldest_toolkit).then_some(Obstacle::TooOld { oldest: wish.oldest_toolkit, fits })
}

/// Programs of a newer major release do not run at all. Those of a newer minor one do since CUDA 11, because they hold
/// machine code for the very GPU; before, they do not either
/// (<https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html>).
fn newer_than_driver(facts: &GpuReport, toolkit: &Toolkit, targets: &[Target], fits: Releases) -> Option<Obstacle> {
    let (driver, version) = (facts.driver.as_ref()?, toolkit.version?);
    let major = newest_major(driver)?;
    let minor = driver.cuda.is_some_and(|runs| version.0 < 11 && version > runs);
    // The driver's word counts; its version only where it gives none.
    let old = driver.cuda.is_none()
        && toolkit
            .oldest_driver
            .as_deref()
            .is_some_and(|oldest| releases::numbers(&driver.version) < releases::numbers(oldest));
    (version.0 > major || minor || old).then(|| Obstacle::NewerThanDriver {
        driver: driver.version.clone(),
        cuda: driver.cuda,
        major,
        needed: toolkit.oldest_driver.clone(),
        fits,
        forward: if version.0 > major { forward(facts, toolkit, targets) } else { Forward::Unknown },
    })
}

fn glibc(facts: &GpuReport, toolkit: &Toolkit, fits: Releases) -> Option<Obstacle> {
    let glibc = facts.glibc.as_ref()?.version;
    (glibc >= toolkit.glibc_below?).then_some(Obstacle::GlibcTooNew { glibc, fits })
}

fn architecture(toolkit: &Toolkit, targets: &[Target], fits: Releases) -> Option<Obstacle> {
    if let Some(why) = &toolkit.nvcc_failure {
        return Some(Obstacle::NvccFailed { why: why.clone() });
    }
    let known = &toolkit.architectures;
    let unknown = targets.iter().filter(|target| !known.contains(&target.architecture));
    // Of several the one with the smallest number is told, so that the order of GPUs makes no difference.
    let target = unknown.min_by_key(|target| (target.architecture, &target.name))?;
    Some(Obstacle::ArchUnsupported {
        gpu: target.name.clone(),
        architecture: target.architecture,
        known: known.iter().map(u32::to_string).collect::<Vec<_>>().join(", "),
        fits,
    })
}

/// Whether the toolkit's headers let the compiler through. A compiler that does not tell its version is not judged
/// where there is no limit, and refused where there is one.
fn accepts(toolkit: &Toolkit, compiler: &HostCompiler) -> bool {
    let limit = match compiler.kind {
        CompilerKind::Gxx => toolkit.gcc,
        CompilerKind::Clangxx => toolkit.clang,
    };
    match (limit, compiler.kind) {
        (Some(limit), _) => compiler.major().is_some_and(|major| major <= limit),
        (None, CompilerKind::Gxx) => compiler.version.is_some(),
        // Headers that do not name clang were not made for it.
        (None, CompilerKind::Clangxx) => false,
    }
}

/// The compiler that somebody named, or else nvcc's own default, the newest other g++, the newest clang++.
fn host_compiler<'a>(facts: &'a GpuReport, toolkit: &Toolkit, wish: &Wish) -> Result<&'a HostCompiler, Obstacle> {
    let mut all: Vec<&HostCompiler> = facts.host_compilers.iter().collect();
    all.sort_by_key(|compiler| {
        let version = compiler.version.as_deref().map(releases::numbers);
        let other = compiler.source == CompilerSource::Found;
        (compiler.kind, other, std::cmp::Reverse(version), compiler.path.clone())
    });
    let named: Vec<&HostCompiler> = all.iter().copied().filter(|compiler| compiler.is_explicit()).collect();
    let eligible = if named.is_empty() { all } else { named };
    let works = |compiler: &&&HostCompiler| compiler.version.is_some();
    let found = eligible.iter().find(|compiler| accepts(toolkit, compiler));
    let allowed = || eligible.iter().find(works).filter(|_| wish.allow_unsupported_compiler);
    if let Some(compiler) = found.or_else(allowed) {
        return Ok(compiler);
    }
    let gcc = toolkit.gcc;
    let limit = |name: &str, limit: Option<u32>| limit.map(|limit| format!("{name} up to version {limit}"));
    let accepts: Vec<String> = [limit("g++", gcc), limit("clang++", toolkit.clang)].into_iter().flatten().collect();
    let accepts = if accepts.is_empty() { "any g++".into() } else { accepts.join(" or ") };
    if eligible.is_empty() {
        return Err(Obstacle::HostCompilerMissing { what: format!("it needs {accepts}, and none is on `PATH`"), gcc });
    }
    let installed = eligible.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if eligible.iter().find(works).is_none() {
        let what = format!("it needs {accepts}, and this is none: {installed}");
        return Err(Obstacle::HostCompilerMissing { what, gcc });
    }
    Err(Obstacle::HostCompilerTooNew { accepts, gcc, installed })
}
