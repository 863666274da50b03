//! The build as `llamacpp-build` is asked for it, from what the pool wants and which tools are here.

use std::path::PathBuf;

use config_schema::PoolConfig;
use gpu_detect::CudaChoice;
use llamacpp_build::{Backend, BuildRequest, Generator, Guard, Limits, Resolved, ToolId, Toolchain, resolve_recorded};
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
            build: desired.limits.build_timeout(),
            silence: desired.limits.build_silence(),
        },
        env: settings.env.clone(),
        guard: Guard { cancel: settings.cancel.clone(), keeper: settings.keeper() },
    }
}

pub(crate) fn backend(choice: &CudaChoice) -> Backend {
    let (major, minor) = choice.version;
    Backend::Cuda {
        nvcc: ToolId { path: choice.nvcc.clone(), version: format!("{major}.{minor}") },
        definitions: choice.cmake_definitions(),
        // The build has a search path of its own, so that the caller's does not decide what is built.
        env: choice.env().into_iter().filter(|(name, _)| name != "PATH").collect(),
    }
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
