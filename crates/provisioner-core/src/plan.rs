//! What would be done for a pool, step by step: plain data, for people and for programs.

use std::fmt;

use config_schema::PoolId;
use llamacpp_build::{Inputs, Near};
use serde::Serialize;

/// What would be done for one pool, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// The pool.
    pub pool_id: PoolId,
    /// The steps. All are there each time; each says whether it has anything to do.
    pub steps: Vec<PlanStep>,
    /// What was rewritten or is worth knowing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What the operator should not overlook.
    pub warnings: Vec<String>,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlanStep {
    /// Which step.
    pub kind: StepKind,
    /// What it is about, in words; redacted.
    pub detail: String,
    /// Whether it has anything to do.
    #[serde(flatten)]
    pub status: Status,
    /// Whether what the step makes is there already; only on steps that make something to keep, and can run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// What the build's key is made of, on the step `build`; all of it decides whether a stored build is the wanted one.
    /// Absent while the commit is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Box<Inputs>>,
    /// The stored build that comes nearest to a missing one, and what it has other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<Near>,
    /// The programs it would run, with their arguments; redacted. A folder whose name is chosen at run time stands as
    /// `<staging>`; a CMake option that is our own default is left out where the source turns out not to know it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<Vec<String>>,
}

/// Whether something is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cache {
    /// It is.
    Hit,
    /// It has to be made.
    Miss,
}

/// Which step of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StepKind {
    /// Tools are there and new enough.
    Preflight,
    /// What the engine runs on.
    Accelerator,
    /// The source is at the wanted commit.
    Fetch,
    /// CMake has configured it.
    Configure,
    /// The server is built.
    Build,
    /// The server is proven and in the store.
    Prove,
    /// The model is there.
    Model,
    /// The command line is normalised.
    Flags,
    /// The engine runs.
    Start,
}

/// Whether a step has anything to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Status {
    /// Nothing to do.
    Satisfied,
    /// It will run.
    ToRun,
    /// It cannot run.
    Blocked {
        /// Why, in one sentence.
        reason: String,
        /// The stable code of the error that running it would end with; none when an earlier step blocks it.
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// What to do about it.
        #[serde(skip_serializing_if = "Option::is_none")]
        help: Option<String>,
    },
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
}

impl fmt::Display for StepKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Preflight => "preflight",
            Self::Accelerator => "accelerator",
            Self::Fetch => "fetch",
            Self::Configure => "configure",
            Self::Build => "build",
            Self::Prove => "prove",
            Self::Model => "model",
            Self::Flags => "flags",
            Self::Start => "start",
        })
    }
}

impl fmt::Display for Plan {
    /// One line a step, a sign before it: `=` nothing to do, `+` to run, `!` blocked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "plan for pool `{}`", self.pool_id)?;
        for PlanStep { kind, detail, status, cache, nearest, .. } in &self.steps {
            let sign = match status {
                Status::Satisfied => '=',
                Status::ToRun => '+',
                Status::Blocked { .. } => '!',
            };
            let cache = match cache {
                Some(Cache::Hit) => "hit: ",
                Some(Cache::Miss) => "miss: ",
                None => "",
            };
            writeln!(f, "  {sign} {kind:<12} {cache}{detail}")?;
            if let Some(near) = nearest {
                writeln!(f, "      differs from the stored {near}")?;
            }
            if let Status::Blocked { reason, code, .. } = status {
                let code = code.as_ref().map(|code| format!(" [{code}]")).unwrap_or_default();
                writeln!(f, "      blocked: {}{code}", reason.replace('\n', "\n      "))?;
            }
        }
        for note in &self.notes {
            writeln!(f, "  note: {note}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "  warning: {warning}")?;
        }
        Ok(())
    }
}
