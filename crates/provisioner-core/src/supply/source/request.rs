//! The build as `llamacpp-build` is asked for it, from what the pool wants and which tools are here.

use std::path::{Path, PathBuf};

use config_schema::PoolConfig;
use gpu_detect::{CudaChoice, nccl};
use llamacpp_build::{
    Backend, BuildRequest, Definition, Generator, Guard, Limits, Resolved, ToolId, Toolchain, resolve_recorded,
};
use preflight::{Need, Report, Tool};

use crate::engine::profile;
use crate::observe::host::HostSnapshot;
use crate::pool::desired::Desired;
use crate::pool::lower::lower;
use crate::supply::source::Wish;
use crate::{Result, Settings};

pub(crate) fn request(
    desired: &Desired,
    wish: &Wish,
    settings: &Settings,
    (tools, helpers): (&Report, &Report),
    backend: Backend,
) -> BuildRequest {
    let found = |report: &Report, tool: Tool| {
        let found = report.get(tool)?;
        Some(ToolId { path: found.path.clone(), version: found.version_line.clone() })
    };
    let id = |tool: Tool| found(tools, tool).unwrap_or_else(|| ToolId { path: PathBuf::new(), version: String::new() });
    let ninja = tools.get(Tool::Ninja).is_some();
    BuildRequest {
        source: wish.source.clone(),
        backend,
        definitions: wish.definitions.clone(),
        tools: Toolchain {
            git: id(Tool::Git),
            cmake: id(Tool::Cmake),
            generator: if ninja { Generator::Ninja } else { Generator::Make },
            make: id(if ninja { Tool::Ninja } else { Tool::Make }),
            cc: id(Tool::Cc),
            cxx: id(Tool::Cxx),
            linker: [Tool::Mold, Tool::Lld, Tool::Ld].into_iter().find_map(|linker| found(helpers, linker)),
            ccache: found(helpers, Tool::Ccache),
        },
        jobs: wish.jobs,
        limits: Limits {
            fetch: desired.limits.fetch_timeout(),
            fetch_silence: desired.limits.fetch_silence(),
            build: desired.limits.build_timeout(),
            silence: desired.limits.build_silence(),
        },
        env: settings.env.clone(),
        guard: Guard { cancel: settings.cancel.clone(), keeper: settings.keeper() },
    }
}

/// CUDA as it was chosen; `definitions` are the pool's own.
pub(crate) fn backend(choice: &CudaChoice, definitions: &[Definition], root: &Path) -> Backend {
    let (major, minor) = choice.version;
    let mut parts = choice.parts.clone();
    let compiler = &choice.host_compiler;
    parts.extend(
        compiler
            .version
            .as_ref()
            .map(|version| ("cuda_host_compiler".to_owned(), format!("{} {version}", compiler.kind))),
    );
    parts.extend(nccl(&nccl_roots(choice, definitions, root)).map(|version| ("nccl".to_owned(), version)));
    Backend::Cuda {
        parts,
        nvcc: ToolId { path: choice.nvcc.clone(), version: format!("{major}.{minor}") },
        definitions: choice.cmake_definitions(),
        // The build has a search path of its own, so that the caller's does not decide what is built.
        env: choice.env().into_iter().filter(|(name, _)| name != "PATH").collect(),
        driver_folder: choice.driver_folder.clone(),
    }
}

/// Where CMake searches for NCCL, first to last: what the pool names, the toolkit, the usual place of toolkits, the system.
fn nccl_roots(choice: &CudaChoice, definitions: &[Definition], root: &Path) -> Vec<PathBuf> {
    let named = ["NCCL_ROOT", "CMAKE_PREFIX_PATH"].into_iter().flat_map(|name| {
        let values = definitions.iter().filter(move |definition| definition.name == name);
        values.flat_map(|definition| definition.value.split(';')).map(PathBuf::from)
    });
    let mut roots: Vec<PathBuf> = named.filter(|path| path.is_absolute()).collect();
    // CMake also searches beside the folders of its search path, where nvcc's is one.
    roots.push(choice.root.clone());
    roots.extend(choice.nvcc.parent().and_then(Path::parent).map(Path::to_owned));
    roots.extend(["usr/local/cuda", "usr/local", "usr"].map(|folder| root.join(folder)));
    roots
}

/// Asks the repository which commit a pool's source means now, whatever it is pinned to. Needs git alone.
pub(crate) fn resolve(pool: &PoolConfig, settings: &Settings) -> Result<Resolved> {
    let unpinned = Settings { pins: None, ..settings.clone() };
    let wish = Wish::of(pool, &unpinned)?;
    let desired = lower(pool, profile(pool.engine), &unpinned)?;
    let host = HostSnapshot::new(settings);
    let report = host.tools(&[Need::from(Tool::Git)]);
    let report = report.require(host.distribution())?;
    let request = request(&desired, &wish, settings, (&report, &report), Backend::Cpu);
    Ok(resolve_recorded(&wish.layout, &request)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supply::source::sample::cuda;

    /// The parts of the toolkit and its host compiler are named by version; NCCL is looked for where CMake looks for it.
    #[test]
    fn a_cuda_build_is_named_by_its_parts() {
        let dir = tempfile::tempdir().unwrap();
        let parts = |definitions: &[&str]| {
            let definitions: Vec<_> = definitions.iter().map(|text| Definition::parse(text).unwrap()).collect();
            let Backend::Cuda { parts, nvcc, .. } = backend(&cuda(), &definitions, dir.path()) else {
                panic!("no CUDA")
            };
            assert_eq!(nvcc.version, "12.9", "as recipe 1 had it");
            parts
        };
        let plain = parts(&[]);
        assert_eq!((plain["nvcc"].as_str(), plain["cuda_host_compiler"].as_str()), ("12.9.86", "g++ 13.3.0"));
        assert!(!plain.contains_key("nccl"), "{plain:?}");
        for (folder, patch) in [("usr", 3), ("opt/nccl", 7)] {
            let root = dir.path().join(folder);
            for part in ["include", "lib"] {
                std::fs::create_dir_all(root.join(part)).unwrap();
            }
            let header = format!("#define NCCL_MAJOR 2\n#define NCCL_MINOR 28\n#define NCCL_PATCH {patch}\n");
            durable::replace(&root.join("include/nccl.h"), header.as_bytes()).unwrap();
            durable::replace(&root.join("lib/libnccl.so"), b"").unwrap();
        }
        assert_eq!(parts(&[])["nccl"], "2.28.3");
        let named = format!("-DNCCL_ROOT={}", dir.path().join("opt/nccl").display());
        assert_eq!(parts(&[&named])["nccl"], "2.28.7");
    }
}
