//! Cuts a list of words into flags with their values, as the engine's parser does.
//!
//! The engine takes the words after a flag as its values whatever they look like (`--seed -1`), so which words are
//! values depends on the catalogue alone. It has no `--flag=value`; here that is read as two words.

use std::iter::{Enumerate, Peekable};

use crate::catalogue::{Catalogue, Found};
use crate::error::FlagError;
use crate::spec::Arity;
use crate::spelling::{is_flag, name_of, shown};

/// One flag as a pool wrote it.
pub(crate) struct Given<'a> {
    /// Which word of the list it is, from 1.
    pub(crate) position: usize,
    /// The name as written, without a value.
    pub(crate) written: &'a str,
    /// What the catalogue knows of it.
    pub(crate) found: Option<Found<'a>>,
    /// Whether the first value stood in the same word, after `=`.
    pub(crate) joined: bool,
    /// Its values. Of a flag that is not listed: the one word that follows, unless that is a flag.
    pub(crate) values: Vec<&'a str>,
}

/// Cuts one flag after the other off a list of words.
pub(crate) struct Scan<'a> {
    words: Peekable<Enumerate<std::slice::Iter<'a, String>>>,
    catalogue: &'a Catalogue,
    before: Option<&'a str>,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(args: &'a [String], catalogue: &'a Catalogue) -> Self {
        Self { words: args.iter().enumerate().peekable(), catalogue, before: None }
    }

    /// The next flag; `None` at the end. Words after it are not looked at: what is wrong with this one is told first,
    /// so that the value of a refused flag is never taken for the next flag.
    pub(crate) fn next(&mut self) -> Result<Option<Given<'a>>, FlagError> {
        let Some((at, word)) = self.words.next() else {
            return Ok(None);
        };
        let position = at + 1;
        if !is_flag(word) {
            let after = self.before.map(shown);
            return Err(FlagError::StrayWord { position, after });
        }
        let (written, inline) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word.as_str(), None),
        };
        if name_of(written) != written {
            let flag = shown(written);
            return Err(FlagError::Joined { flag, position });
        }
        self.before = Some(written);
        let found = self.catalogue.find(written);
        let values = match found {
            Some(found) => self.values(found, written, inline, position)?,
            None => self.guess(inline),
        };
        Ok(Some(Given { position, written, found, joined: inline.is_some(), values }))
    }

    fn values(
        &mut self,
        Found { spec, negated }: Found<'_>,
        written: &str,
        inline: Option<&'a str>,
        position: usize,
    ) -> Result<Vec<&'a str>, FlagError> {
        let flag = || shown(written);
        if spec.value == Arity::None && inline.is_some() {
            return Err(FlagError::TakesNoValue {
                flag: flag(),
                position,
                negation: spec.negation().filter(|_| !negated).map(str::to_owned),
            });
        }
        let wants = spec.value.count();
        let mut values: Vec<&str> = inline.into_iter().collect();
        while values.len() < wants {
            let Some((_, value)) = self.words.next() else {
                return Err(FlagError::MissingValue {
                    flag: flag(),
                    position,
                    wants,
                    hint: spec.value_hint.clone().unwrap_or_default(),
                });
            };
            values.push(value);
        }
        Ok(values)
    }

    fn guess(&mut self, inline: Option<&'a str>) -> Vec<&'a str> {
        let value = match inline {
            Some(value) => Some(value),
            None => self.words.next_if(|(_, next)| !is_flag(next)).map(|(_, next)| next.as_str()),
        };
        value.into_iter().collect()
    }
}
