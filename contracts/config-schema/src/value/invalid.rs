//! Why a value was refused, in fixed words that cannot repeat the value.

use std::fmt;

use miette::Diagnostic;

/// The refusal of one value: a reason, and what to write instead.
///
/// Both are fixed texts, so no part of a refused value (a password in a URL, a token in the wrong
/// place) can ever reach a message. `{}` gives the reason, `{:#}` the reason and, on a second line,
/// the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Diagnostic)]
#[diagnostic(code(config::invalid_value), help("{help}"))]
pub struct Invalid {
    reason: &'static str,
    help: &'static str,
}

impl Invalid {
    pub(crate) const fn new(reason: &'static str, help: &'static str) -> Self {
        Self { reason, help }
    }

    /// What is wrong.
    pub fn reason(&self) -> &'static str {
        self.reason
    }

    /// What to write instead.
    pub fn advice(&self) -> &'static str {
        self.help
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason)?;
        if f.alternate() {
            write!(f, "\n{}", self.help)?;
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}
