//! Masks secrets in text: known values in every form in which a program may echo them, and whatever follows a name
//! that looks secret.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use crate::search::Search;
use crate::{forms, looks_secret};

/// Replaces a secret.
pub const MASK: &str = "***";

/// Masks secrets in text. Its `Debug` prints how many values it knows, never a value.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Every form of every value, the longest first.
    literals: Vec<String>,
    /// Made when it is first needed.
    search: OnceLock<Search>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} values)", self.literals.len())
    }
}

impl Redactor {
    /// Creates a redactor that knows no values and masks by name and place alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a secret value, with its percent-encoded, JSON-escaped and base64 forms. One that is [unfit](crate::unfit) is
    /// not added.
    pub fn add(&mut self, secret: &str) {
        if crate::unfit(secret).is_some() {
            return;
        }
        for form in forms::of(secret) {
            if !self.literals.contains(&form) {
                self.literals.push(form);
            }
        }
        self.literals.sort_by_key(|form| std::cmp::Reverse(form.len()));
        self.search = OnceLock::new();
    }

    /// Returns whether no value is known.
    pub fn is_empty(&self) -> bool {
        self.literals.is_empty()
    }

    /// Every form of the known values, the longest first.
    pub fn forms(&self) -> impl Iterator<Item = &str> {
        self.literals.iter().map(String::as_str)
    }

    /// Returns where the first known value is in `bytes` at or after `from`; of several at one place the longest.
    pub(crate) fn find(&self, bytes: &[u8], from: usize) -> Option<Range<usize>> {
        if self.literals.is_empty() { None } else { self.search().find(bytes, from) }
    }

    pub(crate) fn search(&self) -> &Search {
        self.search.get_or_init(|| Search::of(&self.literals))
    }

    /// Returns the text with every secret masked: known values, `user:password@` in URLs, and the value of every
    /// `NAME=value` or `Name: value` whose name [looks secret](looks_secret).
    pub fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = self.mask_known(text).map_or(Cow::Borrowed(text), Cow::Owned);
        for step in [mask_userinfo, mask_named] {
            if let Some(masked) = step(&text) {
                text = Cow::Owned(masked);
            }
        }
        text
    }

    fn mask_known(&self, text: &str) -> Option<String> {
        let (mut out, mut from) = (String::new(), 0);
        // A form is text, so that it begins and ends between two characters.
        while let Some(found) = self.find(text.as_bytes(), from) {
            out.push_str(text.get(from..found.start).unwrap_or_default());
            out.push_str(MASK);
            from = found.end;
        }
        (from > 0).then(|| out + text.get(from..).unwrap_or_default())
    }
}

/// `scheme://anything@host` loses the `anything`.
fn mask_userinfo(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("://") {
        let (head, tail) = rest.split_at(start + 3);
        let authority = tail.find(|c: char| c.is_whitespace() || "/?#'\"".contains(c)).unwrap_or(tail.len());
        out.push_str(head);
        rest = tail;
        if let Some(at) = tail.get(..authority).and_then(|a| a.rfind('@')) {
            // `ssh://git@host` names a user, not a secret.
            if tail.get(..at).is_some_and(|user| user != "git") {
                out.push_str(MASK);
                rest = tail.get(at..).unwrap_or_default();
            }
        }
    }
    (!out.is_empty()).then(|| out + rest)
}

/// `NAME=value` and `Name: value` lose the value when the name looks secret.
fn mask_named(text: &str) -> Option<String> {
    let mut out = String::new();
    // What is before `kept` is in `out`, and what is before `at` has been looked at.
    let (mut kept, mut at) = (0, 0);
    let separator = |from: usize| text.as_bytes().get(from..)?.iter().position(|byte| matches!(byte, b'=' | b':'));
    while let Some(found) = separator(at) {
        let (head, tail) = text.get(at..).unwrap_or_default().split_at(found);
        let is_colon = tail.starts_with(':');
        let tail = tail.get(1..).unwrap_or_default();
        at += found + 1;
        let name = head.trim_end_matches(['"', '\'']);
        let of_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        let name = name.rsplit(|c: char| !of_name(c)).next().unwrap_or_default();
        let value = tail.trim_start_matches([' ', '"', '\'']);
        // "before ')' token: …" is a compiler's message, not a header. `PWD` is a password in a connection string.
        let secret = match name {
            "PWD" => !value.starts_with('/'),
            _ => looks_secret(name) && !(is_colon && name.eq_ignore_ascii_case("token")),
        };
        if !secret {
            continue;
        }
        let scheme =
            ["Bearer ", "Basic ", "bearer ", "basic "].iter().find(|s| value.starts_with(**s)).map_or(0, |s| s.len());
        let end = value
            .get(scheme..)
            .and_then(|v| v.find(|c: char| c.is_whitespace() || "\"'&,;".contains(c)))
            .map_or(value.len(), |i| i + scheme);
        if end > 0 {
            let start = text.len() - value.len();
            out.push_str(text.get(kept..start).unwrap_or_default());
            out.push_str(MASK);
            at = start + end;
            kept = at;
        }
    }
    (kept > 0).then(|| out + text.get(kept..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(Redactor::new().text(text), expected);
    }

    /// EP-51
    #[test]
    fn masks_by_place() {
        check("plain text, nothing: here", "plain text, nothing: here");
        check("https://u:p@host/x and ssh://git@host/y", "https://***@host/x and ssh://git@host/y");
        check("https://host/x?X-Amz-Signature=abc&y=1", "https://host/x?X-Amz-Signature=***&y=1");
        check("HF_TOKEN=abc other=1", "HF_TOKEN=*** other=1");
        check("-DMY_PASSWORD:STRING=abc", "-DMY_PASSWORD:***");
        check("Authorization: Bearer abc.def\nnext", "Authorization: ***\nnext");
        check("{\"api_key\": \"abc\", \"n\": 1}", "{\"api_key\": \"***\", \"n\": 1}");
        check("x.cpp:3: error: expected ';' before '}' token: y", "x.cpp:3: error: expected ';' before '}' token: y");
        check("password=", "password=");
        check("PWD=/home/me OLDPWD=/ PATH=/bin", "PWD=/home/me OLDPWD=/ PATH=/bin");
        check("Server=db;UID=sa;PWD=hunter2;", "Server=db;UID=sa;PWD=***;");
        check("MAX_TOTAL_TOKENS=4096", "MAX_TOTAL_TOKENS=4096");
    }

    /// F60: a tool that echoes the secret may encode it first.
    #[test]
    fn masks_known_values_in_every_form() {
        let mut redactor = Redactor::new();
        redactor.add("s3cr3t/+x");
        assert_eq!(redactor.text("a s3cr3t/+x b s3cr3t%2F%2Bx c czNjcjN0Lyt4 d"), "a *** b *** c *** d");
        assert_eq!(format!("{redactor:?}"), format!("Redactor({} values)", redactor.literals.len()));
    }

    proptest! {
        #[test]
        fn never_panics_and_never_shows_a_known_value(text in ".*", secret in "[!-~]{6,20}", tail in ".*") {
            let mut redactor = Redactor::new();
            redactor.add(&secret);
            let whole = format!("{text}{secret}{tail}");
            prop_assert!(!redactor.text(&whole).contains(&secret) || MASK.repeat(9).contains(&secret));
        }
    }
}
