//! What makes two builds the same build, and how two builds differ.

pub(crate) mod cpu;
pub(crate) mod difference;
pub(crate) mod identity;
pub(crate) mod libc_version;
