//! What a runtime says of a pool's engine, in the words of every runtime.

use std::fmt;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::time::Duration;

use exec::Exit;
use serde::Serialize;

use crate::Result;
use crate::lifecycle::Health;
use crate::supply::Facts;

/// What lives of a pool.
#[derive(Debug, Default)]
pub struct Seen {
    /// Its engine, while that runs.
    pub instance: Option<Instance>,
    /// The port that counts as the pool's own: its engine's, or that of one whose stop was interrupted.
    pub own_port: Option<u16>,
    /// Why nothing may be started for this pool now, whatever is wanted.
    pub refusal: Option<crate::Error>,
}

/// An engine that lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// What it is.
    pub kind: crate::InstanceKind,
    /// The facts that it was started with.
    pub facts: Facts,
    /// Its arguments.
    pub args: Vec<String>,
    /// The address it was told to listen on.
    pub host: String,
    /// The port it was told to listen on.
    pub port: u16,
    /// When it was started, in seconds since 1970.
    pub started_unix_s: u64,
    /// What it prints.
    pub log: PathBuf,
}

/// What a pool's engine does, as its runtime knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// It runs.
    Running {
        /// The engine.
        instance: Instance,
        /// How long it has run.
        uptime: Duration,
    },
    /// It runs and is being stopped.
    Stopping {
        /// The engine.
        instance: Instance,
        /// How long it has run.
        uptime: Duration,
    },
    /// It has exited by itself.
    Exited {
        /// The engine.
        instance: Instance,
        /// How, where that is known.
        exit: Option<Exit>,
    },
    /// It is gone without a trace, for instance since the last boot.
    Stale {
        /// The engine.
        instance: Instance,
        /// Why, in words.
        why: String,
    },
    /// It may run, and is not ours to touch from here.
    Foreign {
        /// Why, in words.
        why: String,
    },
    /// None was started, or it was stopped.
    Absent,
    /// What is recorded of it cannot be understood.
    Unreadable {
        /// Why, in words.
        why: String,
    },
}

/// What an engine answers at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its answer; [`Health::Silent`] where something else answers in its place.
    pub health: Health,
    /// What answers in its place, in words.
    pub other: Option<String>,
    /// Why it answers so, in words, where that is known.
    pub why: Option<String>,
}

impl From<Health> for Answer {
    fn from(health: Health) -> Self {
        Self { health, other: None, why: None }
    }
}

/// What a running engine answers and uses at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vitals {
    /// Its answer, where it was asked.
    pub answer: Option<Answer>,
    /// What it uses; none where it no longer runs, or where that is not known.
    pub usage: Option<Usage>,
}

/// What a running engine uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Its processes as this host numbers them, the leader first: a GPU's driver reports memory by these numbers.
    pub pids: Vec<i32>,
    /// Memory that they hold in RAM, in bytes.
    pub rss_bytes: u64,
    /// Whether something listens on its port; an engine without a listener is still starting.
    pub listens: bool,
}

/// A running engine to watch. Dropping it changes nothing.
#[derive(Debug)]
pub struct Watching {
    /// The engine.
    pub instance: Instance,
    /// What becomes readable when it exits.
    pub watch: Box<dyn Watched>,
}

/// A handle to a running engine whose descriptor becomes readable when that exits.
pub trait Watched: AsFd + fmt::Debug + Send + Sync {
    /// Waits until the engine has exited, for at most `timeout`; how it exited, or nothing while it still runs.
    fn wait(&self, timeout: Duration) -> Result<Option<Exit>>;

    /// How long it has run.
    fn uptime(&self) -> Duration;
}

/// What stopping a pool's engine found and did. After each of these the pool has no engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StopOutcome {
    /// It exited after it was asked to.
    Graceful,
    /// It was killed, because it did not exit in time.
    Forced,
    /// It was recorded, and had exited already.
    AlreadyGone,
    /// None runs for this pool.
    NothingRecorded,
    /// Others run it: the pool no longer uses it, and it was left running.
    LeftRunning,
}
