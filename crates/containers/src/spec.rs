//! What a container is to be: everything that decides it, as checked values.

mod network;
mod owner;
mod storage;

pub use network::{Network, Published};
pub use owner::{LABEL_KEY, LABEL_POOL, LABEL_RUN, Owner};
pub use storage::{Mount, Scratch};

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use crate::values::bad;
use crate::{CdiName, ContainerError, ContainerName, EnvVar, ImageRef, User};

/// The container of one run of an engine.
///
/// What is not here cannot be asked for: no privileged mode, no added capability, no shared process or IPC namespace, no
/// restart by the runtime, no pull at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSpec {
    /// Its name.
    pub name: ContainerName,
    /// Whose it is, written into its labels.
    pub owner: Owner,
    /// Its image, which has to be in the local store.
    pub image: ImageRef,
    /// The program in the image that is run in place of the image's own entry point; that one when left out.
    pub entrypoint: Option<String>,
    /// The arguments of the entry point, in place of the image's own.
    pub args: Vec<String>,
    /// Variables that may be read by anyone who may inspect the container.
    pub env: Vec<EnvVar>,
    /// How its ports are reached.
    pub network: Network,
    /// The devices passed in.
    pub devices: Vec<CdiName>,
    /// The folders and files of the host that it sees, models for instance.
    pub mounts: Vec<Mount>,
    /// Secret files, made by [`SecretDir`](crate::SecretDir).
    pub secrets: Vec<Mount>,
    /// Writable folders in memory, for the caches of an engine whose root is read-only.
    pub scratch: Vec<Scratch>,
    /// Whether its root file system is read-only.
    pub read_only_root: bool,
    /// The size of `/dev/shm` in bytes; the runtime's default (64 MB) when left out.
    pub shm_bytes: Option<NonZeroU64>,
    /// The most memory that it may use, in bytes, without swap; unlimited when left out.
    pub memory_bytes: Option<NonZeroU64>,
    /// The most processes and threads that it may have; the runtime's default when left out.
    pub pids: Option<NonZeroU32>,
    /// Whether it may lock any amount of memory, which RDMA and pinned buffers need.
    pub unlimited_memlock: bool,
    /// The user that it runs as; the image's own when left out.
    pub user: Option<User>,
    /// Whether mounts are labelled for SELinux: where the host enforces it ([`Info::selinux`](crate::Info::selinux)).
    pub selinux: bool,
    /// The size in bytes at which its log begins again.
    pub log_max_bytes: NonZeroU64,
    /// How long it has between TERM and KILL when others stop it, for instance at the host's shutdown.
    pub stop_grace: Duration,
}

/// 8 MiB, where a log begins again.
const LOG_MAX_BYTES: NonZeroU64 = NonZeroU64::MIN.saturating_add((8 << 20) - 1);

impl RunSpec {
    /// A container of an image, with a read-only root, no devices, and no limits but those that it always has.
    pub fn new(name: ContainerName, owner: Owner, image: ImageRef, network: Network) -> Self {
        Self {
            name,
            owner,
            image,
            entrypoint: None,
            args: Vec::new(),
            env: Vec::new(),
            network,
            devices: Vec::new(),
            mounts: Vec::new(),
            secrets: Vec::new(),
            scratch: Vec::new(),
            read_only_root: true,
            shm_bytes: None,
            memory_bytes: None,
            pids: None,
            unlimited_memlock: false,
            user: None,
            selinux: false,
            log_max_bytes: LOG_MAX_BYTES,
            stop_grace: Duration::from_secs(10),
        }
    }

    /// Checks what a single value cannot know.
    ///
    /// # Errors
    ///
    /// [`ContainerError::BadValue`] for an entry point that the runtime would read as a list, for an argument with a NUL
    /// byte, and for two mounts at one path.
    pub(crate) fn check(&self) -> Result<(), ContainerError> {
        if let Some(program) = &self.entrypoint
            && (program.is_empty() || program.starts_with(['[', '-']) || program.chars().any(char::is_control))
        {
            return Err(bad("entry point", program, "it is a program's name or path"));
        }
        if let Some(arg) = self.args.iter().find(|arg| arg.contains('\0')) {
            return Err(bad("argument", arg, "it has a NUL byte"));
        }
        let mut targets: Vec<&str> =
            self.mounts.iter().chain(&self.secrets).map(|mount| mount.target.as_str()).collect();
        targets.extend(self.scratch.iter().map(|scratch| scratch.path().as_str()));
        targets.sort_unstable();
        let twice = targets.windows(2).find_map(|pair| (pair.first() == pair.last()).then(|| pair.first()).flatten());
        twice.map_or(Ok(()), |path| Err(bad("mount", path, "two mounts have this path in the container")))
    }
}
