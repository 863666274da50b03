//! What serde reports while a tree is read: kept apart by kind, with the keys that lead there.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};

use super::wording;
use crate::error::nearest::nearest;
use crate::error::shown::{is_word, shown};

/// A problem, the byte it stands at once that is known, and the keys that lead to it.
#[derive(Debug)]
pub(crate) struct ReadError {
    pub(crate) problem: Problem,
    pub(crate) at: Option<usize>,
    /// From the inside out, as they become known on the way back.
    keys: Vec<Key>,
}

#[derive(Debug)]
pub(crate) enum Problem {
    UnknownKey {
        /// In backticks, or a remark that it is not shown.
        key: String,
        nearest: Option<&'static str>,
        valid: &'static [&'static str],
    },
    UnknownVariant {
        /// In backticks, or a remark that it is not shown.
        variant: String,
        nearest: Option<&'static str>,
        valid: &'static [&'static str],
    },
    MissingKey(&'static str),
    DuplicateKey(String),
    Invalid {
        reason: String,
        help: String,
    },
}

#[derive(Debug)]
enum Key {
    Name(String),
    Index(usize),
}

impl ReadError {
    fn new(problem: Problem) -> Self {
        Self { problem, at: None, keys: Vec::new() }
    }

    pub(super) fn duplicate(key: &str) -> Self {
        Self::new(Problem::DuplicateKey(shown(key)))
    }

    /// Keeps the innermost place: the first that is set.
    pub(super) fn at(mut self, at: usize) -> Self {
        self.at.get_or_insert(at);
        self
    }

    pub(super) fn below_key(mut self, name: &str) -> Self {
        let name = if is_word(name) { name } else { "(not shown)" };
        self.keys.push(Key::Name(name.to_owned()));
        self
    }

    pub(super) fn below_index(mut self, index: usize) -> Self {
        self.keys.push(Key::Index(index));
        self
    }

    /// The keys from the outside in, as in `pools[0].provisioning`.
    pub(crate) fn path(&self) -> String {
        let mut path = String::new();
        for key in self.keys.iter().rev() {
            match key {
                Key::Index(index) => path.extend(["[", &index.to_string(), "]"]),
                Key::Name(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
            }
        }
        path
    }
}

impl Error for ReadError {
    /// Only an `Invalid` has a second line, its help; the words of any other error could hold a value
    /// and are left out.
    fn custom<T: fmt::Display>(message: T) -> Self {
        let text = format!("{message:#}");
        let (reason, help) = text
            .split_once('\n')
            .unwrap_or(("this is no value of this key", "see what this key means in the JSON Schema"));
        Self::new(Problem::Invalid { reason: reason.to_owned(), help: help.to_owned() })
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let (phrase, help) = wording::expected(expected);
        let reason = format!("expected {phrase}, found {}", wording::found(&unexpected));
        Self::new(Problem::Invalid { reason, help: help.to_owned() })
    }

    fn invalid_value(_value: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let (phrase, _) = wording::expected(expected);
        Self::new(Problem::Invalid {
            reason: format!("expected {phrase}, found one outside that range"),
            help: format!("write {phrase}"),
        })
    }

    fn unknown_field(field: &str, valid: &'static [&'static str]) -> Self {
        Self::new(Problem::UnknownKey { key: shown(field), nearest: nearest(field, valid.iter().copied()), valid })
    }

    fn unknown_variant(variant: &str, valid: &'static [&'static str]) -> Self {
        Self::new(Problem::UnknownVariant {
            variant: shown(variant),
            nearest: nearest(variant, valid.iter().copied()),
            valid,
        })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Problem::MissingKey(field))
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.problem)
    }
}

impl std::error::Error for ReadError {}
