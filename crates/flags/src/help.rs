//! Turns one option of a help text into a flag.

use crate::brackets;
use crate::hint;
use crate::known;
use crate::layout::Entry;
use crate::spec::{Arity, FlagSpec};
use crate::spelling::{is_flag, longest, sort};

/// The flags of a text and how many of its options could not be read.
#[derive(Default)]
pub(crate) struct Read {
    pub(crate) specs: Vec<FlagSpec>,
    pub(crate) unread: usize,
}

pub(crate) fn read(entries: &[Entry<'_>]) -> Read {
    let mut read = Read::default();
    for entry in entries {
        match spec(&entry.head, &entry.lines) {
            Some(spec) => read.specs.push(spec),
            None => read.unread += 1,
        }
    }
    read
}

/// `None` where the left column is not spellings and at most two hints.
fn spec(head: &str, lines: &[&str]) -> Option<FlagSpec> {
    let (mut spellings, hints) = split(head)?;
    spellings.extend(brackets::aliases(lines));
    let value = match hints.as_slice() {
        [] => Arity::None,
        [hint] if hint.starts_with("[<") && (hint.ends_with(">]") || hint.ends_with(">...]")) => Arity::Optional,
        [hint] if hint.starts_with('<') && hint.ends_with(">...") => Arity::Many,
        [_] => Arity::One,
        [_, _] => Arity::Two,
        _ => return None,
    };
    let sorted = sort(spellings, !matches!(value, Arity::None | Arity::Optional));
    let name = if sorted.positive.iter().any(|s| known::LAYERS.contains(&s.as_str())) {
        known::LAYER_FLAG.to_owned()
    } else {
        longest(sorted.positive.iter().map(String::as_str))?.to_owned()
    };
    let (help, env) = split_env(&lines.join(" "));
    let env = env.or_else(|| brackets::one(lines, "env: ").map(|e| e.trim_end_matches('=').to_owned()));
    let default = hint::default(&help);
    let gone = help.to_ascii_lowercase().starts_with("the argument has been removed");
    let mut spec = FlagSpec {
        values: hint::values(hints.first().copied(), lines, default.as_deref()),
        aliases: sorted.positive.into_iter().filter(|s| *s != name).collect(),
        negations: sorted.negative,
        value,
        value_hint: (!hints.is_empty()).then(|| hints.join(" ")),
        default,
        env,
        adds: false,
        pair: false,
        role: known::role_by_help(&help),
        removed: gone.then(|| help.clone()),
        name,
    };
    known::complete(&mut spec);
    known::narrow(&mut spec, &help);
    spec.adds |= known::ADDS_HELP.iter().any(|text| help.contains(text));
    Some(spec)
}

/// The spellings and the hints of the last of them that has any.
fn split(head: &str) -> Option<(Vec<String>, Vec<&str>)> {
    let mut spellings = Vec::new();
    let mut hints: Vec<&str> = Vec::new();
    let mut earlier = Vec::new();
    for word in words(head) {
        let word = word.strip_suffix(',').unwrap_or(word);
        if is_flag(word) {
            spellings.extend(spelled(word)?);
            if !hints.is_empty() {
                earlier = std::mem::take(&mut hints);
            }
        } else if spellings.is_empty() {
            return None;
        } else {
            hints.push(word);
        }
    }
    Some((spellings, if hints.is_empty() { earlier } else { hints }))
}

/// `--x`, or `--x` and `--xs` where it is `--x(s)`.
fn spelled(word: &str) -> Option<Vec<String>> {
    let (short, more) = match word.strip_suffix(')').and_then(|w| w.split_once('(')) {
        Some((short, ending)) => (short, Some(format!("{short}{ending}"))),
        None => (word, None),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let all: Vec<String> = std::iter::once(short.to_owned()).chain(more).collect();
    all.iter().all(|s| s.chars().all(plain)).then_some(all)
}

/// The words of the left column; a blank inside brackets does not end a word (`<tensor name pattern>=<buffer type>`).
fn words(head: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    head.split(move |c: char| {
        match c {
            '<' | '{' | '[' | '(' => depth += 1,
            '>' | '}' | ']' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && c.is_whitespace()
    })
    .filter(|w| !w.is_empty())
}

/// Takes the last `(env: NAME)` out of a description.
fn split_env(description: &str) -> (String, Option<String>) {
    let found = description.rsplit_once("(env:").and_then(|(before, after)| {
        let (name, rest) = after.split_once(')')?;
        Some((format!("{}{rest}", before.trim_end()), name.trim().to_owned()))
    });
    match found {
        Some((help, env)) if !env.is_empty() => (help.trim().to_owned(), Some(env)),
        _ => (description.trim().to_owned(), None),
    }
}
