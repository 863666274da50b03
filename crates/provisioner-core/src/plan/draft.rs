//! A step while its plan is made: the step, and the error that keeps it from running.

use exec::Redactor;
use miette::Diagnostic;

use crate::plan::action::Action;
use crate::plan::step::{PlanStep, Status, StepId, StepKind};
use crate::{Error, plan::Placeholder};

/// A step, with the error behind its `blocked`.
#[derive(Debug)]
pub struct Draft {
    /// The step.
    pub step: PlanStep,
    /// Why it cannot run; what `ensure` reports.
    pub error: Option<Error>,
    /// The placeholders that its actions use.
    pub placeholders: Vec<Placeholder>,
}

impl Draft {
    /// A step whose id is the name of its kind.
    pub fn new(kind: StepKind, detail: impl AsRef<str>, status: Status) -> Self {
        let detail = Redactor::new().text(detail.as_ref()).into_owned();
        let step = PlanStep {
            id: kind.into(),
            kind,
            after: Vec::new(),
            detail,
            status,
            cache: None,
            key: None,
            inputs: None,
            nearest: None,
            actions: Vec::new(),
            commands: Vec::new(),
        };
        Self { step, error: None, placeholders: Vec::new() }
    }

    /// A step that an error keeps from running.
    pub fn blocked(kind: StepKind, detail: impl AsRef<str>, error: impl Into<Error>) -> Self {
        let error = error.into();
        Self { error: Some(error), ..Self::new(kind, detail, Status::Satisfied) }.with_status_of_error()
    }

    fn with_status_of_error(mut self) -> Self {
        if let Some(error) = &self.error {
            self.step.status = status_of(error);
        }
        self
    }

    /// Sets the steps that have to be done before.
    #[must_use]
    pub fn after<I: Into<StepId>>(mut self, ids: impl IntoIterator<Item = I>) -> Self {
        self.step.after = ids.into_iter().map(Into::into).collect();
        self
    }

    /// Adds an action.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.step.actions.push(action);
        self
    }

    /// Adds a placeholder that its actions use.
    #[must_use]
    pub fn placeholder(mut self, placeholder: Option<Placeholder>) -> Self {
        self.placeholders.extend(placeholder);
        self
    }

    /// Whether it cannot run.
    pub fn is_blocked(&self) -> bool {
        matches!(self.step.status, Status::Blocked { .. })
    }
}

/// What a plan says of a step that this error keeps from running.
fn status_of(error: &dyn Diagnostic) -> Status {
    let text = |part: Option<Box<dyn std::fmt::Display + '_>>| part.map(|part| part.to_string());
    Status::Blocked { reason: error.to_string(), code: text(error.code()), help: text(error.help()) }
}

/// What a plan says of a step that waits for a blocked one.
pub(crate) fn held_by(step: &StepId) -> Status {
    Status::Blocked { reason: format!("the step `{step}` is blocked"), code: None, help: None }
}
