//! What happens while a pool is prepared, started or stopped: one typed, versioned, serialisable stream.
//!
//! The rule: every step that has something to do begins once and ends once; progress comes between. Where the plan is
//! made again meanwhile, which a note says, its steps may begin again. A bar, a log, JSON lines and a daemon's counters
//! are readers of the same stream.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use config_schema::PoolId;
use serde::{Deserialize, Serialize};

use crate::plan::{Cache, Outcome, SCHEMA, StepId, StepKind};

/// Something that happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event {
    /// The version of this format.
    pub schema: u32,
    /// The pool.
    pub pool_id: PoolId,
    /// The run it is part of: one call of `prepare`, `ensure`, `start`, `wait_ready` or `stop`.
    pub run_id: String,
    /// When, in milliseconds since 1970.
    pub unix_ms: u64,
    /// The step it is about; none for what concerns the whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepId>,
    /// What happens.
    #[serde(flatten)]
    pub what: Happening,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Happening {
    /// A step begins that has something to do.
    Begin {
        /// Which kind of step.
        kind: StepKind,
    },
    /// A step has come so far.
    Progress {
        /// How much is done.
        done: u64,
        /// Of how much, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        total: Option<u64>,
        /// What is counted.
        unit: Unit,
        /// What was finished last, in words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        what: String,
        /// How many seconds the rest will take, by an estimate.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left_s: Option<u64>,
    },
    /// A step ends.
    End {
        /// How.
        outcome: Outcome,
        /// How long it took.
        seconds: f64,
        /// Whether its result was there already, for steps that make something to keep.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cache: Option<Cache>,
        /// The stable code of its error, where it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
    /// The run ends.
    Finished {
        /// `prepared`, `started`, `already_running`, `replaced`, `restored`, `ready`, `stopped`, or `failed`.
        outcome: String,
        /// How long it took.
        seconds: f64,
        /// The stable code of its error, where it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
    /// Something worth knowing, such as a flag that was rewritten or another process that is waited for.
    Note {
        /// A sentence.
        text: String,
    },
    /// Something the operator should not overlook.
    Warning {
        /// A sentence.
        text: String,
    },
}

impl Happening {
    /// The same with whole microseconds: so few digits are the same number again once they are read back.
    fn in_microseconds(mut self) -> Self {
        if let Self::End { seconds, .. } | Self::Finished { seconds, .. } = &mut self {
            *seconds = (*seconds * 1e6).round() / 1e6;
        }
        self
    }
}

/// What progress counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Steps of a build.
    Steps,
    /// Bytes.
    Bytes,
    /// Seconds of waiting.
    Seconds,
}

/// Receives [`Event`]s, from the threads that do the work.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(&Event) + Send + Sync>);

impl Observer {
    /// An observer that calls this function.
    pub fn new(on: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(on))
    }

    /// Hands an event on, for an observer that wraps another one.
    pub fn on(&self, event: &Event) {
        (self.0)(event);
    }
}

impl Default for Observer {
    fn default() -> Self {
        Self::new(|_| ())
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

/// The events of one run of one pool.
#[derive(Clone, Debug)]
pub struct Reporter {
    observer: Observer,
    pool_id: PoolId,
    run_id: Arc<str>,
}

impl Reporter {
    /// A reporter for a new run.
    pub(crate) fn new(observer: &Observer, pool_id: &PoolId) -> Self {
        Self { observer: observer.clone(), pool_id: pool_id.clone(), run_id: run_id().into() }
    }

    /// The name of the run.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// Reports something; `step` is the step it is about.
    pub fn send(&self, step: Option<&StepId>, what: Happening) {
        self.observer.on(&Event {
            schema: SCHEMA,
            pool_id: self.pool_id.clone(),
            run_id: self.run_id.to_string(),
            unix_ms: unix_ms(),
            step: step.cloned(),
            what: what.in_microseconds(),
        });
    }

    /// Reports something worth knowing.
    pub fn note(&self, step: Option<&StepId>, text: impl Into<String>) {
        self.send(step, Happening::Note { text: text.into() });
    }

    /// Reports something the operator should not overlook, to the log as well.
    pub fn warn(&self, text: impl Into<String>) {
        let text = text.into();
        tracing::warn!(pool = self.pool_id.as_str(), run = &*self.run_id, "{text}");
        self.send(None, Happening::Warning { text });
    }
}

fn unix_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// A name that no other run of this host has: the time, and random bits.
fn run_id() -> String {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let random = RandomState::new().build_hasher().finish();
    format!("{:x}-{:08x}", unix_ms(), random & 0xffff_ffff)
}
