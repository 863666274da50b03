//! What a build is named by: its content, never the place where anything was.
//!
//! Everything in [`Inputs`] can change the result, and nothing else is allowed to: the environment of CMake and the
//! compilers is fixed, and what the host decides (compilers, C library, instruction set) is named here in full. Paths, the
//! repository's address and the names of host and CPU are not: two checkouts of one commit are one build, and so are two
//! hosts whose tools are the same.

use std::collections::BTreeMap;

use engine_store::{EntryKey, Manifest, Recipe};
use serde::{Deserialize, Serialize};

use crate::key::as_spelled::AsSpelled;
use crate::key::content;
use crate::{BuildKey, Commit, Generator};

/// Goes up when what is built, or what it is named by, changes.
pub(crate) const RECIPE: u32 = 2;

/// Everything that decides what a build results in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// Version of the recipe: 2, or 1 for an entry that an earlier release made.
    pub recipe: u32,
    /// The whole commit id.
    pub commit: Commit,
    /// Whether submodules are part of the tree.
    pub submodules: bool,
    /// `cpu` or `cuda`.
    pub backend: String,
    /// CMake definitions, by name, without those that name the place of a tool. A file that CMake or the build runs is named
    /// by its digest.
    pub definitions: BTreeMap<String, String>,
    /// Which kind of build files.
    pub generator: Generator,
    /// Versions in full, or digests: CMake, the C and C++ compiler; linker and ccache where they are used; for CUDA nvcc, its
    /// host compiler, cudart, cuBLAS, CCCL, and NCCL where it is linked.
    pub tools: BTreeMap<String, String>,
    /// CPU architecture and system.
    pub target: String,
    /// The C library.
    pub libc: String,
    /// The instruction sets of the CPU that compilers generate code for, in alphabetical order, unless the build is for any CPU
    /// (`GGML_NATIVE=OFF`).
    pub cpu: Option<String>,
    /// Variables that the compilers see beyond the fixed ones, without those that name the place of a tool.
    pub env: BTreeMap<String, String>,
}

impl Inputs {
    /// The key of these inputs. Canonical JSON: fields in the order of the type, maps sorted by key.
    pub fn key(&self) -> BuildKey {
        EntryKey::of(&Recipe::LLAMACPP_SOURCE_2, &serde_json::to_vec(self).unwrap_or_default())
    }

    /// The inputs of a stored build, of this recipe or the one before; `None` for an entry that another recipe made. What
    /// recipe 1 did not write down is missing in them.
    pub fn of(manifest: &Manifest) -> Option<Self> {
        if manifest.recipe == Recipe::LLAMACPP_SOURCE_2 {
            return manifest.inputs.read().ok();
        }
        let spelled = AsSpelled::of(manifest)?;
        Some(Self { recipe: 1, ..content::of(&spelled, &BTreeMap::new()) })
    }

    /// Whether a stored build has the same result: each input is known of it, and is the same.
    pub fn is_proven_by(&self, stored: &Self) -> bool {
        *self == Self { recipe: self.recipe, ..stored.clone() }
    }
}
