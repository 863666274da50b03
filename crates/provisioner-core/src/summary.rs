//! What was prepared and what runs: the exact record that a daemon, an operator or a report reads.
//!
//! This is schema 2. Its keys are those of schema 1 and what came since, so that a reader of schema 1 finds all it
//! knows, and summaries of schema 1 are read: what they lack is absent.

use std::collections::BTreeMap;
use std::path::PathBuf;

use config_schema::{Accelerator, Engine, PoolId, ProvisioningMode};
use serde::{Deserialize, Serialize};

use crate::plan::first_schema;

mod model;

pub use model::{Model, ModelFile, ModelKind};

/// An engine that is ready to start, or runs (EP-43). No secret is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PreparedEngine {
    /// The version of this format.
    #[serde(default = "first_schema")]
    pub schema: u32,
    /// The pool.
    pub pool_id: PoolId,
    /// The engine.
    pub engine: Engine,
    /// What the engine says its version is.
    pub engine_version: String,
    /// The whole commit id it was built from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_ref: Option<String>,
    /// Its name in the store: the hash of everything that decided what was built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_key: Option<String>,
    /// The digest of the binary (`sha256:…`) or image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_digest: Option<String>,
    /// Where the engine came from.
    pub provisioning_mode: ProvisioningMode,
    /// What it runs on.
    pub accelerator: Accelerator,
    /// The normalised command line after the program's name.
    pub flags: Vec<String>,
    /// The program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary_path: Option<PathBuf>,
    /// The image, where it runs in a container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_ref: Option<String>,
    /// What is started; absent in summaries of schema 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<Artifact>,
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
    /// Files that hold the values of some of them, by variable; those of the others are in the environment of who starts it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secret_file: BTreeMap<String, PathBuf>,
    /// Its open environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// The facts that make it the wanted engine; a running engine that was started with the same facts is kept.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
    /// The GPUs that were chosen for it, in the order asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<Device>,
    /// The GPUs that it is given, as `CUDA_VISIBLE_DEVICES` or the container's devices say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_mask: Option<String>,
    /// The driver's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// The version of the CUDA toolkit that it was built with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub toolkit: Option<String>,
    /// The GPU architectures that it was built for, such as `90`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub architectures: Vec<String>,
    /// How many layers of the model are on GPUs, where the engine says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offload: Option<Offload>,
    /// How many requests it serves at once, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slots: Option<u32>,
    /// What was proven of its accelerator, and by which evidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<Proof>,
    /// The logs and command lines of this preparation.
    pub proof_dir: PathBuf,
}

/// What is started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Artifact {
    /// A program of this host.
    Program {
        /// Where it is.
        path: String,
        /// What it says its version is; empty while it is not there.
        version: String,
        /// `sha256:…`
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<String>,
        /// The record of how it was made, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provenance: Option<String>,
    },
    /// A container image.
    Image {
        /// Registry and repository, with the tag that was resolved.
        reference: String,
        /// `sha256:…` of its manifest.
        digest: String,
        /// What the engine in it says its version is.
        version: String,
    },
    /// An engine that is run by others.
    Remote {
        /// Where it answers.
        url: String,
        /// What it says its version is.
        version: String,
    },
}

impl Artifact {
    /// What the engine says its version is.
    pub fn version(&self) -> &str {
        let (Self::Program { version, .. } | Self::Image { version, .. } | Self::Remote { version, .. }) = self;
        version
    }

    /// The digest of program or image.
    pub fn digest(&self) -> Option<&str> {
        match self {
            Self::Program { digest, .. } => digest.as_deref(),
            Self::Image { digest, .. } => Some(digest),
            Self::Remote { .. } => None,
        }
    }
}

/// A GPU, or an instance of a partitioned one, that an engine is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Device {
    /// Its number as `nvidia-smi` prints it.
    pub index: u32,
    /// Its UUID.
    pub uuid: String,
    /// Its product name.
    pub name: String,
    /// Its PCI address, such as `00000000:65:00.0`; a summary of before this field has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pci_bus_id: Option<String>,
}

impl From<&gpu_detect::Target> for Device {
    fn from(gpu: &gpu_detect::Target) -> Self {
        let pci_bus_id = Some(gpu.pci_bus_id.clone()).filter(|address| !address.is_empty());
        Self { index: gpu.index, uuid: gpu.uuid.clone(), name: gpu.name.clone(), pci_bus_id }
    }
}

impl Device {
    /// Its PCI address, where it is known.
    pub(crate) fn pci_address(&self) -> Option<gpu_detect::PciAddress> {
        gpu_detect::PciAddress::parse(self.pci_bus_id.as_deref()?)
    }
}

/// How many layers of a model are on GPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Offload {
    /// On GPUs.
    pub layers: u32,
    /// In all.
    pub of: u32,
}

/// One proof that the engine uses its accelerator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Proof {
    /// What was looked at.
    pub stage: ProofStage,
    /// What it says.
    pub verdict: ProofVerdict,
    /// The facts, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
}

/// What a proof looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProofStage {
    /// Driver, GPUs and toolkit.
    Host,
    /// The finished engine.
    Artifact,
    /// The engine's environment right before the start.
    Start,
    /// The running engine.
    Running,
}

/// What a proof says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProofVerdict {
    /// It uses the accelerator.
    Proven,
    /// It does not.
    Denied,
    /// It cannot be known.
    Undecided,
}

/// A running engine: what was prepared, and what runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ensured {
    /// What runs.
    #[serde(flatten)]
    pub prepared: PreparedEngine,
    /// The process, as schema 1 had it; absent where the engine is not a process of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<Process>,
    /// What runs; absent in summaries of schema 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceKind>,
    /// How it came to run.
    #[serde(default)]
    pub started: Started,
    /// When it was started, in seconds since 1970.
    #[serde(default)]
    pub started_unix_s: u64,
}

/// What runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InstanceKind {
    /// A process of this host.
    Process {
        /// Its process id; for people. It is never used to signal anything.
        pid: i32,
    },
    /// A container of this host.
    Container {
        /// `podman` or `docker`.
        runtime: String,
        /// Its id.
        id: String,
        /// Its name.
        name: String,
    },
    /// An engine that is run by others.
    Remote {
        /// Where it answers.
        url: String,
    },
}

/// An engine's process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Started {
    /// By this call.
    Now,
    /// By an earlier call, with the same configuration; nothing was done.
    #[default]
    Already,
    /// By this call, in place of one with another configuration.
    Replaced,
}

impl Started {
    /// What a run that ended so is called in events.
    pub(crate) const fn outcome(self) -> &'static str {
        match self {
            Self::Now => "started",
            Self::Already => "already_running",
            Self::Replaced => "replaced",
        }
    }
}

impl Ensured {
    /// Whether both speak of the same engine, started at the same time.
    pub(crate) fn is_same_instance(&self, other: &Self) -> bool {
        self.instance == other.instance && self.started_unix_s == other.started_unix_s
    }

    /// The process id, where the engine is a process of this host.
    pub fn pid(&self) -> Option<i32> {
        match &self.instance {
            Some(InstanceKind::Process { pid }) => Some(*pid),
            Some(_) => None,
            None => self.process.as_ref().map(|process| process.pid),
        }
    }

    /// Says how it came to run, in both places that say so.
    pub(crate) fn set_started(&mut self, started: Started) {
        self.started = started;
        if let Some(process) = &mut self.process {
            process.started = started;
        }
    }
}
