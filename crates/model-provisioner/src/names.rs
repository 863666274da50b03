//! Names that come from a configuration or from a hub, each valid once it exists: repository, file, revision, commit.
//!
//! The rule: no name can leave its folder, be read as an option by a command, or change a URL's meaning.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ModelError;

/// No name is longer, in bytes; the hub's own limit for a repository is 96.
const LONGEST: usize = 1024;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes a valid name.
            pub fn parse(text: &str) -> Result<Self, ModelError> {
                let valid: fn(&str) -> Result<(), &'static str> = $valid;
                match valid(text) {
                    Ok(()) => Ok(Self(text.to_owned())),
                    Err(why) => Err(ModelError::BadName { what: $what, name: shown(text), why }),
                }
            }

            /// As it was written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = ModelError;

            fn try_from(text: String) -> Result<Self, ModelError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    };
}

name!(
    /// `owner/name`, by the hub's own rules.
    RepoId,
    "repository",
    repo
);
name!(
    /// A file in a repository, relative, without `.` and `..`.
    RepoPath,
    "file",
    path
);
name!(
    /// A branch, tag or commit of a repository.
    Revision,
    "revision",
    revision
);

/// A full commit: 40 lower-case hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommitId(String);

impl CommitId {
    /// The commit, if the text is one.
    pub fn parse(text: &str) -> Option<Self> {
        let valid = text.len() == 40 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        valid.then(|| Self(text.to_owned()))
    }

    /// Its 40 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// huggingface_hub's `validate_repo_id`, with the owner required.
fn repo(text: &str) -> Result<(), &'static str> {
    let part = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            && !part.starts_with(['-', '.'])
            && !part.ends_with(['-', '.'])
    };
    match text.split_once('/') {
        None => Err("it must be `owner/name`"),
        Some(_) if text.len() > 96 => Err("it is longer than 96 characters"),
        Some(_) if text.contains("--") || text.contains("..") => Err("`--` and `..` are not allowed"),
        Some((owner, name)) if part(owner) && part(name) => Ok(()),
        Some(_) => Err("letters, digits, `-`, `_` and `.` are allowed, with no `-` or `.` at the ends"),
    }
}

pub(crate) fn path(text: &str) -> Result<(), &'static str> {
    common(text)?;
    if text.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Err("it must be relative, without empty parts, `.` and `..`");
    }
    if text.split('/').any(|part| part.len() > 255) {
        return Err("a part of it is longer than 255 bytes");
    }
    Ok(())
}

fn revision(text: &str) -> Result<(), &'static str> {
    common(text)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_./+@".contains(c);
    let bad = text.contains("..") || text.starts_with('/') || text.ends_with('/') || text.contains("//");
    if bad || !text.chars().all(allowed) { Err("it is not a name of a branch, tag or commit") } else { Ok(()) }
}

fn common(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        Err("it is empty")
    } else if text.len() > LONGEST {
        Err("it is longer than 1024 bytes")
    } else if text.starts_with('-') {
        Err("it begins with `-`")
    } else if text.contains('\\') || text.chars().any(char::is_control) {
        Err("backslashes and control characters are not allowed")
    } else {
        Ok(())
    }
}

/// A name for a message: short, in one line.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(120).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["o/r", "unsloth/gemma-4-31B-it-GGUF", "a_b/c.d"] {
            RepoId::parse(good).unwrap();
        }
        for bad in
            ["", "r", "o/r/x", "../x", "o/..", "-o/r", "o/r-", "o/a--b", "o/r?x", "o/r x", "o/é", &"o/r".repeat(99)]
        {
            RepoId::parse(bad).unwrap_err();
        }
        for good in ["m.gguf", "Q4/m-00001-of-00002.gguf", "ünïcode [x].json", ".gitattributes"] {
            RepoPath::parse(good).unwrap();
        }
        for bad in ["", "/m", "a//b", "../m", "a/../b", "./m", "-m", "a\\b", "a\nb", "a/", &"x".repeat(256)] {
            RepoPath::parse(bad).unwrap_err();
        }
        for good in ["main", "v1.0", "refs/pr/3", "de3ff815ea7d559ee917f063901b8986f038abc6"] {
            Revision::parse(good).unwrap();
        }
        for bad in ["", "-x", "a..b", "/a", "a b", "a~1", "a?"] {
            Revision::parse(bad).unwrap_err();
        }
        assert!(CommitId::parse("de3ff815ea7d559ee917f063901b8986f038abc6").is_some());
        assert!(CommitId::parse("main").is_none());
    }
}
