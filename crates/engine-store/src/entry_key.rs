//! The name of an entry: the hash of everything that decided what is in it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Recipe;

/// 32 hexadecimal digits: the folder name of an entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntryKey(String);

impl EntryKey {
    /// The key of inputs in their canonical form ([`OpaqueInputs::canonical`](crate::OpaqueInputs::canonical)). Two recipes
    /// never share a key; that of [`Recipe::LLAMACPP_SOURCE_1`] is the hash of the inputs alone, as it was before entries
    /// named their recipe.
    pub fn of(recipe: &Recipe, canonical: &[u8]) -> Self {
        let mut hash = Sha256::new();
        if !recipe.is_first() {
            hash.update(recipe.as_str());
            hash.update(b"\n");
        }
        hash.update(canonical);
        Self(durable::hex(&hash.finalize()).chars().take(32).collect())
    }

    /// A text that is a key.
    pub fn parse(text: &str) -> Option<Self> {
        let is_key = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        is_key.then(|| Self(text.to_owned()))
    }

    /// The key: 32 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EntryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_do_not_share_keys() {
        let other = Recipe::parse("archive/1").unwrap();
        assert_ne!(EntryKey::of(&Recipe::default(), b"{}"), EntryKey::of(&other, b"{}"));
        // sha256("{}"), cut to 32 digits.
        assert_eq!(EntryKey::of(&Recipe::default(), b"{}").as_str(), "44136fa355b3678a1146ad16f7e8649e");
        assert!(EntryKey::parse("44136fa355b3678a1146ad16f7e8649e").is_some());
        for text in ["", "44136FA355B3678A1146AD16F7E8649E", "44136fa355b3678a1146ad16f7e8649", "../x"] {
            assert_eq!(EntryKey::parse(text), None, "{text}");
        }
    }
}
