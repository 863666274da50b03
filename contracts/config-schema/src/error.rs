//! What can be wrong with a configuration, each with its place and what to do.

pub(crate) mod nearest;
pub(crate) mod place;
pub(crate) mod shown;

use std::io;

use miette::Diagnostic;

use crate::{Place, PoolId};

/// Why a configuration was refused.
///
/// No message, help or `Debug` output repeats a value from the file; only keys and keywords are
/// named, and only if they look like words.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("cannot read `{file}`")]
    #[diagnostic(code(config::io), help("check that the file exists and that this user may read it"))]
    Io {
        /// The file, as it was named.
        file: String,
        /// Why not.
        #[source]
        source: io::Error,
    },

    /// The file's name does not say in which format it is written.
    #[error("the name of `{file}` does not end in `.toml`, `.yaml`, `.yml` or `.json`")]
    #[diagnostic(code(config::format), help("rename the file after the format it is written in"))]
    Format {
        /// The file, as it was named.
        file: String,
    },

    /// The file is larger, or nested deeper, than any configuration has reason to be.
    #[error("{place}: {limit}")]
    #[diagnostic(
        code(config::too_large),
        help("check that this is the right file; split a configuration that is really this large")
    )]
    TooLarge {
        /// Where the limit was passed.
        place: Place,
        /// The limit.
        limit: &'static str,
    },

    /// The file is not valid TOML, YAML or JSON.
    #[error("{place}: {reason}")]
    #[diagnostic(
        code(config::syntax),
        help("mend the file there; quotes, brackets, commas and indentation are the usual causes")
    )]
    Syntax {
        /// Where it stops being valid.
        place: Place,
        /// What the parser says.
        reason: String,
    },

    /// A key that does not exist there.
    #[error("{place}: unknown key {key}")]
    #[diagnostic(code(config::unknown_key), help("{help}"))]
    UnknownKey {
        /// Where the key stands; its `keys` lead to what holds it.
        place: Place,
        /// The key in backticks, or a remark that it is not shown.
        key: String,
        /// The nearest valid key, or all of them.
        help: String,
    },

    /// A keyword that does not exist there.
    #[error("{place}: unknown value {variant}")]
    #[diagnostic(code(config::unknown_variant), help("{help}"))]
    UnknownVariant {
        /// Where the keyword stands.
        place: Place,
        /// The keyword in backticks, or a remark that it is not shown.
        variant: String,
        /// The nearest valid keyword, or all of them.
        help: String,
    },

    /// A key that must be there is not.
    #[error("{place}: missing key `{key}`")]
    #[diagnostic(
        code(config::missing_key),
        help("add `{key}` there; `engine-provisioner schema` prints what it means")
    )]
    MissingKey {
        /// Where what lacks the key begins.
        place: Place,
        /// The key.
        key: &'static str,
    },

    /// A value of the wrong type, or one that its type refuses.
    #[error("{place}: {reason}")]
    #[diagnostic(code(config::invalid_value), help("{help}"))]
    InvalidValue {
        /// Where the value stands.
        place: Place,
        /// Why it is refused; never the value itself.
        reason: String,
        /// What to write instead.
        help: String,
    },

    /// One key twice.
    #[error("{place}: the key {key} stands here a second time")]
    #[diagnostic(code(config::duplicate_key), help("keep one of the two; which one is meant cannot be known"))]
    DuplicateKey {
        /// Where it stands the second time.
        place: Place,
        /// The key in backticks, or a remark that it is not shown.
        key: String,
    },

    /// Two pools with one id.
    #[error("{place}: `pools[{first}]` and `pools[{second}]` have the same id `{id}`")]
    #[diagnostic(
        code(config::duplicate_pool),
        help("give one of them another id; locks, folders and processes are named after it")
    )]
    DuplicatePool {
        /// Where the second one's id stands.
        place: Place,
        /// The id.
        id: PoolId,
        /// The index of the first, from 0.
        first: usize,
        /// The index of the second, from 0.
        second: usize,
    },

    /// No pool of the asked-for id, or none asked for where there are several.
    #[error("{reason}")]
    #[diagnostic(code(config::no_such_pool), help("{help}"))]
    NoSuchPool {
        /// Which of the two.
        reason: String,
        /// The nearest id, and all of them.
        help: String,
    },
}

impl ConfigError {
    /// Where in the file the cause stands, for an error that has one place.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::TooLarge { place, .. }
            | Self::Syntax { place, .. }
            | Self::UnknownKey { place, .. }
            | Self::UnknownVariant { place, .. }
            | Self::MissingKey { place, .. }
            | Self::InvalidValue { place, .. }
            | Self::DuplicateKey { place, .. }
            | Self::DuplicatePool { place, .. } => Some(place),
            Self::Io { .. } | Self::Format { .. } | Self::NoSuchPool { .. } => None,
        }
    }
}
