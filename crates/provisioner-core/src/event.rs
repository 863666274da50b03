//! What a person may want to see while it happens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::StepKind;

/// Something that happens on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A step begins that has something to do.
    Begin(StepKind),
    /// A part of the build begins: "fetch", "configure", "wait", "build", "prove", "publish".
    BuildPhase(&'static str),
    /// The compilers have finished `done` of `total` steps.
    BuildStep {
        /// Finished steps.
        done: u32,
        /// All steps.
        total: u32,
        /// What was finished last.
        what: String,
        /// How long the rest will take, where earlier builds of this host tell.
        left: Option<Duration>,
    },
    /// Something the operator should know, such as a flag that was rewritten.
    Note(String),
    /// Something the operator should not overlook.
    Warning(String),
}

/// Receives [`Event`]s, from the thread that does the work.
#[derive(Clone)]
pub struct Observer(Arc<dyn Fn(&Event) + Send + Sync>);

impl Observer {
    /// An observer that calls this function.
    pub fn new(on: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self(Arc::new(on))
    }

    pub(crate) fn on(&self, event: &Event) {
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
