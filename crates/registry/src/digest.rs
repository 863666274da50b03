//! SHA-256 digests: parsed, computed, and compared while bytes pass through.

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// `sha256:` and 64 small hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

impl Digest {
    /// Parses a digest; `None` for any other text or algorithm.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("sha256:")?;
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (digits.len() == 64 && digits.bytes().all(is_hex)).then(|| Self(text.to_owned()))
    }

    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_hash(Sha256::digest(bytes).as_slice())
    }

    /// The digits without the algorithm.
    pub fn hex(&self) -> &str {
        self.0.strip_prefix("sha256:").unwrap_or_default()
    }

    fn from_hash(hash: &[u8]) -> Self {
        let mut text = "sha256:".to_owned();
        for byte in hash {
            text.extend([byte >> 4, byte & 15].map(|half| char::from_digit(half.into(), 16).unwrap_or('0')));
        }
        Self(text)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not `sha256:` and 64 hexadecimal digits")]
pub struct NoDigest;

impl FromStr for Digest {
    type Err = NoDigest;

    fn from_str(text: &str) -> Result<Self, NoDigest> {
        Self::parse(text).ok_or(NoDigest)
    }
}

impl TryFrom<String> for Digest {
    type Error = NoDigest;

    fn try_from(text: String) -> Result<Self, NoDigest> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

/// Hands bytes on and hashes them.
pub(crate) struct Hashing<'a> {
    to: &'a mut dyn Write,
    hash: Sha256,
    /// Bytes that passed.
    pub(crate) bytes: u64,
}

impl<'a> Hashing<'a> {
    pub(crate) fn new(to: &'a mut dyn Write) -> Self {
        Self { to, hash: Sha256::new(), bytes: 0 }
    }

    pub(crate) fn digest(self) -> Digest {
        Digest::from_hash(self.hash.finalize().as_slice())
    }

    pub(crate) fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.to.write_all(bytes)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_parsed_and_computed() {
        let text = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
        assert_eq!(Digest::of(b"foo").to_string(), text);
        assert_eq!(Digest::parse(text).unwrap().hex().len(), 64);
        for text in ["", "sha256:", "sha512:00", &text.to_uppercase(), &text[..70], &format!("{text}0"), "sha256:é"] {
            assert_eq!(Digest::parse(text), None, "{text}");
        }
        let mut copy = Vec::new();
        let mut hashing = Hashing::new(&mut copy);
        hashing.pass(b"fo").unwrap();
        hashing.pass(b"o").unwrap();
        assert_eq!((hashing.bytes, hashing.digest().to_string()), (3, text.to_owned()));
        assert_eq!(copy, b"foo");
    }
}
