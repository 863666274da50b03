//! Patterns: the stable core of a message, with places for what changes.
//!
//! A blank matches any blanks and line breaks, for CMake wraps messages where it likes. `{name}` takes a word, or, after a
//! quote, everything up to the next one; `{name;}` takes a word of the same line, `{name#}` a version or number, `{name^}` a
//! word that starts with a capital letter, `{name!}` one of letters, digits and underscores alone, `{name=lib}` a word that
//! starts so, `{name~lib}` one that contains it, `{name*}` anything
//! up to what follows it in the pattern, or to the end of the line. A `{name}` at the start takes the word before the rest,
//! `{name#}` a number or one that ends with a line number, such as a place in a file, `{name@}` the name of a compiler or
//! of one of its parts.

use crate::text::{Role, is_compiler};

/// The longest text that a place takes, in bytes.
const LONGEST: usize = 300;

/// Names and what stood there.
pub(super) type Captures = Vec<(&'static str, String)>;

/// A pattern and the lines it may start in.
pub(super) struct Pattern {
    pub(super) roles: &'static [Role],
    pub(super) text: &'static str,
    /// Whether it matches only where a line starts.
    pub(super) whole: bool,
}

const fn in_roles(roles: &'static [Role], text: &'static str) -> Pattern {
    Pattern { roles, text, whole: false }
}

/// Said by a program, or an error of CMake.
pub(super) const fn said(text: &'static str) -> Pattern {
    in_roles(&[Role::Plain, Role::CmakeError], text)
}

/// In a `CMake Error` block.
pub(super) const fn cmake(text: &'static str) -> Pattern {
    in_roles(&[Role::CmakeError], text)
}

/// In a status line or message of CMake, which is not an error by itself.
pub(super) const fn status(text: &'static str) -> Pattern {
    in_roles(&[Role::Status], text)
}

/// Said in whatever way: some modules of CMake fail, others only mention it.
pub(super) const fn told(text: &'static str) -> Pattern {
    in_roles(&[Role::Plain, Role::CmakeError, Role::Status], text)
}

/// In a warning.
pub(super) const fn warned(text: &'static str) -> Pattern {
    in_roles(&[Role::Warning], text)
}

/// Printed by a program at the start of a line: for words that are common inside of one.
pub(super) const fn line(text: &'static str) -> Pattern {
    Pattern { roles: &[Role::Plain], text, whole: true }
}

/// Printed at whatever level: as an error, as a warning or as information.
pub(super) const fn logged(text: &'static str) -> Pattern {
    in_roles(&[Role::Plain, Role::Status, Role::Warning], text)
}

enum Part {
    Text(&'static str),
    Place(Place),
}

#[derive(Clone, Copy)]
struct Place {
    name: &'static str,
    class: char,
    /// What the text starts with.
    prefix: &'static str,
    /// What the text contains.
    inside: &'static str,
}

/// Splits a pattern or template at its places.
fn parts(mut text: &'static str) -> impl Iterator<Item = Part> {
    std::iter::from_fn(move || {
        if let Some((place, rest)) = text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            text = rest;
            let (place, inside) = place.split_once('~').unwrap_or((place, ""));
            let (place, prefix) = place.split_once('=').unwrap_or((place, ""));
            let name = place.trim_end_matches(['#', '^', '*', '@', '!', ';']);
            let class = place.get(name.len()..).and_then(|class| class.chars().next()).unwrap_or(' ');
            return Some(Part::Place(Place { name, class, prefix, inside }));
        }
        let (literal, rest) = text.split_at(text.find('{').unwrap_or(text.len()));
        text = rest;
        (!literal.is_empty()).then_some(Part::Text(literal))
    })
}

impl Pattern {
    /// The first text of the pattern: what is searched for.
    pub(super) fn anchor(&self) -> &'static str {
        parts(self.text)
            .find_map(|part| if let Part::Text(text) = part { Some(text) } else { None })
            .unwrap_or_default()
    }

    /// Whether the pattern's anchor stands at `at`, with what its places took and where the match ends.
    pub(super) fn matches(&self, text: &[u8], at: usize) -> Option<(Captures, usize)> {
        if self.whole && at.checked_sub(1).and_then(|before| text.get(before)).is_some_and(|byte| *byte != b'\n') {
            return None;
        }
        let mut captures = Captures::new();
        let mut parts = parts(self.text).peekable();
        if let Some(Part::Place(Place { name, class, .. })) = parts.peek() {
            let word = word_before(text, at).filter(|word| match class {
                '#' => is_place(word),
                '@' => is_compiler(word),
                _ => true,
            })?;
            captures.push((*name, word));
            parts.next();
        }
        let mut at = at;
        while let Some(part) = parts.next() {
            match part {
                Part::Text(literal) => at = literal_end(literal, text, at)?,
                Part::Place(place) => {
                    let next = if let Some(Part::Text(next)) = parts.peek() { *next } else { "" };
                    let end = place_end(place, next, text, at)?;
                    captures.push((place.name, tidy(text.get(at..end)?, place.class)));
                    at = end;
                }
            }
        }
        Some((captures, at))
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n')
}

/// Where `literal` ends if it stands at `at`.
fn literal_end(literal: &str, text: &[u8], at: usize) -> Option<usize> {
    let end = at.checked_add(literal.len())?;
    let same = |(a, b): (u8, &u8)| a == *b || (a == b' ' && *b == b'\n');
    literal.bytes().zip(text.get(at..end)?).all(same).then_some(end)
}

/// Where the text of a place ends; not empty.
fn place_end(Place { class, prefix, inside, .. }: Place, next: &str, text: &[u8], at: usize) -> Option<usize> {
    let quote = at.checked_sub(1).and_then(|before| text.get(before)).filter(|byte| matches!(byte, b'\'' | b'"'));
    let rest = text.get(at..text.len().min(at.checked_add(LONGEST)?))?;
    if !rest.starts_with(prefix.as_bytes()) || (class == '^' && !rest.first()?.is_ascii_uppercase()) {
        return None;
    }
    if class == ';' && at.checked_sub(1).and_then(|before| text.get(before)) == Some(&b'\n') {
        return None;
    }
    let allowed = |byte: u8| match (class, quote) {
        ('#', _) => byte.is_ascii_digit() || byte == b'.',
        ('!', _) => byte.is_ascii_alphanumeric() || byte == b'_',
        ('*', _) => !next.is_empty() || byte != b'\n',
        (_, Some(quote)) => byte != *quote,
        _ => !is_blank(byte),
    };
    let longest = rest.iter().position(|byte| !allowed(*byte)).unwrap_or(rest.len());
    let length = if next.is_empty() || class == '#' || quote.is_some_and(|quote| next.as_bytes().first() == Some(quote))
    {
        longest
    } else {
        (1..=longest).find(|length| literal_end(next, text, at + length).is_some())?
    };
    let contains =
        |taken: &[u8]| inside.is_empty() || taken.windows(inside.len()).any(|part| part == inside.as_bytes());
    (length > 0 && contains(rest.get(..length)?)).then_some(at + length)
}

/// The word that ends at `at`.
fn word_before(text: &[u8], at: usize) -> Option<String> {
    let before = text.get(at.saturating_sub(LONGEST)..at)?;
    let start = before.iter().rposition(|byte| is_blank(*byte)).map_or(0, |blank| blank + 1);
    before.get(start..).filter(|word| !word.is_empty()).map(|word| tidy(word, ' '))
}

/// `12`, `a.cpp:1:2`, `a.h(12`; not `collect2`.
fn is_place(word: &str) -> bool {
    let rest = word.trim_end_matches(|c: char| c.is_ascii_digit());
    rest.len() < word.len() && (rest.is_empty() || rest.ends_with([':', '(']))
}

/// What a place took, as one line; a word without the punctuation around it.
fn tidy(bytes: &[u8], class: char) -> String {
    let text = String::from_utf8_lossy(bytes).replace('\n', " ");
    let around: &[char] = if class == '*' { &[' ', ',', ';', ':'] } else { &[' ', ',', ';', ':', '\'', '"'] };
    text.trim_matches(around).trim_end_matches('.').to_owned()
}

/// Fills a template: `{name}` is replaced, and a part in `[…]` is left out unless all its names are known.
pub(super) fn fill(template: &'static str, captures: &[(&'static str, String)]) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('[') {
        let (optional, after) = after.split_once(']').unwrap_or((after, ""));
        filled.push_str(&insert(before, captures).0);
        if let (text, true) = insert(optional, captures) {
            filled.push_str(&text);
        }
        rest = after;
    }
    filled.push_str(&insert(rest, captures).0);
    filled
}

/// A template with `…` for its names, without its optional parts.
pub(super) fn outline(template: &'static str) -> String {
    let mut outline = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('[') {
        outline.push_str(before);
        rest = after.split_once(']').unwrap_or((after, "")).1;
    }
    outline.push_str(rest);
    let mut text = String::new();
    for part in outline.split('{') {
        match part.split_once('}') {
            Some((_, after)) => text.extend(["\u{2026}", after]),
            None => text.push_str(part),
        }
    }
    text
}

/// A template with its names replaced, and whether all of them were known.
fn insert(template: &'static str, captures: &[(&'static str, String)]) -> (String, bool) {
    let mut text = String::new();
    let mut complete = true;
    for part in parts(template) {
        match part {
            Part::Text(literal) => text.push_str(literal),
            Part::Place(Place { name, .. }) => match captures.iter().find(|(known, _)| *known == name) {
                Some((_, value)) => text.push_str(value),
                None => complete = false,
            },
        }
    }
    (text, complete)
}

#[cfg(test)]
pub(super) fn names(template: &'static str) -> Vec<&'static str> {
    parts(template)
        .filter_map(|part| if let Part::Place(Place { name, .. }) = part { Some(name) } else { None })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &'static str, text: &str, expected: Option<&[(&str, &str)]>) {
        let pattern = said(pattern);
        let found = (0..text.len()).find_map(|at| {
            literal_end(pattern.anchor(), text.as_bytes(), at)?;
            pattern.matches(text.as_bytes(), at)
        });
        let found = found.map(|(captures, _)| captures);
        let found: Option<Vec<(&str, &str)>> =
            found.as_ref().map(|captures| captures.iter().map(|(name, value)| (*name, value.as_str())).collect());
        assert_eq!(found.as_deref(), expected, "{} in {text:?}", pattern.text);
    }

    #[test]
    fn places_take_what_they_say() {
        check("arch '{arch}'", "bad arch 'compute 1'.", Some(&[("arch", "compute 1")]));
        check("no {what}", "no room\nat all", Some(&[("what", "room")]));
        check("no {what;}", "no room\nat all", Some(&[("what", "room")]));
        check("no {what;}", "no\nroom at all", None);
        check("no {what*}", "no room here\nat all", Some(&[("what", "room here")]));
        check("(missing: {what*})", "(missing: A\nB)", Some(&[("what", "A B")]));
        check("need {v#} or", "need 3.18 or", Some(&[("v", "3.18")]));
        check("to 'cu{s^}'", "to 'cuInit'", Some(&[("s", "Init")]));
        check("to 'cu{s^}'", "to 'custom'", None);
        check("to '{s=cuda}'", "to 'cudaFree'", Some(&[("s", "cudaFree")]));
        check("to '{s=cuda}'", "to 'cuFree'", None);
        check("{p#}): error", "x /a/b.h(12): error", Some(&[("p", "/a/b.h(12")]));
        check("{p#}: error: {m*}", "x a.cpp:1:2: error: no\n", Some(&[("p", "a.cpp:1:2"), ("m", "no")]));
        check("{p#}: error", "ninja: error", None);
        check("{p#}: error", "collect2: error", None);
        check("{p#} Killed", "sh: 1234 Killed", Some(&[("p", "1234")]));
        check("{p@}: not found", "sh: 1: /opt/x-gnu-g++-12: not found", Some(&[("p", "/opt/x-gnu-g++-12")]));
        check("{p@}: not found", "sh: 1: glslc: not found", None);
        check("stat {f~nvidia}: No", "stat /lib/libEGL_nvidia.so.535: No", Some(&[("f", "/lib/libEGL_nvidia.so.535")]));
        check("stat {f~nvidia}: No", "stat /m/model: No nvidia: No", None);
        check("stat '{f~nvidia}'", "stat '/a b/nvidia.so'", Some(&[("f", "/a b/nvidia.so")]));
        check("error: {h!}: no", "error: vector: no", Some(&[("h", "vector")]));
        check("error: {h!}: no", "error: a/b.h: no", None);
        check("a b c", "a\nb c", Some(&[]));
        check("no {what} left", "no", None);
    }

    #[test]
    fn an_outline_names_nothing() {
        assert_eq!(outline("x {a}[ and {b}] y"), "x \u{2026} y");
        assert_eq!(outline("plain"), "plain");
    }

    #[test]
    fn optional_parts_need_their_names() {
        let captures = [("a", "1".to_owned())];
        assert_eq!(fill("x {a}[ and {b}][ or {a}] y", &captures), "x 1 or 1 y");
    }
}
