//! The record of a pool's engine whichever way it runs: as a process, in a container, or on another host.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::record::document::Document;
use crate::record::{Record, State};

/// What a pool's `record.json` says of its engine, of whichever kind that is.
///
/// Written with schema 2, read with schema 1 too, which knows processes alone. This crate starts and signals processes
/// alone: for an engine of another kind its functions answer as for a record that they cannot read, and touch nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(into = "Document", try_from = "Document")]
pub struct PoolRecord {
    /// The pool it belongs to.
    pub pool: String,
    /// 128 random bits in hex, one value for each start.
    pub instance: String,
    /// How far it has come.
    pub state: State,
    /// What runs.
    pub engine: RecordedEngine,
    /// The boot it was started in (`/proc/sys/kernel/random/boot_id`).
    pub boot_id: String,
    /// The user who started it.
    pub uid: u32,
    /// Its arguments without the program; bytes that are not UTF-8 are replaced.
    pub argv: Vec<String>,
    /// The address it listens on.
    pub host: String,
    /// The port it listens on.
    pub port: u16,
    /// What the caller compares a later request with.
    pub fingerprint: BTreeMap<String, String>,
    /// When it was started, in seconds since 1970; for people, never for a decision.
    pub started_unix_s: u64,
}

/// What a recorded engine is: `kind` in the file, with the fields of that kind beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordedEngine {
    /// A process of this host; see [`Record`] for the fields.
    Process {
        /// The engine's process.
        pid: i32,
        /// When it started, in clock ticks since boot.
        start_ticks: u64,
        /// The kernel's number for it, or 0.
        pidfd_inode: u64,
        /// The PID namespace in which `pid` counts.
        pid_ns: u64,
        /// The program.
        exe: String,
    },
    /// A container of this host.
    Container {
        /// The program that runs it: `podman` or `docker`.
        runtime: String,
        /// Its id.
        id: String,
        /// Its name.
        name: String,
        /// Its image, by digest.
        image: String,
    },
    /// An engine that is run elsewhere and only used from here.
    Remote {
        /// Where it answers.
        url: String,
    },
}

impl fmt::Display for RecordedEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process { pid, .. } => write!(f, "process {pid}"),
            Self::Container { runtime, name, .. } => {
                write!(f, "container `{}` of {}", name.escape_debug(), runtime.escape_debug())
            }
            Self::Remote { url } => write!(f, "the remote engine at {}", url.escape_debug()),
        }
    }
}

impl From<Record> for PoolRecord {
    fn from(record: Record) -> Self {
        let Record { pid, start_ticks, pidfd_inode, pid_ns, exe, .. } = record;
        Self {
            pool: record.pool,
            instance: record.instance,
            state: record.state,
            engine: RecordedEngine::Process { pid, start_ticks, pidfd_inode, pid_ns, exe },
            boot_id: record.boot_id,
            uid: record.uid,
            argv: record.argv,
            host: record.host,
            port: record.port,
            fingerprint: record.fingerprint,
            started_unix_s: record.started_unix_s,
        }
    }
}

/// The record of a process; the sentence says what it is of otherwise.
impl TryFrom<PoolRecord> for Record {
    type Error = String;

    fn try_from(record: PoolRecord) -> Result<Self, String> {
        let RecordedEngine::Process { pid, start_ticks, pidfd_inode, pid_ns, exe } = record.engine else {
            return Err(format!("it is of {}, not of a process", record.engine));
        };
        Ok(Self {
            pool: record.pool,
            instance: record.instance,
            state: record.state,
            pid,
            start_ticks,
            pidfd_inode,
            boot_id: record.boot_id,
            pid_ns,
            uid: record.uid,
            exe,
            argv: record.argv,
            host: record.host,
            port: record.port,
            fingerprint: record.fingerprint,
            started_unix_s: record.started_unix_s,
        })
    }
}
