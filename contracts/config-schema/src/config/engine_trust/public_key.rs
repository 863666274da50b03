//! A public key as text.

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::value::text_type::checked_text;

/// A public key in PEM: one block `PUBLIC KEY`, as `openssl pkey -pubout` and `cosign public-key` print it, of Ed25519 or of
/// ECDSA on P-256.
///
/// Whether its bytes are a point of their curve is for whoever verifies with it to find out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = "^\\s*-----BEGIN PUBLIC KEY-----", "maxLength" = 4096)))]
pub struct PublicKeyPem(String);

checked_text!(PublicKeyPem, check);

const LONGEST: usize = 4096;
const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// SubjectPublicKeyInfo of [Ed25519](https://www.rfc-editor.org/rfc/rfc8410#section-4), before the key's 32 bytes.
const ED25519: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// That of [P-256](https://www.rfc-editor.org/rfc/rfc5480#section-2), before the first byte of an uncompressed point.
const P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];

const PRIVATE: Invalid = Invalid::new(
    "this is a private key, and a configuration holds no secret",
    "make a new pair, because this one has been written down, and put the public key here: `openssl pkey -in KEY -pubout`",
);
const CERTIFICATE: Invalid = Invalid::new(
    "this is a certificate; the public key in it is needed",
    "take it out of the certificate: `openssl x509 -in FILE -pubkey -noout`",
);
const SHAPE: Invalid = Invalid::new(
    "a key is one block of PEM that begins with `-----BEGIN PUBLIC KEY-----`",
    "paste what `openssl pkey -in KEY -pubout` or `cosign public-key --key KEY` prints",
);
const ALGORITHM: Invalid = Invalid::new(
    "this is neither an Ed25519 key nor an ECDSA key on P-256",
    "make one: `openssl genpkey -algorithm ed25519`, or `cosign generate-key-pair`",
);

fn check(text: &str) -> Result<(), Invalid> {
    if text.contains("PRIVATE KEY") {
        return Err(PRIVATE);
    }
    if text.contains("CERTIFICATE") {
        return Err(CERTIFICATE);
    }
    let inner = text.trim().strip_prefix(BEGIN).and_then(|text| text.strip_suffix(END));
    let inner = inner.filter(|_| text.len() <= LONGEST).ok_or(SHAPE)?;
    let der = decoded(inner).ok_or(SHAPE)?;
    let ed25519 = der.strip_prefix(ED25519).is_some_and(|key| key.len() == 32);
    let p256 = der.strip_prefix(P256).is_some_and(|point| point.len() == 64);
    if ed25519 || p256 { Ok(()) } else { Err(ALGORITHM) }
}

/// The bytes of [Base64](https://www.rfc-editor.org/rfc/rfc4648#section-4) in lines.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let digits = text.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
    if !text.len().is_multiple_of(4) || text.len() - digits > 2 {
        return None;
    }
    let mut bytes = Vec::new();
    let (mut value, mut bits) = (0_u32, 0);
    for digit in text.get(..digits)? {
        let digit = ALPHABET.iter().position(|known| known == digit)?;
        value = (value << 6 | u32::try_from(digit).ok()?) & 0xff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(value >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n";
    /// The base point of P-256.
    const POINT: &str = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n\
        6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n\
        -----END PUBLIC KEY-----";

    #[test]
    fn only_public_keys_of_two_kinds() {
        for text in [KEY, POINT, &KEY.replace('\n', "\r\n"), &format!("\n  {KEY}\n")] {
            assert!(text.parse::<PublicKeyPem>().is_ok(), "{text}");
        }
        let refused = |text: &str| text.parse::<PublicKeyPem>().unwrap_err();
        for text in [
            "",
            "ssh-ed25519 AAAA me",
            &KEY[..60],
            &KEY.replace("MCow", "MC=w"),
            &KEY.replace("MCow", "MC!w"),
            &format!("{KEY}{KEY}"),
            "-----BEGIN PUBLIC KEY-----\nA\n-----END PUBLIC KEY-----",
        ] {
            assert_eq!(refused(text), SHAPE, "{text}");
        }
        assert_eq!(refused("-----BEGIN EC PRIVATE KEY-----"), PRIVATE);
        assert_eq!(refused("-----BEGIN CERTIFICATE-----"), CERTIFICATE);
        assert_eq!(refused("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2Vu\n-----END PUBLIC KEY-----"), ALGORITHM);
        assert_eq!(refused(&KEY.replace("ZuE=", "")), ALGORITHM);
    }
}
