//! Cuts a list of words into flags with their values, as the engine's parser does.
//!
//! The engine takes the words after a flag as its values whatever they look like (`--seed -1`), so which words are
//! values depends on the catalogue alone. What people write and the engine does not take is read as well: `--flag=value`,
//! a name of another release, a switch with `on` or `off` behind it and an `on|off|auto` flag without.

use std::borrow::Cow;
use std::iter::{Enumerate, Peekable};

use crate::catalogue::spec::{Arity, FlagSpec};
use crate::catalogue::spelling::{is_flag, name_of, shown};
use crate::catalogue::{Catalogue, Found};
use crate::engine::Engine;
use crate::error::FlagError;
use crate::normalize::given::{Given, Named};
use crate::normalize::resolve::{self, Resolved};
use crate::normalize::toggle::Toggle;
use crate::normalize::{pair, pasted};

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
            return Err(self.no_flag(word, position));
        }
        let (written, inline) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => self.attached(word).unwrap_or((word.as_str(), None)),
        };
        // vLLM adds to a list in a document with `--x.key+ value`.
        let list = written.strip_suffix('+').filter(|name| self.catalogue.engine == Engine::Vllm && name.contains('.'));
        let name = list.unwrap_or(written);
        if name_of(name) != name {
            let joined = || FlagError::Joined { flag: shown(written), position };
            return Err(pasted::joined(word, position).unwrap_or_else(joined));
        }
        self.before = Some(written);
        let mut given = Given {
            position,
            written,
            found: None,
            named: Named::Here,
            nothing: false,
            reread: false,
            joined: inline.is_some(),
            values: Vec::new(),
        };
        match resolve::name(written, self.catalogue) {
            Resolved::Listed(found) => self.take(&mut given, found, inline)?,
            Resolved::Renamed(found) => {
                given.named = Named::Elsewhere;
                self.take(&mut given, found, inline)?;
            }
            Resolved::Opposite(found) => {
                self.take(&mut given, found, inline)?;
                // `--mmap off` where there is only `--no-mmap` is that; anything else is nothing.
                given.nothing = !given.nothing;
            }
            Resolved::Elsewhere(found) => {
                self.take(&mut given, found, inline)?;
                resolve::reword(&mut given, self.catalogue);
            }
            Resolved::Unlisted => {
                self.refuse_stuck(written, position)?;
                given.values = self.guess(inline);
            }
        }
        Ok(Some(given))
    }

    /// What is wrong with a word that is no flag. The word itself is not shown: it may be the rest of an unquoted secret.
    fn no_flag(&self, word: &str, position: usize) -> FlagError {
        let after = self.before.map(shown);
        if let Some(name) = word.strip_prefix(['\u{2013}', '\u{2014}', '\u{2212}']) {
            let names = [format!("--{}", shown(name)), format!("-{}", shown(name))];
            let known = names.iter().find(|name| self.catalogue.find(name).is_some());
            if let Some(flag) = known.cloned() {
                return FlagError::Dash { flag, position };
            }
        }
        let (name, value) = word.split_once('=').unwrap_or_default();
        let upper = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        if !value.is_empty() && name.contains('_') && name.chars().all(upper) {
            let flag = self.catalogue.specs().iter().find(|spec| spec.env.as_deref() == Some(name));
            return FlagError::Variable { name: shown(name), position, flag: flag.map(|spec| spec.name.clone()) };
        }
        pasted::stray(word, position, self.catalogue.engine).unwrap_or(FlagError::StrayWord { position, after })
    }

    /// `-O3`: Python's parser and TGI's read a number behind a flag of one letter.
    fn attached(&self, word: &'a str) -> Option<(&'a str, Option<&'a str>)> {
        let (name, value) = word
            .split_at_checked(2)
            .filter(|(name, _)| self.catalogue.engine.parser().joined && !name.ends_with('-'))?;
        let takes = self.catalogue.find(word).is_none()
            && self.catalogue.find(name).is_some_and(|found| found.spec.value == Arity::One);
        let number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        (takes && number && self.catalogue.engine != Engine::Triton).then_some((name, Some(value)))
    }

    /// `-ngl99`, which no engine reads.
    fn refuse_stuck(&self, written: &str, position: usize) -> Result<(), FlagError> {
        let name = written.trim_end_matches(|c: char| c.is_ascii_digit());
        let takes = |found: Found<'_>| found.spec.value != Arity::None;
        let stuck = name != written && !name.starts_with("--") && self.catalogue.find(name).is_some_and(takes);
        if stuck { Err(FlagError::Joined { flag: shown(name), position }) } else { Ok(()) }
    }

    /// The values of a flag of this engine or another.
    fn take(&mut self, given: &mut Given<'a>, found: Found<'a>, inline: Option<&'a str>) -> Result<(), FlagError> {
        given.found = Some(found);
        match found.spec.value {
            Arity::None => self.switch(given, found, inline),
            Arity::One if found.spec.values.is_toggle() => {
                self.toggle(given, inline);
                Ok(())
            }
            _ => self.values(given, found.spec, inline),
        }
    }

    /// A switch may say `on` or `off`: other releases have had an `on|off|auto` of the same name.
    fn switch(&mut self, given: &mut Given<'a>, found: Found<'a>, inline: Option<&'a str>) -> Result<(), FlagError> {
        let said = match inline {
            Some(value) => Toggle::parse(value).filter(|_| !found.negated).map(Some),
            None => Some(self.words.next_if(|(_, next)| Toggle::parse(next).is_some()))
                .map(|next| next.and_then(|(_, word)| Toggle::parse(word))),
        };
        let Some(said) = said else {
            return Err(FlagError::TakesNoValue {
                flag: shown(given.written),
                position: given.position,
                negation: found.spec.negation().filter(|_| !found.negated).map(str::to_owned),
            });
        };
        given.reread = said.is_some();
        if said == Some(Toggle::Off) && found.spec.negation().is_some() {
            given.found = Some(Found { negated: true, ..found });
        } else {
            given.nothing = matches!(said, Some(Toggle::Off | Toggle::Auto));
        }
        Ok(())
    }

    /// The value of an `on|off|auto` flag; it was a switch in older releases, and alone it means `on`.
    fn toggle(&mut self, given: &mut Given<'a>, inline: Option<&'a str>) {
        let value = match inline {
            Some(value) => Some(value),
            None => self.words.next_if(|(_, next)| !is_flag(next)).map(|(_, next)| next.as_str()),
        };
        let word = match value {
            Some(value) => Toggle::parse(value).map_or(value, |said| said.word()),
            None => Toggle::On.word(),
        };
        given.reread = value != Some(word);
        given.values = vec![Cow::Borrowed(word)];
    }

    fn values(&mut self, given: &mut Given<'a>, spec: &FlagSpec, inline: Option<&'a str>) -> Result<(), FlagError> {
        let wants = spec.value.count();
        given.values.extend(inline.map(Cow::Borrowed));
        let parser = self.catalogue.engine.parser();
        let limit = if given.joined { wants } else { spec.value.limit() };
        while given.values.len() < limit {
            let more = given.values.len() >= wants;
            if self.words.peek().is_some_and(|(_, word)| !parser.takes(word) || (more && is_flag(word))) {
                if more {
                    break;
                }
                return Err(FlagError::DashedValue { flag: shown(given.written), position: given.position });
            }
            if spec.pair && given.values.len() == 1 && self.next_is_no_number() {
                break;
            }
            let Some((_, value)) = self.words.next() else {
                break;
            };
            given.values.push(Cow::Borrowed(value));
        }
        if spec.pair {
            let more = if self.next_is_no_number() { None } else { self.words.peek().map(|(_, w)| w.as_str()) };
            if pair::fit(&mut given.values, wants, more) {
                self.words.next();
            }
        }
        if given.values.len() < wants {
            return Err(FlagError::MissingValue {
                flag: shown(given.written),
                position: given.position,
                wants,
                hint: spec.value_hint.clone().unwrap_or_default(),
            });
        }
        Ok(())
    }

    fn next_is_no_number(&mut self) -> bool {
        self.words.peek().is_none_or(|(_, word)| word.parse::<f32>().is_err())
    }

    fn guess(&mut self, inline: Option<&'a str>) -> Vec<Cow<'a, str>> {
        let value = match inline {
            Some(value) => Some(value),
            None => self.words.next_if(|(_, next)| !is_flag(next)).map(|(_, next)| next.as_str()),
        };
        value.into_iter().map(Cow::Borrowed).collect()
    }
}
