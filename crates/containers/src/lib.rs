//! Runs an engine in a container of podman or docker, and reports what that container does now.
//!
//! The rules: an image is named by its digest and never pulled by a start; a container has no privilege that was not
//! asked for by name; its secrets are files in memory; what is not provably the caller's own is never touched; every
//! step can be repeated after a kill at any moment.
//!
//! ```no_run
//! use std::time::Duration;
//! use containers::{ContainerName, ImageRef, Kind, Label, Network, Owner, Program, RunId, RunSpec, Slot};
//!
//! let podman = Program::locate(Kind::Podman, &exec::Env::current())?;
//! let image = ImageRef::new("ghcr.io/ggml-org/llama.cpp@sha256:4d8cc3e1436c8d09d264fb92cdb439fc4fbb3f2b1e0eebd509a9816f00807feb")?;
//! let owner = Owner { pool: Label::new("chat")?, run: RunId::new("00112233445566778899aabbccddeeff")?, key: Label::new("76ff")? };
//! let spec = RunSpec::new(ContainerName::new("engine-chat")?, owner, image, Network::Host);
//! let slot = Slot::new("/run/engine-provisioner/chat");
//!
//! let created = containers::create(&podman, &spec, &slot)?;
//! let running = containers::start(&podman, &created)?;
//! if let Some(watch) = containers::watch(&podman, &running)? {
//!     let ended = watch.wait(Duration::from_secs(5))?;
//!     println!("{ended:?}");
//! }
//! containers::stop(&podman, &running, Duration::from_secs(10))?;
//! containers::remove(&podman, &running)?;
//! # Ok::<(), containers::ContainerError>(())
//! ```

mod argv;
mod container;
mod error;
mod find;
mod image;
mod life;
mod preflight;
mod program;
mod secret;
mod slot;
mod spec;
mod values;

pub use argv::create_argv;
pub use container::{Container, Ended, State};
pub use error::ContainerError;
pub use find::{Claim, Found, Ours, find, refresh};
pub use image::{Image, OwnedImage, Progress, Pull, Removed, check_room, image, owned_images, pull, remove_image};
pub use life::{
    Following, LogPart, OneShot, Settled, StopOutcome, Watch, create, follow, follow_lines, logs, one_shot, processes,
    remove, settle, start, stop, watch,
};
pub use preflight::{
    Cgroups, Demand, Helper, HostFacts, HostProblem, IdRanges, Info, Namespaces, RuntimeDir, UserFacts, host_facts,
    info, judge,
};
pub use program::{Kind, Program, Version};
pub use secret::SecretDir;
pub use slot::{Intent, Slot};
pub use spec::{LABEL_KEY, LABEL_POOL, LABEL_RUN, Mount, Network, Owner, Published, RunSpec, Scratch};
pub use values::{CdiName, ContainerName, Digest, EnvVar, HostPath, ImageRef, InnerPath, Label, RunId, User};
