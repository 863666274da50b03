//! What these tests share: a hub on loopback, the real command, and files.

pub(crate) mod fixtures;
pub(crate) mod hf;
pub(crate) mod http;
pub(crate) mod hub;
pub(crate) mod tree;
