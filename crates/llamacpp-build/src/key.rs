//! What makes two builds the same build, and how two builds differ.

pub(crate) mod as_spelled;
pub(crate) mod content;
pub(crate) mod cpu;
pub(crate) mod difference;
pub(crate) mod identity;
pub(crate) mod inputs;
pub(crate) mod libc_version;
pub(crate) mod lookup;
pub(crate) mod tool_version;
