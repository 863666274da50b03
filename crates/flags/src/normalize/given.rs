//! One flag of a pool's list: its name as written, what it is to this engine, its values.

use std::borrow::Cow;

use crate::catalogue::Found;

/// One flag as a pool wrote it.
pub(crate) struct Given<'a> {
    /// Which word of the list it is, from 1.
    pub(crate) position: usize,
    /// The name as written, without a value.
    pub(crate) written: &'a str,
    /// The flag of this engine that it is.
    pub(crate) found: Option<Found<'a>>,
    /// Whose name it is.
    pub(crate) named: Named,
    /// Whether it asks for nothing but what the engine does without it.
    pub(crate) nothing: bool,
    /// Whether `on`, `off` or the lack of either was put into the engine's own form.
    pub(crate) reread: bool,
    /// Whether the first value stood in the same word, after `=`.
    pub(crate) joined: bool,
    /// Its values. Of a flag that no release lists: the one word that follows, unless that is a flag.
    pub(crate) values: Vec<Cow<'a, str>>,
}

/// How the name a flag was written with belongs to this engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// It is one of its spellings, or `--ngl`.
    Here,
    /// It is a spelling of another release.
    Elsewhere,
    /// It is a flag of another kind (`--mlock` for `--load-mode mmap+mlock`).
    Reworded,
}
