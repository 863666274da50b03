//! How an engine gets onto the host: one file a mode.
//!
//! The rules: observing reads only and asks no network; the steps follow from what was observed by a pure function;
//! a step does what its actions say and nothing else.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use config_schema::{Engine, PoolConfig, ProvisioningMode};
use model_provisioner::gguf::KnownFormats;
use preflight::Need;

use crate::execute::work::{Done, StepError, Work};
use crate::observe::host::HostSnapshot;
use crate::plan::StepId;
use crate::plan::draft::Draft;
use crate::pool::desired::Desired;
use crate::runtime::Instance;
use crate::summary::{Artifact, Device};
use crate::{Error, Result, Settings};

pub(crate) mod asked;
#[cfg(feature = "finished")]
pub(crate) mod binary;
mod external;
pub(crate) mod finished_error;
mod gpus;
pub(crate) mod model;
pub(crate) mod package;
pub(crate) mod source;

/// What makes an engine the wanted one, by name. No secret is among them.
pub type Facts = BTreeMap<String, String>;

/// How an engine gets onto the host.
pub trait Supply: fmt::Debug + Send + Sync {
    /// What is there. Reads only, asks no network; programs are run only to ask one that changed for its version.
    fn observe(&self, look: &Look<'_>) -> Result<Box<dyn Supplied>>;

    /// What it needs of a host, for `doctor`. Looks at nothing.
    fn needs(&self, desired: &Desired) -> SupplyNeeds;
}

/// What a supply needs of a host.
#[derive(Clone, Debug, Default)]
pub struct SupplyNeeds {
    /// Tools.
    pub tools: Vec<Need>,
    /// The folder that it keeps engines in.
    pub folder: Option<PathBuf>,
}

/// What a supply may look at.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// What the pool wants.
    pub desired: &'a Desired,
    /// The caller's settings.
    pub settings: &'a Settings,
    /// What is the same for all pools of this host.
    pub host: &'a HostSnapshot,
    /// Tools that other parts of the plan lack, to be listed and installed with the supply's own.
    pub also_needs: &'a [Need],
    /// The engine that runs for this pool. A supply may keep what it was started from, and nothing else follows from it.
    pub running: Option<&'a Instance>,
    /// Whether what was found out may be remembered; a plan writes nothing.
    pub remember: bool,
}

/// What a supply found, and how it goes on from there.
pub trait Supplied: fmt::Debug + Send + Sync {
    /// Its steps, in an order in which they can be done, from `preflight` on. `runs`: the wanted engine runs, so that
    /// nothing has to be asked of anybody. Called once; errors are handed out with the steps that they block.
    fn steps(&mut self, runs: bool) -> Vec<Draft>;

    /// Does what a step's actions say. Steps that do not depend on one another may be run by several threads.
    fn run(&self, step: &StepId, work: &Work<'_>) -> std::result::Result<Done, StepError>;

    /// The facts that make the engine the wanted one, as far as they are known.
    fn facts(&self) -> Option<Facts>;

    /// What the pool asks for, in words: where it comes from and which version.
    fn wish(&self) -> String;

    /// What the engine will be once the steps are done. Texts may hold placeholders.
    fn artifact(&self) -> Option<Artifact>;

    /// What there is, once the steps are done or where they have nothing to do.
    fn obtained(&self) -> Option<Obtained>;

    /// What the engine and its source say of its flags.
    fn documents(&self) -> Documents;

    /// The GPUs that were chosen, with what they are driven by; nothing on the CPU or while that is not known.
    fn accelerator(&self) -> Option<Accelerated>;

    /// What the operator should not overlook.
    fn warnings(&self) -> Vec<String>;

    /// Which GGUF models the engine's source knows; `None` where that is not on this host, which says nothing of any
    /// model. Asks no network; with `remember`, a second call runs no program.
    fn model_formats(&self, remember: bool) -> Option<ModelFormats> {
        let _ = remember;
        None
    }
}

/// Which GGUF models an engine's source knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelFormats {
    /// Its lists.
    pub known: KnownFormats,
    /// Whether the source may turn out to be a newer one: a branch was last seen there, and is asked again.
    pub may_change: bool,
}

/// What a CUDA engine is made for and runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accelerated {
    /// The GPUs, in the order asked for.
    pub devices: Vec<Device>,
    /// The driver's version.
    pub driver: Option<String>,
    /// The CUDA toolkit's version, where one was used.
    pub toolkit: Option<String>,
    /// What it was compiled for, such as `90`.
    pub architectures: Vec<String>,
    /// Bytes of their memory that nothing uses now, where the driver reports that of each.
    pub memory_free_bytes: Option<u64>,
    /// The folder of the driver's library, where programs do not find it by themselves.
    pub driver_folder: Option<PathBuf>,
    /// The folder of CUDA's libraries, where the engine was linked with those of another folder that is gone.
    pub toolkit_folder: Option<PathBuf>,
}

/// Texts that say which flags an engine takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Documents {
    /// What the engine prints for `--help`; empty where it printed nothing, absent while it is not there.
    pub help: Option<String>,
    /// The description in its source, where that is at hand.
    pub docs: Option<String>,
    /// The release by name, to look it up in the catalogues.
    pub release: String,
    /// Options of the build that give the engine a part of its own, and are off: flags of these parts cannot work.
    pub left_out: Vec<&'static str>,
}

/// An engine that is there.
#[derive(Clone, Debug)]
pub struct Obtained {
    /// The engine.
    pub artifact: Artifact,
    /// What makes it the wanted one.
    pub facts: Facts,
    /// The commit it was built from.
    pub build_ref: Option<String>,
    /// Its name in the store.
    pub build_key: Option<String>,
    /// Logs and records to keep in the proof bundle.
    pub logs: Vec<PathBuf>,
}

/// The supply for a pool's mode.
pub(crate) fn supply(pool: &PoolConfig, settings: &Settings) -> Result<Box<dyn Supply>> {
    let (engine, mode) = (pool.engine, pool.mode());
    match mode {
        ProvisioningMode::Source => Ok(Box::new(source::Source::of(pool, settings)?)),
        #[cfg(feature = "finished")]
        ProvisioningMode::Binary => Ok(Box::new(binary::Binary::of(pool, settings)?)),
        #[cfg(not(feature = "finished"))]
        ProvisioningMode::Binary => Err(Error::UnsupportedMode { engine, mode }),
        ProvisioningMode::External => external::of(pool, settings),
        ProvisioningMode::Package => Ok(Box::new(package::Package::of(pool)?)),
        ProvisioningMode::Container => Err(Error::UnsupportedMode { engine, mode }),
    }
}

/// Whether an engine can be provisioned by a mode here.
pub(crate) fn is_built(engine: Engine, mode: ProvisioningMode) -> bool {
    match mode {
        ProvisioningMode::Source => true,
        ProvisioningMode::Binary => cfg!(feature = "finished"),
        ProvisioningMode::External => engine == Engine::Llamacpp || cfg!(feature = "finished"),
        ProvisioningMode::Package => engine == Engine::Llamacpp,
        ProvisioningMode::Container => false,
    }
}
