//! What CMake is given and what it answers: definitions, the options of a tree, the cache, the File API.

pub(crate) mod build_dir;
pub(crate) mod cache;
pub(crate) mod definition;
pub(crate) mod definitions;
pub(crate) mod file_api;
pub(crate) mod quirks;
pub(crate) mod renames;
pub(crate) mod text;
pub(crate) mod tree;
