//! What a container does now, as podman and docker report it.

mod inspect;
mod listed;
mod time;

use std::collections::BTreeMap;

use crate::Digest;

pub(crate) use inspect::parse;
pub(crate) use listed::damaged;

/// A container, as it was at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its id, 64 hexadecimal digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it does.
    pub state: State,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The digest of its image, where the runtime knows one.
    pub image_digest: Option<Digest>,
    /// The image as it was named when the container was created.
    pub image: String,
    /// When it was last started, in seconds since 1970; `None` for one that never was.
    pub started_unix_s: Option<u64>,
    /// The memory limit that is set, in bytes.
    pub memory_bytes: Option<u64>,
    /// The limit of processes and threads that is set.
    pub pids: Option<u64>,
}

/// What a container does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was created and has not been started.
    Created,
    /// Its start is under way, or was interrupted: its first process may run, and the runtime does not know.
    Starting {
        /// Its first process, as this host numbers it, where that is known.
        pid: Option<i32>,
    },
    /// It runs.
    Running {
        /// Its first process, as this host numbers it.
        pid: i32,
    },
    /// Its processes are frozen.
    Paused {
        /// Its first process, as this host numbers it.
        pid: i32,
    },
    /// It was asked to stop and still runs.
    Stopping {
        /// Its first process, as this host numbers it, where that is known.
        pid: Option<i32>,
    },
    /// Its first process has exited.
    Exited(Ended),
    /// It is being removed.
    Removing,
    /// It cannot be used any more, for instance because its storage is damaged.
    Dead,
}

/// How a container's first process exited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Its exit status; 128 and the number of the signal where a signal ended it; `None` where none was recorded, for
    /// instance because the host was rebooted.
    pub code: Option<i32>,
    /// Whether the kernel killed a process of it because its memory limit was reached. `true` is certain; `false` is not
    /// where it was not watched, because the runtime does not see every such kill.
    pub oom_killed: bool,
}

impl Ended {
    /// The same in the terms of a process of this host: a status above 128 is what the runtime records for a signal.
    pub fn exit(self) -> exec::Exit {
        match self.code {
            None => exec::Exit::Unknown,
            Some(code @ 129..=192) => exec::Exit::Signal(code - 128),
            Some(code) => exec::Exit::Code(code),
        }
    }
}

impl State {
    /// Its first process, while it has one.
    pub fn pid(self) -> Option<i32> {
        match self {
            Self::Running { pid } | Self::Paused { pid } => Some(pid),
            Self::Starting { pid } | Self::Stopping { pid } => pid,
            Self::Created | Self::Exited(_) | Self::Removing | Self::Dead => None,
        }
    }

    /// Whether processes of it may run.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Starting { .. } | Self::Running { .. } | Self::Paused { .. } | Self::Stopping { .. })
    }
}
