//! What a CUDA pool of this host would run on: asked of `gpu-detect`, with what the pool's own definitions name.

use std::path::PathBuf;

use config_schema::Accelerator;
use gpu_detect::{Conflict, CudaChoice, Gpu, GpuError, Target, Wish, choose};
use llamacpp_build::Definition;

use crate::observe::host::HostSnapshot;
use crate::pool::desired::Desired;

/// What a pool's GPUs are driven and compiled for by.
#[derive(Debug, Default)]
pub(crate) struct Toolchain {
    /// The choice, or why there is none; nothing for a pool on the CPU.
    pub(crate) cuda: Option<Result<CudaChoice, GpuError>>,
    /// The driver's version.
    pub(crate) driver: Option<String>,
    /// Bytes of the chosen GPUs' memory that nothing uses, where the driver reports that of each.
    pub(crate) memory_free: Option<u64>,
}

/// The toolchain for this pool.
pub(crate) fn find(desired: &Desired, pool: &super::Wish, host: &HostSnapshot) -> Toolchain {
    if desired.accelerator != Accelerator::Cuda {
        return Toolchain::default();
    }
    let wish = wish(&pool.definitions);
    // What is looked at does not depend on what is built: pools that differ in that alone share a look.
    let report = host.gpus(&Wish { architectures: None, compression: None, ..wish.clone() });
    let driver = report.driver.as_ref().map(|driver| driver.version.clone());
    let cuda = choose(&report, &desired.devices, &host.gpu_host(&wish));
    let memory_free = cuda.as_ref().ok().and_then(|choice| memory_free(&choice.devices, &report.devices));
    Toolchain { cuda: Some(cuda), driver, memory_free }
}

/// What is free on the chosen GPUs together. An instance of a partitioned GPU has a UUID of its own, and no driver reports
/// what is free of it.
pub(crate) fn memory_free(chosen: &[Target], gpus: &[Gpu]) -> Option<u64> {
    let of = |uuid: &str| gpus.iter().find(|gpu| gpu.uuid == uuid)?.memory_free_bytes;
    let all: Option<Vec<u64>> = chosen.iter().map(|target| of(&target.uuid)).collect();
    all.filter(|all| !all.is_empty()).map(|all| all.iter().sum())
}

/// What is known of the toolkit that would do, where this host has none and nothing else is missing.
pub(crate) fn lacks_toolkit(cuda: Option<&Result<CudaChoice, GpuError>>) -> Option<&Conflict> {
    match cuda? {
        Err(GpuError::Conflict(conflict)) if conflict.candidates.is_empty() => Some(conflict),
        _ => None,
    }
}

/// What the pool's CMake definitions say of toolkit and compilers: it is used, or refused before anything is fetched.
fn wish(definitions: &[Definition]) -> Wish {
    let value = |name: &str| definitions.iter().rev().find(|d| d.name == name).map(|d| d.value.as_str());
    let path = |name: &str| value(name).filter(|path| path.starts_with('/')).map(PathBuf::from);
    let flags = value("CMAKE_CUDA_FLAGS").unwrap_or_default();
    Wish {
        toolkit: path("CMAKE_CUDA_COMPILER").or_else(|| path("CUDAToolkit_ROOT")),
        host_compiler: path("CMAKE_CUDA_HOST_COMPILER"),
        allow_unsupported_compiler: flags.split_whitespace().any(|flag| flag.ends_with("-allow-unsupported-compiler")),
        architectures: value("CMAKE_CUDA_ARCHITECTURES").map(str::to_owned),
        compression: value("GGML_CUDA_COMPRESSION_MODE").map(str::to_owned),
        ..Wish::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_wishes() {
        let wish =
            |words: &[&str]| wish(&words.iter().map(|word| Definition::parse(word).unwrap()).collect::<Vec<_>>());
        assert_eq!(wish(&["-DGGML_NATIVE=OFF", "-DCMAKE_CUDA_COMPILER=nvcc"]), Wish::default());
        let found = wish(&["-DCUDAToolkit_ROOT=/opt/cuda", "-DCMAKE_CUDA_HOST_COMPILER:FILEPATH=/usr/bin/g++-13"]);
        assert_eq!(found.toolkit, Some("/opt/cuda".into()));
        assert_eq!(found.host_compiler, Some("/usr/bin/g++-13".into()));
        assert!(!found.allow_unsupported_compiler);
        assert!(wish(&["-DCMAKE_CUDA_FLAGS=-O2 --allow-unsupported-compiler"]).allow_unsupported_compiler);
    }
}
