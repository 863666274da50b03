//! Why an engine exited: how, and by its own last words the cause, with the cause's code and help.

use std::fmt;

use exec::{Exit, Redactor};
use failure_diagnosis::{Diagnosis, Phase, diagnose};
use miette::Diagnostic;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use spawner::{PoolDir, SpawnError};

use crate::pool::secret_file::SecretFile;
use crate::runtime::Runtime;
use crate::{Error, PreparedEngine, Settings};

/// How much of the log an error shows, in lines.
const LINES: usize = 20;

/// An engine that exited for a known cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    what: String,
    diagnosis: Diagnosis,
}

impl Ended {
    /// The cause of an exit, where the log or the exit itself names one: `what` happened, how, and all that was printed.
    pub fn of(what: impl fmt::Display, exit: Exit, log: &str) -> Option<Self> {
        Some(Self { what: what.to_string(), diagnosis: cause(exit, log)? })
    }

    /// A start that failed, with the reason where the engine's `log` or its exit names one.
    pub(crate) fn explain(error: SpawnError, log: impl FnOnce() -> String) -> Error {
        let known = match &error {
            SpawnError::ExitedEarly { exit, .. } => Self::of(&error, *exit, &log()),
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
        let known = cause(exit, &whole_log(runtime, dir));
        let (status, signal) = match exit {
            Exit::Code(code) => (Some(code), None),
            Exit::Signal(signal) => (None, Some(signal)),
            Exit::Unknown => (None, None),
        };
        Self {
            how: exit.to_string(),
            status,
            signal,
            help: known.as_ref().map_or_else(|| ADVICE.to_owned(), |known| known.remedy.clone()),
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
pub(crate) const ADVICE: &str = "the cause is not known; the engine's last lines are above, and all of them in `logs`";

/// Why an engine exited: what its log says, with how it exited as the last line.
fn cause(exit: Exit, log: &str) -> Option<Diagnosis> {
    diagnose(Phase::Run, &format!("{log}\n{exit}"))
}

/// All that is kept of what the engine printed; empty where it cannot be read.
pub(crate) fn whole_log(runtime: &dyn Runtime, dir: &PoolDir) -> String {
    runtime.whole_log(dir).unwrap_or_default()
}

/// All that is kept of what the engine printed, without the values that `masker` knows: a cause may quote it.
pub(crate) fn masked_log(runtime: &dyn Runtime, dir: &PoolDir, masker: &Redactor) -> String {
    let log = whole_log(runtime, dir);
    if masker.is_empty() { log } else { masker.text(&log).into_owned() }
}

/// The end of the log, for an error, without the values that `masker` knows.
pub(crate) fn tail(runtime: &dyn Runtime, dir: &PoolDir, masker: &Redactor) -> String {
    let lines = runtime.logs(dir, LINES).unwrap_or_default();
    if lines.is_empty() { String::new() } else { format!("\n{}", masker.text(&lines)) }
}

/// What masks the values of the engine's secrets, from their files and from this process's environment.
///
/// Both are asked for every name: this call need not be the one that started the engine.
pub(crate) fn masker(settings: &Settings, prepared: &PreparedEngine) -> Redactor {
    let mut masker = Redactor::new();
    let names = prepared.secret_env.iter().chain(prepared.secret_file.keys());
    names.filter_map(|name| settings.env.get_str(name)).for_each(|value| masker.add(value));
    for (name, path) in &prepared.secret_file {
        SecretFile::read(path).value(name).map(|value| masker.add(value.expose_secret())).ok();
    }
    masker
}
