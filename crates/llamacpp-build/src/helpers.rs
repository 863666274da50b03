//! What makes a build faster and not different: ccache before the compilers, and a fast linker.
//!
//! Both are in the build's key. Each must do its work on a small program before a build relies on it; one that does not
//! is left out of that build, which then is what the compilers alone make.

use std::path::Path;
use std::time::Duration;

use exec::{CommandSpec, run};

use crate::configure::environment;
use crate::{Backend, BuildError, BuildRequest, Definitions, Layout};

/// For one small program.
const DEADLINE: Duration = Duration::from_secs(20);
/// What ccache may keep; it removes the longest unused itself.
const CCACHE_SIZE: &str = "5G";

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

/// Where ccache works for a build in `staging`: paths below it are seen from there, so that the next build, elsewhere,
/// finds the same objects; nothing of the user's own ccache is read or written.
pub(crate) fn ccache_environment(layout: &Layout, staging: &Path, spec: CommandSpec) -> CommandSpec {
    spec.env("CCACHE_DIR", layout.dir("ccache"))
        .env("CCACHE_CONFIGPATH", "/dev/null")
        .env("CCACHE_BASEDIR", staging)
        .env("CCACHE_NOHASHDIR", "1")
        .env("CCACHE_COMPILERCHECK", "content")
        .env("CCACHE_MAXSIZE", CCACHE_SIZE)
}

/// The definitions without the helpers that do not work here.
pub(crate) fn healthy(
    layout: &Layout,
    request: &BuildRequest,
    definitions: &Definitions,
    staging: &Path,
) -> Result<Definitions, BuildError> {
    let mut healthy = definitions.clone();
    let (tools, probe) = (&request.tools, staging.join("probe"));
    std::fs::create_dir_all(&probe).map_err(BuildError::io("create the folder", &probe))?;
    durable::replace(&probe.join("probe.c"), b"int main(void) { return 0; }\n")?;
    let works = &|program: &Path, args: &[&str]| {
        let spec = CommandSpec::new(program, DEADLINE).args(args.iter().copied()).cwd(&probe);
        let spec = environment(layout, request, staging, spec);
        run(&spec).and_then(|output| output.require_success(&spec))
    };
    // At once: each starts compilers, and the build waits for both.
    let (cc, flag) = (tools.cc.path.to_string_lossy(), tools.fuse().map(|linker| format!("-fuse-ld={linker}")));
    let cached = tools.ccache.as_ref().map(|it| (it.path.as_path(), vec![&*cc, "-c", "probe.c", "-o", "probe.o"]));
    let linked =
        flag.as_deref().map(|flag| (tools.cxx.path.as_path(), vec![flag, "-x", "c", "probe.c", "-o", "probe"]));
    let both = exec::parallel_map(vec![cached, linked], |probe| probe.map(|(program, args)| works(program, &args)));
    let mut both = both.into_iter();
    let (cached, linked) = (both.next().flatten(), both.next().flatten());
    if let Some(Err(error)) = cached {
        tracing::warn!(%error, "ccache does not work; building without it");
        for name in LAUNCHERS {
            healthy.drop_default(name);
        }
    }
    if let (Some(Err(error)), Some(linker)) = (linked, tools.fuse()) {
        tracing::warn!(%error, linker, "the linker does not work; building with the compiler's own");
        for name in LINKED {
            healthy.strike_out(name, &format!("-fuse-ld={linker}"));
        }
    }
    std::fs::remove_dir_all(&probe).map_err(BuildError::io("remove", &probe))?;
    Ok(healthy)
}
