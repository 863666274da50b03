//! The digest that a file must have, and the hash of a file as it arrives.

use std::fmt;

use sha2::{Digest as _, Sha256, Sha512};

/// SHA-256 or SHA-512 of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256.
    Sha256([u8; 32]),
    /// SHA-512.
    Sha512([u8; 64]),
}

impl Digest {
    /// Parses `sha256:` and 64, or `sha512:` and 128 hexadecimal digits; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, digits) = text.split_once(':')?;
        match kind {
            "sha256" => bytes(digits).map(Self::Sha256),
            "sha512" => bytes(digits).map(Self::Sha512),
            _ => None,
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(bytes) => write!(f, "sha256:{}", durable::hex(bytes)),
            Self::Sha512(bytes) => write!(f, "sha512:{}", durable::hex(bytes)),
        }
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn bytes<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let pairs = digits.as_bytes().chunks_exact(2);
    if digits.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        *byte = pair.iter().try_fold(0_u8, |value, digit| {
            let digit = char::from(*digit).to_digit(16)?;
            Some((value << 4) | u8::try_from(digit).ok()?)
        })?;
    }
    Some(bytes)
}

/// Hashes what arrives: always SHA-256, by which a file is known here, and SHA-512 where that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Hasher {
    sha256: Sha256,
    sha512: Option<Sha512>,
}

impl Hasher {
    pub(crate) fn for_digest(digest: Option<Digest>) -> Self {
        let sha512 = matches!(digest, Some(Digest::Sha512(_))).then(Sha512::new);
        Self { sha256: Sha256::new(), sha512 }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        if let Some(sha512) = &mut self.sha512 {
            sha512.update(bytes);
        }
    }

    /// SHA-256, and the digest that is compared with the one asked for.
    pub(crate) fn finish(self) -> (Digest, Digest) {
        let sha256 = Digest::Sha256(self.sha256.finalize().into());
        (sha256, self.sha512.map_or(sha256, |sha512| Digest::Sha512(sha512.finalize().into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_digests_are_digests() {
        let zeros = |n: usize| "0".repeat(n);
        for (text, is_one) in [
            (format!("sha256:{}", zeros(64)), true),
            (format!("sha512:{}", zeros(128)), true),
            (format!("sha256:{}", zeros(63)), false),
            (format!("sha256:{}", zeros(128)), false),
            (format!("sha512:{}", zeros(64)), false),
            (format!("md5:{}", zeros(32)), false),
            (zeros(64), false),
            (format!("sha256:{}é", zeros(62)), false),
            (format!("sha256:+{}", zeros(63)), false),
        ] {
            assert_eq!(Digest::parse(&text).map(|digest| digest.to_string()), is_one.then(|| text.clone()), "{text}");
        }
    }

    #[test]
    fn what_is_asked_for_is_computed() {
        // From FIPS 180-4: the digests of `abc`.
        let sha256 = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let sha512 = "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
        for wanted in [None, Digest::parse(sha256), Digest::parse(sha512)] {
            let mut hasher = Hasher::for_digest(wanted);
            hasher.update(b"a");
            hasher.update(b"bc");
            let (first, asked) = hasher.finish();
            assert_eq!((first.to_string(), Some(asked)), (sha256.to_owned(), wanted.or(Digest::parse(sha256))));
        }
    }
}
