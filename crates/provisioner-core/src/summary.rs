//! What was prepared and what runs: the exact record that a daemon, an operator or a report reads.

use std::path::PathBuf;

use config_schema::{Accelerator, Engine, PoolId, ProvisioningMode};
use serde::{Deserialize, Serialize};

/// An engine that is ready to start, or runs (EP-43). No secret is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparedEngine {
    /// The pool.
    pub pool_id: PoolId,
    /// The engine.
    pub engine: Engine,
    /// What the engine's binary says its version is.
    pub engine_version: String,
    /// The whole commit id it was built from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_ref: Option<String>,
    /// The name of the build in the store: the hash of everything that decided it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_key: Option<String>,
    /// The digest of the binary (`sha256:…`) or image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine_digest: Option<String>,
    /// Where the engine came from.
    pub provisioning_mode: ProvisioningMode,
    /// What it runs on.
    pub accelerator: Accelerator,
    /// The normalised command line after the program's name.
    pub flags: Vec<String>,
    /// The program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binary_path: Option<PathBuf>,
    /// The image, where it runs in a container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_ref: Option<String>,
    /// The model it serves.
    pub model: Model,
    /// Where it listens.
    pub host: String,
    /// On which port.
    pub port: u16,
    /// Where clients reach it.
    pub url: String,
    /// Names of the variables of its environment that hold secrets.
    pub secret_env: Vec<String>,
    /// The logs and command lines of this preparation.
    pub proof_dir: PathBuf,
}

/// The model of a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// As configured.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The file.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// Its checksum (`sha256:…`), where one was configured and verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
}

/// A running engine: what was prepared, and the process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ensured {
    /// What runs.
    #[serde(flatten)]
    pub prepared: PreparedEngine,
    /// The process.
    pub process: Process,
}

/// An engine's process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Whether this call started it.
    pub started: Started,
    /// Its process id; for people. It is never used to signal anything.
    pub pid: i32,
    /// When it was started, in seconds since 1970.
    pub started_unix_s: u64,
    /// What it prints.
    pub log: PathBuf,
}

/// How a running engine came to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Started {
    /// By this call.
    Now,
    /// By an earlier call, with the same configuration; nothing was done.
    Already,
    /// By this call, in place of one with another configuration.
    Replaced,
}
