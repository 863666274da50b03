//! Turns one option of a help text into a flag.

use crate::catalogue::known;
use crate::catalogue::spec::{Arity, FlagSpec};
use crate::catalogue::spelling::{longest, sort};
use crate::engine::Engine;
use crate::help::brackets;
use crate::help::head::Head;
use crate::help::hint;
use crate::help::layout::Entry;

/// The flags of a text and how many of its options could not be read.
#[derive(Default)]
pub(crate) struct Read {
    pub(crate) specs: Vec<FlagSpec>,
    pub(crate) unread: usize,
}

pub(crate) fn read(engine: Engine, entries: &[Entry<'_>]) -> Read {
    let mut read = Read::default();
    for entry in entries {
        match spec(engine, entry) {
            Some(spec) => read.specs.push(spec),
            None => read.unread += 1,
        }
    }
    read
}

/// `None` where the left column is not spellings and hints.
fn spec(engine: Engine, entry: &Entry<'_>) -> Option<FlagSpec> {
    let mut head = Head::read(&entry.head)?;
    let mut below = entry.lines.as_slice();
    if let [hint, rest @ ..] = below
        && head.hints.is_empty()
        && !rest.is_empty()
        && is_hint(hint)
    {
        head.hints = vec![hint];
        below = rest;
    }
    let value = head.arity()?;
    let lines: Vec<&str> = head.prose.into_iter().chain(below.iter().copied()).collect();
    let (lines, hints) = (lines.as_slice(), head.hints);
    // `{a,b} or name registered in --plugin`: anything.
    let listed = hints.first().copied().filter(|_| !head.prose.is_some_and(|prose| prose.starts_with("or ")));
    let mut spellings = head.spellings;
    spellings.extend(brackets::aliases(lines));
    let sorted = sort(spellings, !matches!(value, Arity::None | Arity::Optional));
    let name = canonical(engine, &sorted.positive)?;
    let (help, env) = split_env(&lines.join(" "));
    let env = env.or_else(|| brackets::one(lines, "env: ").map(|e| e.trim_end_matches('=').to_owned()));
    let default = hint::default(&help);
    let gone = is_gone(&help);
    let mut spec = FlagSpec {
        values: hint::values(listed, lines, default.as_deref()),
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
    known::complete(engine, &mut spec);
    known::narrow(engine, &mut spec, &help);
    spec.adds |= known::ADDS_HELP.iter().any(|text| help.contains(text));
    Some(spec)
}

/// Whether what stands in the place of a description is a hint that was set apart (`--xx  TYPE,N`, described below it).
fn is_hint(text: &str) -> bool {
    let name = |text: &str| !text.is_empty() && text.len() <= 6 && text.bytes().all(|b| b.is_ascii_uppercase());
    text.split(',').all(name)
}

/// The name that a flag is passed by. Engines other than llama-server list new names behind those that older releases
/// know, so theirs is the first long one.
fn canonical(engine: Engine, spellings: &[String]) -> Option<String> {
    if engine != Engine::LlamaServer {
        return spellings.iter().find(|s| s.starts_with("--")).or(spellings.first()).cloned();
    }
    if spellings.iter().any(|s| known::LAYERS.contains(&s.as_str())) {
        return Some(known::LAYER_FLAG.to_owned());
    }
    longest(spellings.iter().map(String::as_str)).map(str::to_owned)
}

/// Whether a description begins by saying that the flag is no more (`the argument has been removed. use …`).
fn is_gone(help: &str) -> bool {
    let first = help.bytes().find(|byte| !matches!(byte, b'[' | b'('));
    if !first.is_some_and(|byte| matches!(byte.to_ascii_lowercase(), b't' | b'r')) {
        return false;
    }
    let lower = help.to_lowercase();
    let first = lower.split(". ").next().unwrap_or(&lower).trim_start_matches(['[', '(']);
    let subject = ["the argument", "this argument", "this option", "the option", "this flag", "the flag", "removed"];
    subject.iter().any(|s| first.starts_with(s))
        && ["removed", "no longer supported", "no longer available"].iter().any(|what| first.contains(what))
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
