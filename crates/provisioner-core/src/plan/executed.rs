//! What was done for a pool: the record of an execution, in the words of its plan.

use config_schema::PoolId;
use serde::{Deserialize, Serialize};

use crate::plan::action::Action;
use crate::plan::placeholder::Values;
use crate::plan::step::StepId;
use crate::plan::verify::StepDifference;
use crate::plan::{Plan, SCHEMA};

/// What one `prepare` or `ensure` did. It is kept as `executed.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Executed {
    /// The version of this format.
    pub schema: u32,
    /// The version of the program that did it.
    pub version: String,
    /// The pool.
    pub pool_id: PoolId,
    /// The name of this run, as in its events.
    pub run_id: String,
    /// When it began, in seconds since 1970.
    pub started_unix_s: u64,
    /// What execution put in for the placeholders of the plan.
    #[serde(default)]
    pub values: Values,
    /// The steps of the plan that was executed, in its order.
    pub steps: Vec<ExecutedStep>,
    /// Why the plan was made again on the way, in order: packages were installed, or a branch had moved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replanned: Vec<String>,
    /// The plan that was executed: the last one, where it was made again.
    pub plan: Plan,
    /// In what this record differs from that plan; empty, or there is a defect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<StepDifference>,
}

/// What became of one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExecutedStep {
    /// The step's name in the plan.
    pub id: StepId,
    /// What became of it.
    pub outcome: Outcome,
    /// How long it took.
    pub seconds: f64,
    /// What really ran, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<ExecutedAction>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// One action that was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExecutedAction {
    /// What was done, without placeholders.
    #[serde(flatten)]
    pub action: Action,
    /// How the program exited, where the action runs one to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<String>,
    /// How long it took.
    pub seconds: f64,
    /// Why it ran although the plan does not show it: a repair, or a retry with less load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// There was nothing to do.
    Satisfied,
    /// It was done.
    Done,
    /// Its result turned out to be there already.
    Hit,
    /// Another call was doing it; this one waited for its result.
    Waited,
    /// What an interrupted call had left was finished.
    Resumed,
    /// It failed.
    Failed,
    /// The call was cancelled while it ran.
    Cancelled,
    /// It was not reached: something before it failed, or only a part of the plan was asked for.
    NotReached,
}

/// An error as plain data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Failure {
    /// The stable code.
    pub code: String,
    /// The facts.
    pub message: String,
}

impl Executed {
    /// The record of a run that has not begun any step.
    pub(crate) fn begin(plan: Plan, run_id: &str, started_unix_s: u64) -> Self {
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pool_id: plan.pool_id.clone(),
            run_id: run_id.to_owned(),
            started_unix_s,
            values: Values::new(),
            steps: Vec::new(),
            replanned: Vec::new(),
            plan,
            differences: Vec::new(),
        }
    }
}

impl ExecutedAction {
    /// An action that runs no program to its end.
    pub fn of(action: Action, seconds: f64) -> Self {
        Self { action, exit: None, seconds, because: None }
    }
}
