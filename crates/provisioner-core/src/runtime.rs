//! How an engine is run, watched and stopped: one file a way to run it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use config_schema::ProvisioningMode;
use secrecy::SecretString;
use serde::Serialize;
use spawner::PoolGuard;

use crate::supply::Facts;
use crate::{Result, Settings};

pub(crate) mod helper;
pub(crate) mod process;

/// A way to run engines.
pub trait Runtime: fmt::Debug + Send + Sync {
    /// What lives of this pool, whoever started it. Reads only. The pool's folder need not exist.
    fn observe(&self, run_root: &Path, pool: &str) -> Result<Seen>;

    /// Finishes what an interrupted start or stop left, so that nothing of the pool's own holds a port.
    fn settle(&self, guard: &PoolGuard) -> Result<()>;

    /// Starts an engine in a locked pool that has none, and watches it for a moment.
    fn start(&self, guard: &PoolGuard, start: &Start) -> Result<Instance>;

    /// Stops the pool's engine in bounded time.
    fn stop(&self, guard: &PoolGuard, grace: Duration) -> Result<StopOutcome>;

    /// Gives an engine that goes on running what its starter gave it and it may have lost, such as the care of its log.
    fn adopt(&self, guard: &PoolGuard, instance: &Instance) -> Result<()>;
}

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

/// All that decides what an engine does once it is started. Its `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Start {
    /// The program, or the image with its digest.
    pub what: StartWhat,
    /// The arguments.
    pub args: Vec<String>,
    /// The open environment.
    pub env: BTreeMap<OsString, OsString>,
    /// The secret environment.
    pub secret_env: BTreeMap<String, SecretString>,
    /// What makes it the wanted engine.
    pub facts: Facts,
    /// Where it listens.
    pub host: String,
    /// On which port.
    pub port: u16,
    /// How long it is watched for an end right after its start.
    pub early_exit: Duration,
}

/// What is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartWhat {
    /// A program of this host.
    Program(PathBuf),
    /// A container image, by digest.
    Image(String),
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
}

/// The runtime for a mode.
pub(crate) fn runtime(mode: ProvisioningMode, settings: &Settings) -> Box<dyn Runtime> {
    match mode {
        ProvisioningMode::Source
        | ProvisioningMode::Binary
        | ProvisioningMode::Package
        | ProvisioningMode::Container
        | ProvisioningMode::External => Box::new(process::ProcessRuntime::of(settings)),
    }
}
