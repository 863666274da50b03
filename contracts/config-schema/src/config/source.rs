//! What to build an engine from, and how.

use std::{num::NonZeroU32, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::fields;
use crate::{CmakeFlag, GitRef, RepoUrl};

/// The source tree an engine is built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    /// The git repository. Building it runs its CMake code, so it is trusted by being named here.
    pub repo: RepoUrl,
    /// The branch, tag or commit to build; `WORKTREE` for a local folder as it is, committed or not.
    #[serde(rename = "ref")]
    pub git_ref: GitRef,
    /// Whether submodules are fetched too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submodules: Option<bool>,
    /// How it is built.
    #[serde(default)]
    pub build: SourceBuildConfig,
}

/// How a source tree is built.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SourceBuildConfig {
    /// CMake definitions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cmake_flags: Option<Vec<CmakeFlag>>,
    /// Whether `cmake_flags` may name what CMake or the build runs: a toolchain file, a launcher, an included project file.
    /// What the named file contains is part of the build's key; what it reads or runs in turn is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_unsafe_cmake: Option<bool>,
    /// The CMake generator, such as `Ninja`.
    #[serde(deserialize_with = "fields::optional_text", skip_serializing_if = "Option::is_none")]
    pub generator: Option<String>,
    /// The folder that keeps sources and finished builds. A relative path is meant from the folder
    /// of the configuration file.
    #[serde(deserialize_with = "fields::optional_path", skip_serializing_if = "Option::is_none")]
    pub cache_dir: Option<PathBuf>,
    /// How many compilers run at once. Left out, it follows from cores and memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jobs: Option<NonZeroU32>,
}
