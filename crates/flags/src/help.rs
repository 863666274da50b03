//! Reads the text that `llama-server --help` prints into flag specs.
//!
//! The layout is that of `common_arg::to_string`, kept since September 2024: options at the left edge, descriptions in
//! column 40, an option too long for its column alone on its line. Before, options were indented a little. An option
//! begins left of [`DESCRIPTION`] with a dash; what stands further right describes the option above it, even if it
//! begins with a dash too. <https://github.com/ggml-org/llama.cpp/blob/master/common/arg.cpp>

use crate::known;
use crate::spec::{Arity, FlagSpec};
use crate::spelling::{is_flag, longest, sort};

/// Options have begun at columns 0, 2 and 9, descriptions at 24 to 40.
const DESCRIPTION: usize = 16;

/// The flags a help text lists and how many option lines could not be read.
pub(crate) struct Read {
    pub(crate) specs: Vec<FlagSpec>,
    pub(crate) unread: usize,
}

/// An option being read.
struct Open<'a> {
    head: String,
    description: Vec<&'a str>,
}

/// Reads any text; what is no option or description of one is passed over.
pub(crate) fn read(text: &str) -> Read {
    let mut read = Read { specs: Vec::new(), unread: 0 };
    let mut open: Option<Open<'_>> = None;
    for line in text.lines() {
        let body = line.trim();
        let left = line.len() - line.trim_start().len() < DESCRIPTION;
        match &mut open {
            // Spellings that go on in the next line.
            Some(option) if option.description.is_empty() && option.head.ends_with(',') && is_flag(body) => {
                let (more, description) = columns(body);
                option.head.push(' ');
                option.head.push_str(more);
                option.description.extend(description);
            }
            _ if left && is_flag(body) => {
                read.close(open.take());
                let (head, description) = columns(body);
                open = Some(Open { head: head.to_owned(), description: description.into_iter().collect() });
            }
            Some(option) if !left => option.description.extend(Some(body).filter(|b| !b.is_empty())),
            // A section's title ends the option above it.
            _ if !body.is_empty() => read.close(open.take()),
            _ => {}
        }
    }
    read.close(open);
    read
}

impl Read {
    fn close(&mut self, open: Option<Open<'_>>) {
        let Some(Open { head, description }) = open else {
            return;
        };
        match spec(&head, &description.join(" ")) {
            Some(spec) => self.specs.push(spec),
            None => self.unread += 1,
        }
    }
}

/// Splits an option line at the first run of blanks that only lays out columns. After a comma blanks align spellings.
fn columns(body: &str) -> (&str, Option<&str>) {
    let blanks = body.match_indices("  ").map(|(at, _)| body.split_at(at));
    blanks
        .map(|(head, rest)| (head, Some(rest.trim_start())))
        .find(|(head, _)| !head.trim_end().ends_with(','))
        .unwrap_or((body, None))
}

/// One option from its left column and its description; `None` where the column is not spellings and at most two hints.
fn spec(head: &str, description: &str) -> Option<FlagSpec> {
    let mut spellings = Vec::new();
    let mut hints: Vec<&str> = Vec::new();
    let mut earlier = Vec::new();
    for word in words(head) {
        let word = word.strip_suffix(',').unwrap_or(word);
        if is_flag(word) {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if !word.chars().all(plain) {
                return None;
            }
            spellings.push(word.to_owned());
            if !hints.is_empty() {
                earlier = std::mem::take(&mut hints);
            }
        } else if spellings.is_empty() {
            return None;
        } else {
            hints.push(word);
        }
    }
    if hints.is_empty() {
        hints = earlier;
    }
    let value = match hints.len() {
        0 => Arity::None,
        1 => Arity::One,
        2 => Arity::Two,
        _ => return None,
    };
    let sorted = sort(spellings, value != Arity::None);
    let name = if sorted.positive.iter().any(|s| known::LAYERS.contains(&s.as_str())) {
        known::LAYER_FLAG
    } else {
        longest(sorted.positive.iter().map(String::as_str))?
    };
    let name = name.to_owned();
    let (help, env) = split_env(description);
    let gone = help.to_ascii_lowercase().starts_with("the argument has been removed");
    Some(FlagSpec {
        aliases: sorted.positive.into_iter().filter(|s| *s != name).collect(),
        negations: sorted.negative,
        value,
        value_hint: (!hints.is_empty()).then(|| hints.join(" ")),
        env,
        removed: gone.then(|| help.clone()),
        help,
        name,
    })
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
