//! What would be done for a pool, step by step: plain data, for people and for programs.
//!
//! The rule: the plan is the program. [`planner`] is the only place with an order; what `prepare` and `ensure` execute
//! is this very list, and [`differences`] compares the two by substituting the placeholders, and by nothing else.

use config_schema::PoolId;
use serde::{Deserialize, Serialize};

pub(crate) mod action;
pub(crate) mod approved;
mod approved_error;
mod args;
pub(crate) mod changes;
pub(crate) mod draft;
pub(crate) mod executed;
pub(crate) mod placeholder;
pub(crate) mod planner;
mod render;
#[cfg(feature = "schema")]
mod schemas;
pub(crate) mod stale;
pub(crate) mod step;
mod verify;

pub use action::{Action, Command, Launch};
pub use approved::{PlanFile, plan_each};
pub use approved_error::PlanFileError;
pub use executed::{Executed, ExecutedAction, ExecutedStep, Failure, Outcome};
pub use placeholder::{Placeholder, PlaceholderKind, Values, literal};
#[cfg(feature = "schema")]
pub use schemas::{DocumentKind, document_schema};
pub use stale::Stale;
pub use step::{Cache, Closest, InputDifference, PlanStep, Status, StepId, StepKind};
pub use verify::{StepDifference, differences};

/// The version of the format of plans, records of execution, summaries and events that this crate writes.
pub const SCHEMA: u32 = 2;

/// What would be done for one pool, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Plan {
    /// The version of this format; plans of schema 1 do not name it.
    #[serde(default = "first_schema")]
    pub schema: u32,
    /// The version of the program that made it.
    #[serde(default)]
    pub version: String,
    /// The pool.
    pub pool_id: PoolId,
    /// The steps. All are there each time; each says whether it has anything to do. Each stands behind those that it
    /// names in `after`; steps that do not depend on one another may run side by side.
    #[serde(deserialize_with = "step::with_ids")]
    pub steps: Vec<PlanStep>,
    /// What only execution can know, of what stands in the actions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub placeholders: Vec<Placeholder>,
    /// What was rewritten or is worth knowing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What the operator should not overlook.
    #[serde(default)]
    pub warnings: Vec<String>,
}

pub(crate) fn first_schema() -> u32 {
    1
}

impl Plan {
    /// The steps that have something to do.
    pub fn to_run(&self) -> impl Iterator<Item = &PlanStep> {
        self.steps.iter().filter(|step| step.status == Status::ToRun)
    }

    /// The first step that cannot run. While there is one, nothing runs.
    pub fn blocked(&self) -> Option<&PlanStep> {
        self.steps.iter().find(|step| matches!(step.status, Status::Blocked { .. }))
    }

    /// The step with this id.
    pub fn step(&self, id: &StepId) -> Option<&PlanStep> {
        self.steps.iter().find(|step| step.id == *id)
    }

    /// Refuses a plan that another version made: what its steps would do here is not known.
    pub fn check_version(&self) -> crate::Result<()> {
        if self.schema == SCHEMA && self.version == env!("CARGO_PKG_VERSION") {
            return Ok(());
        }
        let made_by = if self.version.is_empty() { "an earlier version".into() } else { self.version.clone() };
        Err(crate::Error::PlanVersion { made_by, schema: self.schema })
    }
}
