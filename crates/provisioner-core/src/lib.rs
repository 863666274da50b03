//! From one pool's configuration to a prepared and running engine.
//!
//! The rules: what is observed becomes a plan by a pure function, and what runs is that very plan; the first failure
//! ends the run and is reported as it is; after an error nothing of ours runs unless its record owns it; the summary is
//! published last. An accelerator that was asked for is proven or the run fails; nothing here chooses the CPU by itself.
//!
//! ```no_run
//! use provisioner_core::{cfg, provider_for};
//!
//! let config = cfg::Config::load("pools.toml".as_ref())?;
//! let pool = config.pool(Some("demo"))?;
//! let provider = provider_for(pool)?;
//! println!("{}", provider.plan(pool.clone())?);
//! provider.ensure(pool.clone())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use config_schema as cfg;

/// The repository's README: its example has to compile.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

mod checkup;
mod engine;
mod error;
mod event;
mod execute;
mod lifecycle;
mod observe;
mod plan;
mod pool;
/// Which port an engine listens on: chosen, and claimed until the engine has it.
mod port {
    pub(crate) mod choose;
    pub(crate) mod claim;
    pub(crate) mod neighbours;
}
mod proof;
mod provisioner;
mod runtime;
pub mod seam;
mod summary;
mod supply;

pub use cancel::Cancel;
pub use checkup::{
    AcceleratorCheckup, Checkup, HostReport, HostReportFile, ModeCheckup, PoolCheckup, Refusal, checkup,
};
pub use engine::revealed::Revealed;
pub use engine::side_files::SideFileError;
pub use engine::variable_error::VariableError;
pub use error::Error;
pub use event::{Event, Happening, Observer, Reporter, Unit};
pub use exec::{Env, Exit};
pub use gpu_detect::Probe;

pub use lifecycle::{
    Ended, ExitReport, GpuProofError, Health, HostPool, Lifecycle, LifecycleError, OnGpu, PoolState, PoolStatus,
    PreparedPool, PreviousError, Ready, Restored, Running, WentBack,
};
/// What every error here answers: its stable code and its help.
pub use miette::Diagnostic;
pub use plan::changes::Difference;
pub use plan::{
    Action, Cache, Closest, Command, Executed, ExecutedAction, ExecutedStep, Failure, InputDifference, Launch, Outcome,
    Placeholder, PlaceholderKind, Plan, PlanFile, PlanFileError, PlanStep, SCHEMA, Stale, Status, StepDifference,
    StepId, StepKind, Values, differences, literal, plan_each,
};
#[cfg(feature = "schema")]
pub use plan::{DocumentKind, document_schema};
pub use pool::build_slots::BuildSlots;
pub use pool::origin::Drift;
pub use pool::pin_error::PinError;
pub use pool::pins::{Locked, PinKind, Pins, lock};
pub use pool::reservation::{Demand, Reservation};
pub use pool::settings::Settings;
pub use port::choose::{PortError, PortHolder};
pub use port::neighbours::builds_in_use;
pub use preflight::{Clock, HostFacts, UserNamespaces};
pub use proof::{Bundle, Check, CheckVerdict, FailedCall, ProofError, ProofFile, ProofManifest, ProofReport};
pub use provisioner::pools::{PoolResult, Pools};
pub use provisioner::provider::{EngineProvisioner, provider_for, provider_with};
pub use runtime::helper::{Helper, helper_main};
pub use runtime::{Follow, StopOutcome};
pub use spawner::Tender;
pub use summary::{
    Artifact, Device, Ensured, InstanceKind, Model, ModelFile, ModelKind, Offload, PreparedEngine, Process, Proof,
    ProofStage, ProofVerdict, Started,
};
pub use supply::finished_error::FinishedError;

#[cfg(feature = "finished")]
pub use engine_trust::{Policy as TrustPolicy, TrustError};
#[cfg(feature = "finished")]
pub use pool::trust::engine_trust;
#[cfg(feature = "finished")]
pub use runtime::external::RemoteError;
#[cfg(feature = "finished")]
pub use supply::binary::BinaryError;

/// What this crate's functions return.
pub type Result<T> = std::result::Result<T, Error>;
