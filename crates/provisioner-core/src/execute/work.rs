//! What a step is given to do its work with, and what it gives back.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use cancel::Cancel;

use crate::event::{Happening, Reporter, Unit};
use crate::plan::{Action, ExecutedAction, Outcome, StepId, Values};
use crate::pool::desired::Desired;
use crate::{Error, Result, Settings};

/// What a step may use.
#[derive(Debug)]
pub struct Work<'a> {
    /// What the pool wants.
    pub desired: &'a Desired,
    /// The caller's settings.
    pub settings: &'a Settings,
    /// Cancelled when the caller cancels, and when another step has failed.
    pub cancel: &'a Cancel,
    /// The folder of the proof bundle, for logs of what fails.
    pub proof_dir: &'a Path,
    pub(crate) step: &'a StepId,
    /// What the plan says that the step does.
    pub(crate) planned: &'a [Action],
    pub(crate) reporter: &'a Reporter,
    pub(crate) values: &'a Recorded,
}

/// The values of the placeholders, as steps find them out.
#[derive(Debug, Default)]
pub(crate) struct Recorded(Mutex<Values>);

/// Why a step failed, and what it had done by then.
#[derive(Debug)]
pub struct StepError {
    /// The error.
    pub error: Error,
    /// What really ran.
    pub actions: Vec<ExecutedAction>,
}

impl<E: Into<Error>> From<E> for StepError {
    fn from(error: E) -> Self {
        Self { error: error.into(), actions: Vec::new() }
    }
}

/// What became of a step's work.
#[derive(Debug)]
pub struct Done {
    /// How it ended.
    pub outcome: Outcome,
    /// What really ran.
    pub actions: Vec<ExecutedAction>,
    /// Why the rest of the plan no longer holds, where that turned out: it is made again from what is there now.
    pub replan: Option<String>,
}

impl Recorded {
    pub(crate) fn put(&self, name: &str, value: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn all(&self) -> Values {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Work<'_> {
    /// Records what stands for a placeholder of the plan.
    pub fn value(&self, name: &str, value: &str) {
        self.values.put(name, value);
    }

    /// Reports how far the step has come.
    pub fn progress(&self, done: u64, total: Option<u64>, unit: Unit, what: &str, left_s: Option<u64>) {
        self.reporter.send(Some(self.step), Happening::Progress { done, total, unit, what: what.to_owned(), left_s });
    }

    /// Reports something worth knowing.
    pub fn note(&self, text: impl Into<String>) {
        self.reporter.note(Some(self.step), text);
    }

    /// Ends the step early where the caller has cancelled.
    pub fn check(&self) -> Result<()> {
        self.cancel.check().map_err(|cancel::Cancelled| Error::Cancelled)
    }
}

impl Done {
    /// The step did these actions.
    pub fn with(actions: Vec<ExecutedAction>) -> Self {
        Self { outcome: Outcome::Done, actions, replan: None }
    }

    /// What the step ended as.
    #[must_use]
    pub fn outcome(self, outcome: Outcome) -> Self {
        Self { outcome, ..self }
    }
}
