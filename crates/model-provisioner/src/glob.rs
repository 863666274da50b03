//! Patterns for the files of a repository, with the meaning that `hf download --include` gives them: Python's `fnmatch`,
//! in which `*` also matches `/`.
//!
//! <https://docs.python.org/3/library/fnmatch.html>, <https://huggingface.co/docs/huggingface_hub/guides/download>

use std::fmt;

use crate::ModelError;
use crate::names::shown;

/// A valid pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobPattern(String);

impl GlobPattern {
    /// Takes a pattern: not empty, no option, no control characters, at most 255 bytes. One that ends with `/` means all
    /// files below, as it does for `hf`.
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        let why = if text.is_empty() {
            "it is empty"
        } else if text.starts_with('-') {
            "it begins with `-`"
        } else if text.len() > 255 || text.chars().any(char::is_control) {
            "it is longer than 255 bytes or has control characters"
        } else {
            let all = if text.ends_with('/') { "*" } else { "" };
            return Ok(Self(format!("{text}{all}")));
        };
        Err(ModelError::BadName { what: "pattern", name: shown(text), why })
    }

    /// The pattern for names that begin with `text` as it is and go on as `pattern` says.
    pub(crate) fn quoting(text: &str, pattern: &str) -> Self {
        let quoted = text.chars().map(|c| if "*?[".contains(c) { format!("[{c}]") } else { c.to_string() });
        Self(quoted.chain([pattern.to_owned()]).collect())
    }

    /// As `hf` reads it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the whole name matches.
    pub fn matches(&self, name: &str) -> bool {
        let (pattern, name): (Vec<char>, Vec<char>) = (self.0.chars().collect(), name.chars().collect());
        matches(&pattern, &name)
    }
}

impl fmt::Display for GlobPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The usual two-pointer match: linear but for the last `*`, so that no pattern takes exponential time.
fn matches(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(c) = name.get(n) {
        let step = match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            Some('?') => Some(p + 1),
            Some('[') => set(pattern, p, *c),
            Some(own) if own == c => Some(p + 1),
            _ => None,
        };
        match (step, star) {
            (Some(next), _) => {
                p = next;
                n += 1;
            }
            (None, Some((at, from))) => {
                star = Some((at, from + 1));
                p = at + 1;
                n = from + 1;
            }
            (None, None) => return false,
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|c| *c == '*')
}

/// The position behind a set that holds `c`. A `[` that is never closed is a character like any other.
fn set(pattern: &[char], open: usize, c: char) -> Option<usize> {
    let negated = pattern.get(open + 1) == Some(&'!');
    let first = open + 1 + usize::from(negated);
    let Some(length) = pattern.get(first + 1..).and_then(|rest| rest.iter().position(|c| *c == ']')) else {
        return (c == '[').then_some(open + 1);
    };
    let members = pattern.get(first..first + 1 + length).unwrap_or_default();
    let mut held = false;
    let mut at = 0;
    while let Some(low) = members.get(at) {
        if let (Some('-'), Some(high)) = (members.get(at + 1), members.get(at + 2)) {
            held |= (*low..=*high).contains(&c);
            at += 3;
        } else {
            held |= *low == c;
            at += 1;
        }
    }
    (held != negated).then_some(first + 2 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, yes: &[&str], no: &[&str]) {
        let pattern = GlobPattern::parse(pattern).unwrap();
        for name in yes {
            assert!(pattern.matches(name), "{pattern} must match {name}");
        }
        for name in no {
            assert!(!pattern.matches(name), "{pattern} must not match {name}");
        }
    }

    #[test]
    fn patterns_mean_what_fnmatch_says() {
        check("*.json", &["a.json", "sub/a.json", ".json"], &["a.jsonl", "a.JSON"]);
        check("model-?????-of-*", &["model-00001-of-00002.gguf"], &["model-1-of-2"]);
        check("[a-c]x[!0-9]", &["axz", "cx!"], &["dxz", "ax5", "ax"]);
        check("original/", &["original/x", "original/y/z"], &["originals/x", "original"]);
        check("a[b", &["a[b"], &["ab"]);
        check("[]]", &["]"], &["[", "a"]);
        check("[!]]", &["a"], &["]"]);
        check("*a*b*c", &["abc", "xaybzc"], &["abcd", "acb"]);
    }

    #[test]
    fn quoted_names_match_themselves() {
        let pattern = GlobPattern::quoting("m [x*]?", "-?????.gguf");
        assert!(pattern.matches("m [x*]?-00001.gguf"));
        assert!(!pattern.matches("m xx]?-00001.gguf") && !pattern.matches("m [x*]a-00001.gguf"));
    }
}
