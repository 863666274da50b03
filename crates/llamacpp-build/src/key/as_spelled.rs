//! A build as this host spells it: with the paths of its tools and the address of its repository.
//!
//! These are the inputs of recipe 1. They stay exactly what they were, so that the entries of that recipe are found and read;
//! what a build is named by today is [`Inputs`](crate::Inputs). They also say in provenance where everything was.

use std::collections::BTreeMap;

use engine_store::{EntryKey, Manifest, Recipe};
use serde::{Deserialize, Serialize};

use crate::{BuildKey, Commit, Generator, ToolId};

/// The version of the recipe, in the inputs themselves.
pub(crate) const RECIPE: u32 = 1;

/// Everything that decides what a build results in, by name and place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AsSpelled {
    /// Version of the way of building.
    pub(crate) recipe: u32,
    /// The repository, as configured, without user and password.
    pub(crate) repo: String,
    /// The whole commit id.
    pub(crate) commit: Commit,
    /// Whether submodules are part of the tree.
    pub(crate) submodules: bool,
    /// `cpu` or `cuda`.
    pub(crate) backend: String,
    /// CMake definitions, by name.
    pub(crate) definitions: BTreeMap<String, String>,
    /// Which kind of build files.
    pub(crate) generator: Generator,
    /// CMake, C and C++ compiler; nvcc, linker and ccache where they are used.
    pub(crate) tools: BTreeMap<String, ToolId>,
    /// Processor architecture and system.
    pub(crate) target: String,
    /// The C library.
    pub(crate) libc: String,
    /// The processor's features, unless the build is for any processor (`GGML_NATIVE=OFF`).
    pub(crate) cpu: Option<String>,
    /// Variables that the compilers see beyond the fixed ones.
    pub(crate) env: BTreeMap<String, String>,
    /// SHA-256 of the files that definitions let CMake or the build run, by definition.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) files: BTreeMap<String, String>,
}

impl AsSpelled {
    /// The key that recipe 1 gives these inputs. Canonical JSON: fields in the order of the type, maps sorted by key.
    pub(crate) fn key(&self) -> BuildKey {
        EntryKey::of(&Recipe::LLAMACPP_SOURCE_1, &serde_json::to_vec(self).unwrap_or_default())
    }

    /// The inputs of an entry of recipe 1; `None` for an entry of another one.
    pub(crate) fn of(manifest: &Manifest) -> Option<Self> {
        (manifest.recipe == Recipe::LLAMACPP_SOURCE_1).then(|| manifest.inputs.read().ok())?
    }
}
