//! Says which values cannot be masked, because that would mask ordinary text.

use std::fmt;

/// No shorter value is masked, in bytes.
const SHORTEST: usize = 6;

/// Words of logs, paths and configurations; each of them has been used as a password.
const WORDS: [&str; 24] = [
    "access",
    "changeme",
    "client",
    "config",
    "default",
    "disabled",
    "enabled",
    "engine",
    "example",
    "github",
    "google",
    "letmein",
    "llama-server",
    "localhost",
    "master",
    "nobody",
    "password",
    "placeholder",
    "release",
    "secret",
    "server",
    "string",
    "system",
    "unknown",
];

/// Why a value cannot be masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unfit {
    /// It has fewer than six bytes.
    Short,
    /// It is an ordinary word, or one character over and over.
    Ordinary,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Short => "has fewer than six bytes",
            Self::Ordinary => "is an ordinary word",
        })
    }
}

/// Why a value cannot be masked; `None` for one that can. Such a value would be masked in the middle of ordinary text,
/// and so is no secret that can be kept out of a log.
pub fn unfit(value: &str) -> Option<Unfit> {
    if value.len() < SHORTEST {
        return Some(Unfit::Short);
    }
    let mut chars = value.chars();
    let first = chars.next();
    let is_ordinary = chars.all(|next| Some(next) == first) || WORDS.contains(&value.to_ascii_lowercase().as_str());
    is_ordinary.then_some(Unfit::Ordinary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_mask_ordinary_text_is_unfit() {
        for (value, expected) in [
            ("", Some(Unfit::Short)),
            ("12345", Some(Unfit::Short)),
            ("123456", None),
            ("localhost", Some(Unfit::Ordinary)),
            ("Password", Some(Unfit::Ordinary)),
            ("//////////", Some(Unfit::Ordinary)),
            ("password1", None),
            ("hf_abcdef", None),
        ] {
            assert_eq!(unfit(value), expected, "{value:?}");
        }
    }
}
