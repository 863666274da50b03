//! A parsed file as a tree of values that remember where they stand: one shape for three formats.

pub(crate) mod from_json;
pub(crate) mod from_toml;
pub(crate) mod from_yaml;
mod read;
mod read_error;
mod wording;

pub(crate) use read::read;
pub(crate) use read_error::{Problem, ReadError};

/// The largest configuration file that is read, and the largest document that YAML aliases may make.
pub(crate) const MAX_BYTES: usize = 1024 * 1024;

/// How deep lists and tables may be nested. A configuration needs 8.
pub(crate) const MAX_DEPTH: usize = 64;

pub(crate) const TOO_DEEP: &str = "lists and tables are nested deeper than 64 levels";

/// A value and the byte at which it begins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) at: usize,
    pub(crate) value: Value,
}

impl Node {
    /// The value of a key, if this is a table that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let Value::Table(entries) = &self.value else {
            return None;
        };
        let entry = entries.iter().find(|entry| entry.key == key)?;
        Some(&entry.node)
    }
}

/// A value of any of the three formats.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    /// A YAML scalar without quotes: what it is depends on what is asked for, so that the commit
    /// `703e9` stays a text where a text belongs.
    Plain(String),
    /// A TOML date or time, which no key takes.
    Date,
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// A key, the byte at which it begins, and its value. A table may hold a key twice; reading refuses it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) at: usize,
    pub(crate) key: String,
    pub(crate) node: Node,
}

/// Why a text could not be made into a tree.
#[derive(Debug, PartialEq)]
pub(crate) struct TreeError {
    pub(crate) at: usize,
    pub(crate) problem: TreeProblem,
}

#[derive(Debug, PartialEq)]
pub(crate) enum TreeProblem {
    Syntax(String),
    TooLarge(&'static str),
    /// A key stands twice; the bytes of its second name.
    DuplicateKey(std::ops::Range<usize>),
}

impl TreeError {
    pub(crate) fn syntax(at: usize, reason: impl Into<String>) -> Self {
        let problem = TreeProblem::Syntax(reason.into());
        Self { at, problem }
    }

    pub(crate) fn too_large(at: usize, limit: &'static str) -> Self {
        let problem = TreeProblem::TooLarge(limit);
        Self { at, problem }
    }
}
