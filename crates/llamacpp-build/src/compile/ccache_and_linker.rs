//! What makes a build faster and not different: ccache before the compilers, and a fast linker.
//!
//! Both are in the build's key. Each must do its work on a small program before a build relies on it; one that does not
//! is left out of that build, which then is what the compilers alone make.

use std::path::Path;
use std::time::{Duration, Instant};

use engine_store::Layout;
use exec::{CommandSpec, ExecError, Output, run};

use crate::compile::step::environment;
use crate::plan::job::Job;
use crate::{Backend, BuildError, BuildRequest, Definitions};

/// For one small program.
const DEADLINE: Duration = Duration::from_secs(20);
const LAUNCHERS: [&str; 3] =
    ["CMAKE_C_COMPILER_LAUNCHER", "CMAKE_CXX_COMPILER_LAUNCHER", "CMAKE_CUDA_COMPILER_LAUNCHER"];
const LINKED: [&str; 3] = ["CMAKE_EXE_LINKER_FLAGS", "CMAKE_MODULE_LINKER_FLAGS", "CMAKE_SHARED_LINKER_FLAGS"];

/// Adds the definitions that put the helpers to use.
pub(crate) fn define(request: &BuildRequest, definitions: &mut Vec<(String, String)>) {
    let cuda = matches!(request.backend, Backend::Cuda { .. });
    if let Some(ccache) = &request.tools.ccache {
        for name in LAUNCHERS.iter().filter(|name| cuda || !name.contains("CUDA")) {
            definitions.push(((*name).to_owned(), ccache.path.to_string_lossy().into_owned()));
        }
    }
    if let Some(linker) = request.tools.fuse() {
        for name in LINKED {
            let flag = format!("-fuse-ld={linker}");
            match definitions.iter_mut().find(|(other, _)| other == name) {
                Some((_, flags)) => *flags = format!("{flags} {flag}"),
                None => definitions.push((name.to_owned(), flag)),
            }
        }
    }
}

/// The commands that try the helpers in a folder of their own: ccache's, then the linker's, where they are used.
pub(crate) fn probes(layout: &Layout, request: &BuildRequest, staging: &Path) -> Vec<CommandSpec> {
    probe_ccache(layout, request, staging).into_iter().chain(probe_linker(layout, request, staging)).collect()
}

fn probe_ccache(layout: &Layout, request: &BuildRequest, staging: &Path) -> Option<CommandSpec> {
    let ccache = request.tools.ccache.as_ref()?;
    let spec = CommandSpec::new(&ccache.path, DEADLINE).arg(&request.tools.cc.path);
    let spec = spec.args(["-c", "probe.c", "-o", "probe.o"]).cwd(staging.join("probe"));
    Some(environment(layout, request, staging, spec))
}

fn probe_linker(layout: &Layout, request: &BuildRequest, staging: &Path) -> Option<CommandSpec> {
    let linker = request.tools.fuse()?;
    let spec = CommandSpec::new(&request.tools.cxx.path, DEADLINE).arg(format!("-fuse-ld={linker}"));
    let spec = spec.args(["-x", "c", "probe.c", "-o", "probe"]).cwd(staging.join("probe"));
    Some(environment(layout, request, staging, spec))
}

/// The definitions without the helpers that do not work here.
pub(crate) fn healthy(
    layout: &Layout,
    job: &Job,
    definitions: &Definitions,
    staging: &Path,
) -> Result<Definitions, BuildError> {
    let mut healthy = definitions.clone();
    let probe = staging.join("probe");
    std::fs::create_dir_all(&probe).map_err(BuildError::io("create the folder", &probe))?;
    durable::replace(&probe.join("probe.c"), b"int main(void) { return 0; }\n")?;
    let specs = [probe_ccache(layout, job, staging), probe_linker(layout, job, staging)];
    let guard = &job.guard;
    let timed = |spec: &CommandSpec| {
        let started = Instant::now();
        (run(&guard.over(spec)), started.elapsed())
    };
    // At once: each starts compilers, and the build waits for both.
    let both = exec::parallel_map(specs.iter().collect(), |spec| spec.as_ref().map(timed));
    let [with_ccache, with_linker] = &specs;
    let mut both = both.into_iter();
    let (cached, linked) = (both.next().flatten(), both.next().flatten());
    let works = |spec: &Option<CommandSpec>, ran: Option<(Result<Output, ExecError>, Duration)>| {
        let ((result, took), spec) = ran.zip(spec.as_ref())?;
        job.note(spec, None, &result, took);
        result.and_then(|output| output.require_success(spec)).err()
    };
    if let Some(error) = works(with_ccache, cached) {
        tracing::warn!(%error, "ccache does not work; building without it");
        for name in LAUNCHERS {
            healthy.drop_default(name);
        }
    }
    if let (Some(error), Some(linker)) = (works(with_linker, linked), job.tools.fuse()) {
        tracing::warn!(%error, linker, "the linker does not work; building with the compiler's own");
        for name in LINKED {
            healthy.strike_out(name, &format!("-fuse-ld={linker}"));
        }
    }
    std::fs::remove_dir_all(&probe).map_err(BuildError::io("remove", &probe))?;
    Ok(healthy)
}
