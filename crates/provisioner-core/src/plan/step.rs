//! One step of a plan.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::plan::action::Action;

/// A step's name in its plan, such as `configure`. The same step has the same id in every plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct StepId(String);

impl StepId {
    /// An id with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<StepKind> for StepId {
    fn from(kind: StepKind) -> Self {
        Self::new(kind.name())
    }
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlanStep {
    /// Its name in this plan. Schema 1 has none: there it is the name of the kind.
    #[serde(default)]
    pub id: StepId,
    /// What kind of step it is.
    pub kind: StepKind,
    /// The steps that have to be done before it.
    #[serde(default)]
    pub after: Vec<StepId>,
    /// What it is about, in words; redacted.
    pub detail: String,
    /// Whether it has anything to do.
    #[serde(flatten)]
    pub status: Status,
    /// Whether what the step makes is there already; only on steps that make something to keep, and can run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<Cache>,
    /// The name in the store of what the step makes, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What the key is made of, on the step that builds: all of it decides whether a stored build is the wanted one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Value>,
    /// The closest cached build, where the wanted one is not there, and the inputs in which it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest: Option<Closest>,
    /// What it does, in order; nothing on a step that is satisfied or blocked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
    /// The argument lists of the programs among `actions`, as schema 1 had them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<Vec<String>>,
}

/// Reads the steps of a plan; those of schema 1 get the id that they have in schema 2.
pub(crate) fn with_ids<'de, D: Deserializer<'de>>(steps: D) -> Result<Vec<PlanStep>, D::Error> {
    let mut steps = Vec::<PlanStep>::deserialize(steps)?;
    for step in steps.iter_mut().filter(|step| step.id == StepId::default()) {
        step.id = step.kind.into();
    }
    Ok(steps)
}

/// Whether something is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Cache {
    /// It is.
    Hit,
    /// It has to be made.
    Miss,
}

/// The closest cached build and how it differs: answers "why is this rebuilt?".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Closest {
    /// Its name in the store.
    pub key: String,
    /// What differs; never empty.
    pub differences: Vec<InputDifference>,
    /// The same in one line, for people.
    #[serde(skip)]
    pub summary: String,
}

/// One input of a key that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InputDifference {
    /// Which, such as `commit`, `tools.cxx`, `definitions.GGML_CUDA`.
    pub input: String,
    /// What the stored build has; absent where it has no such input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<String>,
    /// What is wanted; absent where no such input is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<String>,
}

impl fmt::Display for InputDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".into());
        write!(f, "{}: {} → {}", self.input, text(&self.stored), text(&self.wanted))
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// Which kind of step.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum StepKind {
            $($(#[$doc])* $kind,)*
        }

        impl StepKind {
            /// All kinds, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// The name, as JSON has it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// Tools are there and new enough.
    Preflight = "preflight",
    /// What the engine runs on.
    Accelerator = "accelerator",
    /// The source is at the wanted commit.
    Fetch = "fetch",
    /// CMake has configured it.
    Configure = "configure",
    /// The server is built.
    Build = "build",
    /// The server is proven and in the store.
    Prove = "prove",
    /// The archive is there, and its digest is right.
    Download = "download",
    /// The archive is unpacked and in the store.
    Unpack = "unpack",
    /// The image is there.
    Pull = "pull",
    /// A finished engine of another origin is what it claims, and fits this host.
    Check = "check",
    /// The model is there.
    Model = "model",
    /// The command line is normalised.
    Flags = "flags",
    /// The engine runs.
    Start = "start",
    /// The engine answers; in events alone, after the last step of a plan.
    Ready = "ready",
    /// The engine is stopped; in events alone.
    Stop = "stop",
}

impl fmt::Display for StepKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Whether a step has anything to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// What to do about it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        help: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shown_name_is_the_written_name() {
        for kind in StepKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
