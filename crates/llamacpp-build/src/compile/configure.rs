//! Configuring a source tree with CMake, and making sure that CMake did what it was told.

use std::path::Path;

use engine_store::{Layout, Staging};
use exec::{CommandSpec, Exit};
use failure_diagnosis::{Phase, relevant_lines};

use crate::cmake::definitions::is_of_the_tree;
use crate::cmake::file_api::{self, Configured};
use crate::cmake::tree::TreeOptions;
use crate::compile::step::{environment, last_call, run_logged};
use crate::compile::{SERVER, ccache_and_linker, resume};
use crate::folders::Folders;
use crate::plan::job::Job;
use crate::plan::placeholder::DEFINITIONS;
use crate::{Backend, BuildError, BuildRequest, CmakeCache, Definitions, Diagnosed};

/// The command that configures `source` into `build`.
pub(crate) fn command(
    layout: &Layout,
    request: &BuildRequest,
    definitions: impl IntoIterator<Item = String>,
    staging: &Path,
) -> CommandSpec {
    let tools = &request.tools;
    let spec = CommandSpec::new(&tools.cmake.path, request.limits.build)
        .arg("-S")
        .arg(staging.join("src"))
        .arg("-B")
        .arg(staging.join("build"))
        .args(["-G", tools.generator.cmake_name()])
        .arg(format!("-DCMAKE_MAKE_PROGRAM={}", tools.make.path.display()))
        .args(definitions)
        .cwd("/");
    environment(layout, request, staging, spec)
}

/// How kernels are compressed; set to `none` for a driver that does not read what this toolkit makes by default.
const COMPRESSION: &str = "GGML_CUDA_COMPRESSION_MODE";

/// The same as a plan shows it: one place stands for the definitions that the tree or the host may change.
pub(crate) fn planned(
    layout: &Layout,
    request: &BuildRequest,
    definitions: &Definitions,
    staging: &Path,
) -> CommandSpec {
    let late = (!definitions.late().is_empty()).then(|| DEFINITIONS.to_owned());
    command(layout, request, definitions.fixed().into_iter().chain(late), staging)
}

/// Configures, and checks the cache; `used` becomes the definitions that the tree or the host may change, as they were used,
/// also where CMake then fails. EP-14: a GPU asked for and lost is an error here, before any compiler runs.
pub(crate) fn configure(
    layout: &Layout,
    request: &Job,
    planned: &Definitions,
    staging: &Staging,
    used: &mut Option<Vec<String>>,
) -> Result<(), BuildError> {
    let tree = TreeOptions::read(&staging.source());
    if !staging.source().join("CMakeLists.txt").exists() {
        return Err(BuildError::NotLlamaCpp {
            repo: crate::error::shown(&request.source.repo),
            missing: "a CMakeLists.txt in its root",
        });
    }
    if let Some((old, new)) = tree.outdated() {
        return Err(BuildError::TooOld { repo: crate::error::shown(&request.source.repo), old, new });
    }
    let cuda = matches!(request.backend, Backend::Cuda { .. });
    let here = planned.in_tree(&tree, cuda)?;
    for note in here.notes().iter().skip(planned.notes().len()) {
        tracing::warn!(note, "build");
    }
    let definitions = &here;
    let unknown = |name: &str| BuildError::UnknownOption {
        name: name.to_owned(),
        nearest: tree.nearest(name).map(str::to_owned),
    };
    let asked =
        definitions.iter().map(|(name, _)| name).filter(|name| is_of_the_tree(name) && definitions.asked_for(name));
    if let Some(name) = tree.unmentioned(asked, &staging.source()) {
        return Err(unknown(name));
    }
    let uncompressed = definitions.get(COMPRESSION) == Some("none") && !definitions.asked_for(COMPRESSION);
    if uncompressed && tree.unmentioned([COMPRESSION].into_iter(), &staging.source()).is_some() {
        return Err(BuildError::CompressedKernels);
    }
    let definitions = adapted(definitions, &tree);
    let definitions = ccache_and_linker::healthy(layout, request, &definitions, staging.dir())?;
    file_api::ask(&staging.build())?;
    let spec = command(layout, request, definitions.arguments(), staging.dir());
    *used = Some(definitions.late());
    let log = staging.log("configure.log");
    let output = run_logged(request, &spec, None, &log, &mut |_| ())?;
    let text = last_call(&log);
    if output.exit != Exit::Code(0) {
        let excerpt = relevant_lines(&text).join("\n");
        let unknown = BuildError::Configure { exit: output.exit, excerpt, cuda, log: None };
        return Err(Diagnosed::of(Phase::Configure, output.exit, cuda, &text).unwrap_or(unknown));
    }
    if let Some(name) = unused(&text).into_iter().find(|name| definitions.asked_for(name)) {
        return Err(unknown(&name));
    }
    if wants_https(&definitions) && text.contains("OpenSSL not found") {
        return Err(BuildError::NoOpenssl);
    }
    let cache = CmakeCache::read(&staging.build())?;
    if cuda && !cache.is_on("GGML_CUDA") {
        let found = cache.get("GGML_CUDA").map_or("absent".into(), |(kind, value)| format!("{value} ({kind})"));
        let unknown = BuildError::CudaLost { found, log: None };
        return Err(Diagnosed::of(Phase::Configure, output.exit, cuda, &text).unwrap_or(unknown));
    }
    let configured = Configured::read(&staging.build());
    if !configured.executables.is_empty() && !configured.executables.contains_key(SERVER) {
        return Err(BuildError::NotLlamaCpp {
            repo: crate::error::shown(&request.source.repo),
            missing: "an executable target `llama-server`",
        });
    }
    resume::note(request, staging, &definitions);
    Ok(())
}

/// Whether the operator wants what the tree only warns of when it is not to be had.
fn wants_https(definitions: &Definitions) -> bool {
    let name = "LLAMA_OPENSSL";
    definitions.asked_for(name) && definitions.get(name).is_some_and(crate::cmake::definition::is_on)
}

/// Our own defaults that this tree has no option for are left out; the operator's stay and are checked.
fn adapted(definitions: &Definitions, tree: &TreeOptions) -> Definitions {
    let mut adapted = definitions.clone();
    let names: Vec<String> = definitions.iter().map(|(name, _)| name.to_owned()).collect();
    for name in names {
        if is_of_the_tree(&name) && !tree.has(&name) && !matches!(name.as_str(), "LLAMA_BUILD_SERVER" | "GGML_CUDA") {
            adapted.drop_default(&name);
        }
    }
    adapted
}

/// The names under CMake's "Manually-specified variables were not used by the project".
fn unused(log: &str) -> Vec<String> {
    let Some((_, after)) = log.split_once("Manually-specified variables were not used by the project:") else {
        return Vec::new();
    };
    after
        .lines()
        .skip_while(|line| line.trim().is_empty())
        .take_while(|line| line.starts_with("    "))
        .map(|line| line.trim().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unused_variables_are_listed() {
        let log = "-- Generating done\nCMake Warning:\n  Manually-specified variables were not used by the project:\n\n    GGML_CUAD\n    X_Y\n\n\n-- Build files have been written to: /b\n";
        assert_eq!(unused(log), ["GGML_CUAD", "X_Y"]);
        assert_eq!(unused("-- Generating done\n"), [""; 0]);
    }
}
