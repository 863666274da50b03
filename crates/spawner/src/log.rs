//! The engine's log: opened fresh for each start, kept within its limit, and read.

pub(crate) mod cap;
pub(crate) mod files;
pub(crate) mod follow;
pub(crate) mod tail;
pub(crate) mod tend;
pub(crate) mod tender;
