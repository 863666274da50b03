//! The build's key: what makes two builds the same build.
//!
//! Everything in [`Inputs`] can change the result, and nothing else is allowed to: the environment of CMake and the
//! compilers is fixed, and what the host decides (compilers, C library, processor) is named here.

use std::collections::BTreeMap;
use std::path::Path;

use engine_store::{EntryKey, Manifest, Recipe};
use serde::{Deserialize, Serialize};

use crate::cmake::quirks;
use crate::compile::ccache_and_linker;
use crate::key::cpu;
use crate::key::libc_version::libc_version;
use crate::{Backend, BuildError, BuildKey, BuildRequest, Commit, Definition, Definitions, Generator, ToolId};

/// Goes up when the way of building changes, so that entries of the old way are not taken for the new.
const RECIPE: u32 = 1;

/// Everything that decides what a build results in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// Version of the way of building.
    pub recipe: u32,
    /// The repository, as configured, without user and password.
    pub repo: String,
    /// The whole commit id.
    pub commit: Commit,
    /// Whether submodules are part of the tree.
    pub submodules: bool,
    /// `cpu` or `cuda`.
    pub backend: String,
    /// CMake definitions, by name.
    pub definitions: BTreeMap<String, String>,
    /// Which kind of build files.
    pub generator: Generator,
    /// CMake, C and C++ compiler; nvcc, linker and ccache where they are used.
    pub tools: BTreeMap<String, ToolId>,
    /// Processor architecture and system.
    pub target: String,
    /// The C library.
    pub libc: String,
    /// The processor's features, unless the build is for any processor (`GGML_NATIVE=OFF`).
    pub cpu: Option<String>,
    /// Variables that the compilers see beyond the fixed ones.
    pub env: BTreeMap<String, String>,
    /// SHA-256 of the files that definitions let CMake or the build run, by definition.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
}

impl Inputs {
    /// The key of these inputs. Canonical JSON: fields in the order of the type, maps sorted by key.
    pub fn key(&self) -> BuildKey {
        EntryKey::of(&Recipe::LLAMACPP_SOURCE_1, &serde_json::to_vec(self).unwrap_or_default())
    }

    /// The inputs of a stored build; `None` for an entry that another recipe made.
    pub fn of(manifest: &Manifest) -> Option<Self> {
        (manifest.recipe == Recipe::LLAMACPP_SOURCE_1).then(|| manifest.inputs.read().ok())?
    }
}

/// What a request comes to on this host, for one commit. Runs no program.
pub fn identify(request: &BuildRequest, commit: &Commit) -> Result<(Inputs, Definitions), BuildError> {
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
    let features = cpu::features(&cpu::info());
    // A compiler that the operator chose is not the one whose version is known here.
    let compilers = [("CMAKE_C_COMPILER", &tools.cc), ("CMAKE_CXX_COMPILER", &tools.cxx)];
    let known =
        compilers.iter().filter(|(name, _)| !definitions.asked_for(name)).map(|(_, tool)| tool.version.as_str());
    if let Some(note) = quirks::lost_tile_configuration(known, &features) {
        definitions.decide("GGML_NATIVE", "OFF", note);
    }
    let native = definitions.get("GGML_NATIVE").is_none_or(crate::cmake::definition::is_on);
    let inputs = Inputs {
        recipe: RECIPE,
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
    Ok((inputs, definitions))
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
