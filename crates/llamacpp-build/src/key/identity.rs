//! Which build a request is on this host: found out from the request and a few files, without running a program.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use exec::Env;

use crate::cmake::quirks;
use crate::compile::ccache_and_linker;
use crate::key::as_spelled::{self, AsSpelled};
use crate::key::content;
use crate::key::cpu;
use crate::key::libc_version::libc_version;
use crate::source::git::search_path;
use crate::{Backend, BuildError, BuildKey, BuildRequest, Commit, Definition, Definitions, Inputs};

/// A build by what decides its result, and as this host spells it. Its keys are computed once, when they are first asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    inputs: Inputs,
    /// The definitions that CMake is given.
    pub definitions: Definitions,
    /// The same with paths and address: where things are, and the inputs of recipe 1.
    pub(crate) spelled: AsSpelled,
    key: OnceLock<BuildKey>,
    earlier_key: OnceLock<BuildKey>,
}

impl Identity {
    /// What the key is made of.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// The same, to be kept without the rest.
    pub fn into_inputs(self) -> Inputs {
        self.inputs
    }

    /// The key of the build.
    pub fn key(&self) -> BuildKey {
        self.key.get_or_init(|| self.inputs.key()).clone()
    }

    /// The key that the recipe before gave the same request on this host: an engine that was started from that entry is
    /// still the wanted one.
    pub fn earlier_key(&self) -> BuildKey {
        self.earlier_key.get_or_init(|| self.spelled.key()).clone()
    }
}

/// What a request comes to on this host, for one commit. Runs no program.
///
/// # Errors
///
/// Where definitions contradict each other or the accelerator, where a path cannot be given to CMake, and where a file that
/// the operator lets CMake run cannot be read.
pub fn identify(request: &BuildRequest, commit: &Commit) -> Result<Identity, BuildError> {
    let tools = &request.tools;
    usable(request)?;
    let mut accelerator = vec![
        ("CMAKE_C_COMPILER".to_owned(), tools.cc.path.to_string_lossy().into_owned()),
        ("CMAKE_CXX_COMPILER".to_owned(), tools.cxx.path.to_string_lossy().into_owned()),
    ];
    let mut named = BTreeMap::from([
        ("cmake".to_owned(), tools.cmake.clone()),
        ("cc".into(), tools.cc.clone()),
        ("cxx".into(), tools.cxx.clone()),
    ]);
    let mut env = BTreeMap::new();
    if let Backend::Cuda { nvcc, definitions, env: hints, .. } = &request.backend {
        accelerator.extend(definitions.iter().cloned());
        named.insert("nvcc".into(), nvcc.clone());
        env.extend(hints.iter().cloned());
    }
    for (name, tool) in [("linker", &tools.linker), ("ccache", &tools.ccache)] {
        named.extend(tool.clone().map(|tool| (name.to_owned(), tool)));
    }
    ccache_and_linker::define(request, &mut accelerator);
    let mut definitions =
        Definitions::merge(&accelerator, &request.definitions, matches!(request.backend, Backend::Cuda { .. }))?;
    let cpuinfo = cpu::info();
    let features = cpu::features(&cpuinfo);
    // A compiler that the operator chose is not the one whose version is known here.
    let compilers = [("CMAKE_C_COMPILER", &tools.cc), ("CMAKE_CXX_COMPILER", &tools.cxx)];
    let known =
        compilers.iter().filter(|(name, _)| !definitions.asked_for(name)).map(|(_, tool)| tool.version.as_str());
    if let Some(note) = quirks::lost_tile_configuration(known, &features) {
        definitions.decide("GGML_NATIVE", "OFF", note);
    }
    let native = definitions.get("GGML_NATIVE").is_none_or(crate::cmake::definition::is_on);
    let spelled = AsSpelled {
        recipe: as_spelled::RECIPE,
        repo: crate::error::shown(&request.source.repo),
        commit: commit.clone(),
        submodules: request.source.submodules,
        backend: request.backend.to_string(),
        definitions: definitions.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
        generator: tools.generator,
        tools: named,
        target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        libc: libc_version(),
        cpu: native.then_some(features),
        env,
        files: files(&request.definitions)?,
    };
    let cpu = native.then(|| cpu::instruction_sets(&cpuinfo));
    let inputs = content::with_cpu(&spelled, &parts(request, &definitions), cpu);
    Ok(Identity { inputs, definitions, spelled, key: OnceLock::new(), earlier_key: OnceLock::new() })
}

/// What is known by content beside the tools that are asked for their version: the parts of a CUDA toolkit, and compilers that
/// the operator names. Such a compiler is named by the digest of its file.
fn parts(request: &BuildRequest, definitions: &Definitions) -> BTreeMap<String, String> {
    let mut parts = match &request.backend {
        Backend::Cuda { parts, .. } => parts.clone(),
        Backend::Cpu => BTreeMap::new(),
    };
    let tools = &request.tools;
    for (name, part, ours) in [("CMAKE_C_COMPILER", "cc", &tools.cc), ("CMAKE_CXX_COMPILER", "cxx", &tools.cxx)] {
        let asked = definitions.get(name).filter(|value| definitions.asked_for(name) && Path::new(value) != ours.path);
        parts.extend(asked.and_then(|value| Some((part.to_owned(), digest(&program(request, value)?)?))));
    }
    parts
}

/// The file that CMake takes for a compiler's name: as it is given, or from the search path of the build.
fn program(request: &BuildRequest, name: &str) -> Option<PathBuf> {
    let path = Path::new(name);
    if path.is_absolute() {
        return Some(path.to_owned());
    }
    Env::from_pairs([("PATH", search_path(&request.tools.cmake.path))]).find(name)
}

fn digest(path: &Path) -> Option<String> {
    durable::sha256(path).ok().map(|(_, digest)| format!("sha256:{digest}"))
}

/// What is run by definitions that the operator trusts: the first word of each value, which has to be a file.
fn files(definitions: &[Definition]) -> Result<BTreeMap<String, String>, BuildError> {
    let digest = |definition: &Definition| {
        let path = Path::new(definition.value.split(';').next().unwrap_or_default());
        let digest = if path.is_absolute() { durable::sha256(path).ok() } else { None };
        let no_file = || BuildError::UnsafeDefinitionFile { name: definition.name.clone(), path: path.into() };
        digest.map(|(_, digest)| (definition.name.clone(), digest)).ok_or_else(no_file)
    };
    definitions.iter().filter(|definition| definition.runs_code()).map(digest).collect()
}

/// A path that is not UTF-8, or that CMake would take for two, cannot be told to CMake or kept in a manifest (F39).
fn usable(request: &BuildRequest) -> Result<(), BuildError> {
    let tools = &request.tools;
    let nvcc = match &request.backend {
        Backend::Cuda { nvcc, .. } => Some(nvcc),
        Backend::Cpu => None,
    };
    let bad = |path: &Path| path.to_str().is_none_or(|text| !path.is_absolute() || text.contains([';', '\n']));
    let named = [&tools.git, &tools.cmake, &tools.make, &tools.cc, &tools.cxx].into_iter().chain(nvcc);
    match named.chain(&tools.linker).chain(&tools.ccache).find(|t| bad(&t.path)) {
        Some(tool) => Err(BuildError::BadToolPath { path: tool.path.clone() }),
        None => Ok(()),
    }
}
