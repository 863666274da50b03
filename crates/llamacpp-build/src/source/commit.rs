//! Which state of a repository: a whole commit id, and the list of names that a repository gives its commits.

use serde::{Deserialize, Serialize};

use crate::plan::placeholder::COMMIT;

/// A whole commit id, in lower-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Commit(String);

impl Commit {
    /// A text that is a whole commit id (40 or 64 hexadecimal digits).
    pub fn parse(text: &str) -> Option<Self> {
        let whole = matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit());
        whole.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `git ls-remote`: full name and commit.
pub(crate) type Listing = Vec<(String, Commit)>;

/// A commit in a command: one that is known, or the place where it will stand.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reference<'a> {
    Known(&'a Commit),
    Late,
}

impl<'a> Reference<'a> {
    pub(crate) fn as_str(self) -> &'a str {
        match self {
            Self::Known(commit) => commit.as_str(),
            Self::Late => COMMIT,
        }
    }
}
