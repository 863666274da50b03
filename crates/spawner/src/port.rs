//! Ports: whether one is free, who listens on it, and a lock for each while it is given to an engine.

pub(crate) mod free;
pub(crate) mod listener;
pub(crate) mod lock;
pub(crate) mod privilege;
pub(crate) mod sockets;
