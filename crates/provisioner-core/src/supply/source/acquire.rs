//! Does what the steps of a build from source say: fetch, configure, build, prove.

use std::sync::{Mutex, PoisonError};

use engine_store::Entry;
use llamacpp_build::Commit;

use crate::execute::work::{Done, StepError, Work};
use crate::plan::{StepId, StepKind};
use crate::supply::source::{Found, install, unknown};

/// What the steps made so far.
#[derive(Debug, Default)]
pub(crate) struct Built(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    commit: Option<Commit>,
    entry: Option<Entry>,
}

impl Built {
    pub(crate) fn entry(&self) -> Option<Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry.clone()
    }

    pub(crate) fn commit(&self) -> Option<Commit> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).commit.clone()
    }
}

/// Does one step.
pub(crate) fn run(found: &Found, step: &StepId, work: &Work<'_>) -> Result<Done, StepError> {
    match step.as_str() {
        id if id == StepKind::Preflight.name() => install::install(found, work),
        _ => Err(unknown(step).into()),
    }
}
