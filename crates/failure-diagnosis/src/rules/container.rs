//! Containers: what podman, docker, crun, runc, containerd and the NVIDIA toolkit print when an image cannot be pulled or
//! a container cannot be created or started.
//!
//! A rule here looks at what the runtime could not do. Its last words often name only an effect: crun reports any missing
//! file as "a command that was not found".

pub(super) mod cdi;
pub(super) mod cgroup;
pub(super) mod device;
pub(super) mod engine;
pub(super) mod image;
pub(super) mod network;
pub(super) mod no_gpu;
pub(super) mod registry;
pub(super) mod runtime;
pub(super) mod storage;
pub(super) mod toolkit;
pub(super) mod user_namespace;
