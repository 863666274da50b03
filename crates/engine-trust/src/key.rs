//! Public keys out of PEM: Ed25519 and ECDSA on P-256, as [RFC 8410](https://www.rfc-editor.org/rfc/rfc8410) and
//! [RFC 5480](https://www.rfc-editor.org/rfc/rfc5480) write them.

use std::fmt::{self, Write};

use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::DecodePublicKey as _;
use ed25519_dalek::pkcs8::EncodePublicKey as _;
use sha2::{Digest, Sha256};

use crate::TrustError;

const BEGIN: &str = "-----BEGIN ";
const LABEL: &str = "-----BEGIN PUBLIC KEY-----";
/// No key is longer, in bytes.
const LONGEST: usize = 4 << 10;

/// A public key that signatures are verified with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublicKey {
    /// Ed25519.
    Ed25519(VerifyingKey),
    /// ECDSA on the curve P-256.
    P256(p256::PublicKey),
}

/// Why a text is no public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFault {
    /// No PEM of a public key.
    NoPem,
    /// A private key.
    Private,
    /// A certificate.
    Certificate,
    /// Another algorithm, or bytes that are no point of its curve.
    NoKey,
    /// A weak Ed25519 key, which signatures of others fit, too.
    Weak,
}

impl fmt::Display for KeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoPem => "it is no public key in PEM",
            Self::Private => "it is a private key, which belongs in no configuration: make a new pair",
            Self::Certificate => "it is a certificate; the public key in it is needed",
            Self::NoKey => "it is neither an Ed25519 nor an ECDSA P-256 public key",
            Self::Weak => "it is a weak key",
        })
    }
}

impl KeyFault {
    /// The error of the key with this id.
    pub fn of(self, id: &str) -> TrustError {
        TrustError::BadKey { id: id.to_owned(), fault: self }
    }
}

impl PublicKey {
    /// The key of a PEM file: one block `PUBLIC KEY`.
    ///
    /// # Errors
    /// What keeps it from being one.
    pub fn from_pem(text: &str) -> Result<Self, KeyFault> {
        let text = text.trim();
        match () {
            () if text.contains("PRIVATE KEY") => return Err(KeyFault::Private),
            () if text.contains("CERTIFICATE") => return Err(KeyFault::Certificate),
            () if text.len() > LONGEST || !text.starts_with(LABEL) => return Err(KeyFault::NoPem),
            () if text.matches(BEGIN).count() > 1 => return Err(KeyFault::NoPem),
            () => {}
        }
        if let Ok(key) = VerifyingKey::from_public_key_pem(text) {
            return if key.is_weak() { Err(KeyFault::Weak) } else { Ok(Self::Ed25519(key)) };
        }
        p256::PublicKey::from_public_key_pem(text).map(Self::P256).map_err(|_other| KeyFault::NoKey)
    }

    /// `sha256:…` of the key as DER (SubjectPublicKeyInfo), by which people compare keys.
    pub fn fingerprint(&self) -> String {
        let der = match self {
            Self::Ed25519(key) => key.to_public_key_der(),
            Self::P256(key) => key.to_public_key_der(),
        };
        let bytes = der.map(|der| der.as_bytes().to_vec()).unwrap_or_default();
        let mut text = "sha256:".to_owned();
        for byte in Sha256::digest(bytes) {
            // Writing to a `String` cannot fail.
            write!(text, "{byte:02x}").ok();
        }
        text
    }

    /// The algorithm's name.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "ed25519",
            Self::P256(_) => "ecdsa-p256",
        }
    }
}
