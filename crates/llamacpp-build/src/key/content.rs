//! From a build as a host spells it to the build by content: pure rules.
//!
//! A place is left out where what is at that place is named by version or digest. A place of which nothing else is known stays:
//! it is all that there is to tell two builds apart.

use std::collections::BTreeMap;
use std::path::Path;

use crate::key::as_spelled::AsSpelled;
use crate::key::cpu;
use crate::key::inputs::{Inputs, RECIPE};
use crate::key::tool_version;

/// Definitions that name the place of a tool, and the tool or part whose content says what is there.
const PLACES: [(&str, &str); 8] = [
    ("CMAKE_C_COMPILER", "cc"),
    ("CMAKE_CXX_COMPILER", "cxx"),
    ("CMAKE_CUDA_COMPILER", "nvcc"),
    ("CMAKE_CUDA_HOST_COMPILER", HOST_COMPILER),
    ("CUDAToolkit_ROOT", "cudart"),
    ("CMAKE_C_COMPILER_LAUNCHER", "ccache"),
    ("CMAKE_CXX_COMPILER_LAUNCHER", "ccache"),
    ("CMAKE_CUDA_COMPILER_LAUNCHER", "ccache"),
];
/// The part that is the compiler nvcc runs.
const HOST_COMPILER: &str = "cuda_host_compiler";
/// The driver's library: programs are linked with its interface, and use the one of the host that they run on.
const DRIVER_LIBRARY: &str = "CUDA_cuda_driver_LIBRARY";
/// Where the linker looks for libraries of libraries. It leaves no trace in what is linked.
const RPATH_LINK: &str = "-Wl,-rpath-link,";

/// The inputs by content. `parts` names what is known beyond the versions of the tools, and replaces them.
pub(crate) fn of(spelled: &AsSpelled, parts: &BTreeMap<String, String>) -> Inputs {
    with_cpu(spelled, parts, spelled.cpu.as_deref().map(cpu::instruction_sets))
}

/// The same with the instruction sets as they are known from elsewhere than from what recipe 1 wrote down.
pub(crate) fn with_cpu(spelled: &AsSpelled, parts: &BTreeMap<String, String>, cpu: Option<String>) -> Inputs {
    let mut tools: BTreeMap<String, String> =
        spelled.tools.iter().map(|(name, tool)| (name.clone(), tool_version::by_content(&tool.version))).collect();
    tools.extend(parts.iter().map(|(name, part)| (name.clone(), part.clone())));
    let links_nccl =
        spelled.definitions.get("GGML_CUDA_NCCL").is_none_or(|value| crate::cmake::definition::is_on(value));
    if !links_nccl {
        tools.remove("nccl");
    }
    let definitions = spelled.definitions.iter().filter_map(|(name, value)| {
        let value = definition(spelled, parts, name, value)?;
        Some((name.clone(), value))
    });
    Inputs {
        recipe: RECIPE,
        commit: spelled.commit.clone(),
        submodules: spelled.submodules,
        backend: spelled.backend.clone(),
        definitions: definitions.collect(),
        generator: spelled.generator,
        tools,
        target: spelled.target.clone(),
        libc: spelled.libc.clone(),
        cpu,
        env: spelled.env.iter().filter(|(_, value)| !is_place(spelled, value)).map(owned).collect(),
    }
}

/// A definition without places; `None` where nothing is left of it.
fn definition(spelled: &AsSpelled, parts: &BTreeMap<String, String>, name: &str, value: &str) -> Option<String> {
    if let Some(digest) = spelled.files.get(name) {
        let (_, arguments) = value.split_once(';').unwrap_or_default();
        return Some(format!("sha256:{digest} {arguments}").trim_end().to_owned());
    }
    if let Some((_, tool)) = PLACES.iter().find(|(place, _)| *place == name) {
        let is_tool = spelled.tools.get(*tool).is_some_and(|tool| tool.path == Path::new(value));
        return (!is_tool && !parts.contains_key(*tool)).then(|| value.to_owned());
    }
    if name == DRIVER_LIBRARY {
        return None;
    }
    if name.ends_with("_LINKER_FLAGS") && value.contains(RPATH_LINK) {
        let kept: Vec<&str> = value.split(' ').filter(|word| !word.starts_with(RPATH_LINK)).collect();
        return Some(kept.join(" ")).filter(|kept| !kept.is_empty());
    }
    Some(value.to_owned())
}

/// Whether a variable's value is a tool, a folder that a tool is in, or what a definition names as the place of one.
fn is_place(spelled: &AsSpelled, value: &str) -> bool {
    let path = Path::new(value);
    let of_tool = path.parent().is_some() && spelled.tools.values().any(|tool| tool.path.starts_with(path));
    of_tool || PLACES.iter().any(|(place, _)| spelled.definitions.get(*place).is_some_and(|place| place == value))
}

fn owned((name, value): (&String, &String)) -> (String, String) {
    (name.clone(), value.clone())
}

#[cfg(test)]
mod tests;
