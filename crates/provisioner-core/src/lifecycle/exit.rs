//! Why an engine exited: how, and by its own last words the cause, with the cause's code and help.

use std::fmt;

use exec::Exit;
use failure_diagnosis::{Diagnosis, Phase, diagnose};
use miette::Diagnostic;
use serde::{Deserialize, Serialize};
use spawner::{PoolDir, SpawnError};

use crate::Error;
use crate::runtime::Runtime;

/// How much of the log an error shows, in lines.
const LINES: usize = 20;
/// How much of the log is read for the cause, in lines.
const READ: usize = 400;

/// An engine that exited for a known cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    what: String,
    diagnosis: Diagnosis,
}

impl Ended {
    /// The cause of an exit, where the end of the log says so: `what` happened, how, and what was printed last.
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

/// An engine's exit as plain data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitReport {
    /// In words, such as `exit status 1` or `SIGKILL`.
    pub how: String,
    /// Its exit status, where it exited by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<i32>,
    /// The signal that killed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// The stable code of the cause, where its log tells one; its part before `::` is a class for counters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The cause in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// What to do about it.
    pub help: String,
}

impl ExitReport {
    /// What is known of an exit, from how it was and from the end of the log.
    pub(crate) fn of(exit: Exit, runtime: &dyn Runtime, dir: &PoolDir) -> Self {
        let log = runtime.logs(dir, READ).unwrap_or_default();
        let known = diagnose(Phase::Run, &format!("{log}\n{exit}"));
        let (status, signal) = match exit {
            Exit::Code(code) => (Some(code), None),
            Exit::Signal(signal) => (None, Some(signal)),
            Exit::Unknown => (None, None),
        };
        Self {
            how: exit.to_string(),
            status,
            signal,
            help: known.as_ref().map_or_else(|| advice(exit).to_owned(), |known| known.remedy.clone()),
            code: known.as_ref().map(|known| known.code.to_owned()),
            cause: known.map(|known| known.cause),
        }
    }

    /// Whether it exited by itself and with success.
    pub fn is_graceful(&self) -> bool {
        self.status == Some(0)
    }
}

/// What to do about an exit whose cause is not known.
pub(crate) fn advice(exit: Exit) -> &'static str {
    match exit {
        // SIGBUS, SIGSEGV
        Exit::Signal(7 | 11) => {
            "the engine itself crashed; code made for another CPU is the usual reason: try cmake_flags = [\"-DGGML_NATIVE=OFF\"]"
        }
        // SIGKILL
        Exit::Signal(9) => "nothing of ours sends SIGKILL here; the kernel does when memory is short: see `dmesg`",
        _ => "the engine's own words are above, and whole in `logs`",
    }
}

/// The end of the log, for an error.
pub(crate) fn tail(runtime: &dyn Runtime, dir: &PoolDir) -> String {
    let lines = runtime.logs(dir, LINES).unwrap_or_default();
    if lines.is_empty() { String::new() } else { format!("\n{lines}") }
}
