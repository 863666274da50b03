//! A SHA-256 digest, written `sha256:` and 64 hexadecimal digits.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::text_type::from_text;
use crate::Invalid;

/// A SHA-256 digest. Written `sha256:` and 64 hexadecimal digits; shown in small letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = "^sha256:[0-9a-fA-F]{64}$")))]
pub struct Sha256([u8; 32]);

from_text!(Sha256);

const SHAPE: Invalid = Invalid::new(
    "a checksum is `sha256:` and 64 hexadecimal digits",
    "take the digits from `sha256sum FILE` and put `sha256:` before them",
);

impl Sha256 {
    /// The digest's 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for Sha256 {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl FromStr for Sha256 {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let digits = text.strip_prefix("sha256:").ok_or(SHAPE)?;
        if digits.len() != 64 {
            return Err(SHAPE);
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            *byte = pair.iter().try_fold(0, |value, &digit| {
                let digit = char::from(digit).to_digit(16).ok_or(SHAPE)?;
                u8::try_from(u32::from(value) * 16 + digit).map_err(|_two_digits_fit| SHAPE)
            })?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn letters_of_both_sizes_are_the_same_digest() {
        let small: Sha256 = format!("sha256:{}", "ab".repeat(32)).parse().unwrap();
        let large: Sha256 = format!("sha256:{}", "AB".repeat(32)).parse().unwrap();
        assert_eq!(small, large);
        assert_eq!(small.as_bytes(), &[0xab; 32]);
    }

    #[test]
    fn refuses_other_shapes() {
        let digits = "0".repeat(64);
        for text in [
            "",
            "sha256:",
            &digits,
            &format!("sha256:{digits}0"),
            &format!("sha256:{}", &digits[1..]),
            &format!("SHA256:{digits}"),
            &format!("md5:{digits}"),
            &format!("sha256:{}+0", &digits[2..]),
            &format!("sha256:{}é", &digits[2..]),
        ] {
            assert_eq!(text.parse::<Sha256>(), Err(SHAPE), "{text}");
        }
    }

    proptest! {
        #[test]
        fn parse_undoes_display(bytes: [u8; 32]) {
            let digest = Sha256::from(bytes);
            prop_assert_eq!(digest.to_string().parse::<Sha256>(), Ok(digest));
        }
    }
}
