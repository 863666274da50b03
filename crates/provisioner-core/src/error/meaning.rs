//! What an error means for the call that it ended: whether the engine was stopped, whether the caller cancelled.

use miette::Diagnostic;

use crate::lifecycle::gpu_proof::Fate;
use crate::{Error, LifecycleError};

impl Error {
    /// Whether it says that an engine is not on its GPU as it was asked for.
    pub(crate) fn is_not_used(&self) -> bool {
        matches!(self, Self::GpuProof(_))
    }

    /// Whether another call stopped or replaced the engine, which decides what runs.
    pub(crate) fn is_of_another_call(&self) -> bool {
        match self {
            Self::Lifecycle(error) => *error == LifecycleError::Gone,
            Self::GpuProof(error) => error.fate() == Fate::Gone,
            _ => false,
        }
    }

    /// Whether this call stopped the engine that failed so.
    pub(crate) fn was_stopped(&self) -> bool {
        matches!(self, Self::GpuProof(error) if error.fate() == Fate::Stopped)
    }

    /// Whether the caller cancelled.
    pub fn is_cancelled(&self) -> bool {
        // A part that wraps what it ran keeps its own code, such as `build::run`.
        let cause = |error: &(dyn std::error::Error + 'static)| {
            let run = error.downcast_ref::<exec::ExecError>().and_then(Diagnostic::code);
            let lock = error.downcast_ref::<durable::DurableError>().and_then(Diagnostic::code);
            run.or(lock).is_some_and(|code| code.to_string().ends_with("::cancelled"))
        };
        self.code().is_some_and(|code| code.to_string().ends_with("::cancelled"))
            || std::iter::successors(std::error::Error::source(self), |error| error.source()).any(cause)
    }

    /// What a run that ended so is called in events.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::WentBack(went) if went.old().is_ok() => "restored",
            _ => "failed",
        }
    }

    /// The same error; one of a part that was cancelled in this crate's own words.
    pub(crate) fn or_cancelled(self) -> Self {
        if self.is_cancelled() { Self::Cancelled } else { self }
    }
}
