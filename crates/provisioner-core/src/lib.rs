//! From one pool's configuration to a prepared and running engine.
//!
//! The rules: what is observed becomes a plan by a pure function, and what runs is what the plan says; the first
//! failure ends the way and is reported as it is; after an error nothing of ours runs unless its record owns it; the
//! summary is published last. An accelerator that was asked for is proven or the way ends; nothing here chooses the
//! processor by itself.
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

mod changes;
mod checkup;
mod claim;
mod command_line;
mod cuda;
mod desired;
mod ended;
mod engine_config;
mod ensure;
mod env_rules;
mod error;
mod event;
mod install;
mod llamacpp;
mod lower;
mod needs;
mod neighbours;
mod observe;
mod observed;
mod plan;
mod planner;
#[cfg(test)]
mod planner_tests;
mod ports;
mod prepare;
mod proof;
mod provider;
mod published;
mod settings;
mod summary;

pub use changes::Difference;
pub use checkup::{Checkup, PoolCheckup, Refusal, checkup};
pub use ended::Ended;
pub use error::Error;
pub use event::{Event, Observer};
pub use gpu_detect::Probe;
pub use neighbours::builds_in_use;
pub use plan::{Cache, Plan, PlanStep, Status, StepKind};
pub use ports::{PortError, PortHolder};
pub use preflight::{Clock, HostFacts, UserNamespaces};
pub use provider::{EngineProvisioner, provider_for, provider_with};
pub use published::published;
pub use settings::Settings;
pub use spawner::Tender;
pub use summary::{Ensured, Model, PreparedEngine, Process, Started};

/// What this crate's functions return.
pub type Result<T> = std::result::Result<T, Error>;
