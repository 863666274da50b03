//! A mistake in a text file: where it is and what is wrong.

use std::fmt;

/// A mistake in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    line: usize,
    what: String,
}

impl Mistake {
    /// A mistake at this byte of a text.
    pub(super) fn at(text: &str, at: usize, what: String) -> Self {
        let before = text.as_bytes().get(..at).unwrap_or_default();
        Self { line: before.split(|byte| *byte == b'\n').count(), what }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}
