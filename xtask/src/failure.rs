//! Why a task ended without success, and with which exit code.

use std::error::Error;
use std::fmt;

/// A message for the person at the terminal.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    /// 1: the task failed; 3: this machine lacks something, a program or a GPU.
    pub(crate) exit_code: u8,
}

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), exit_code: 1 }
    }

    pub(crate) fn missing(message: impl Into<String>) -> Self {
        Self { message: message.into(), exit_code: 3 }
    }

    /// The same failure, told with what was being done.
    pub(crate) fn while_doing(self, what: impl fmt::Display) -> Self {
        Self { message: format!("{what}: {}", self.message), ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message = format!("{message}: {error}");
            cause = error.source();
        }
        Self::new(message)
    }
}
