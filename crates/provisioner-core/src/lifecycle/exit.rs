//! An engine that ended for a reason that is known: the error has the reason's code, words and help.

use std::fmt;

use exec::Exit;
use failure_diagnosis::{Diagnosis, Phase, diagnose};
use miette::Diagnostic;
use spawner::SpawnError;

use crate::Error;

/// How an engine ended, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    what: String,
    diagnosis: Diagnosis,
}

impl Ended {
    /// What is known of an end: `what` happened, how, and what the engine wrote last.
    pub fn of(what: impl fmt::Display, exit: Exit, log: &str) -> Option<Self> {
        let diagnosis = diagnose(Phase::Run, &format!("{log}\n{exit}"))?;
        Some(Self { what: what.to_string(), diagnosis })
    }

    /// A start that failed, with the reason where the engine's end tells one.
    pub(crate) fn explain(error: SpawnError) -> Error {
        let known = match &error {
            SpawnError::ExitedEarly { exit, log, .. } => Self::of(&error, *exit, log),
            _ => None,
        };
        known.map_or_else(|| error.into(), |known| Error::Ended(Box::new(known)))
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.diagnosis.cause, self.what)
    }
}

impl std::error::Error for Ended {}

impl Diagnostic for Ended {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnosis.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.diagnosis.remedy))
    }
}
