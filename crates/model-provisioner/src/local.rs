//! Judging files that are there: reads only, and never more of a file than its header.

pub(crate) mod gguf;
pub(crate) mod plain;
pub(crate) mod repository;
pub(crate) mod triton;
pub(crate) mod walk;
