//! An engine that ended at once for a reason that is known: the error says it, and its help is about that reason.

use std::fmt;

use llamacpp_build::{Diagnosis, Phase, diagnose};
use miette::Diagnostic;
use spawner::SpawnError;

use crate::Error;

/// How it ended, with the reason that its last words or its exit tell.
#[derive(Debug)]
pub struct Ended {
    source: SpawnError,
    diagnosis: Diagnosis,
}

impl Ended {
    /// The reason why a start failed, where there is one beside the failure itself.
    pub(crate) fn explain(error: SpawnError) -> Error {
        let SpawnError::ExitedEarly { exit, log, .. } = &error else {
            return error.into();
        };
        match diagnose(Phase::Run, &format!("{log}\n{exit}")) {
            Some(diagnosis) => Error::Ended(Box::new(Self { source: error, diagnosis })),
            None => error.into(),
        }
    }

    /// Why it ended.
    pub fn diagnosis(&self) -> &Diagnosis {
        &self.diagnosis
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.diagnosis.cause, self.source)
    }
}

impl std::error::Error for Ended {}

impl Diagnostic for Ended {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.source.code()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.diagnosis.remedy))
    }
}
