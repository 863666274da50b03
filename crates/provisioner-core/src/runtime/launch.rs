//! What a runtime is given to start an engine.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::supply::Facts;

/// All that decides what an engine does once it is started. Its `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Start {
    /// The program, the image with its digest, or the address.
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
    /// An engine that others run, by its address: it is looked at and used.
    Remote(String),
}
