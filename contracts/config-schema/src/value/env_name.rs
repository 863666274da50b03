//! The name of an environment variable, and never its value.

use serde::{Deserialize, Serialize};

use super::text_type::checked_text;
use crate::Invalid;

/// The name of an environment variable: letters, digits and `_`, not starting with a digit.
///
/// These are the names POSIX calls portable, with small letters allowed
/// (<https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html>). An entry of the
/// form `NAME=value` is refused without repeating any of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[A-Za-z_][A-Za-z0-9_]*$")))]
pub struct EnvName(String);

checked_text!(EnvName, check);

impl EnvName {
    /// Whether the name marks its value as a credential (`HF_TOKEN`, `DB_PASSWORD`, …), by the rule of
    /// [`redact::looks_secret`].
    ///
    /// Such a name is allowed in `secret_env` and refused in `env`. Counts (`MAX_TOTAL_TOKENS`) and places
    /// (`HF_TOKEN_PATH`) are open.
    pub fn looks_secret(&self) -> bool {
        redact::looks_secret(&self.0)
    }
}

const SHAPE: Invalid = Invalid::new(
    "a variable's name is letters, digits and `_`, and does not start with a digit",
    "write a name such as `HF_HOME`",
);
const ASSIGNMENT: Invalid = Invalid::new(
    "a variable's name holds no `=`",
    "write the name alone; an open value belongs in `env`, a secret one into the environment this program is started with",
);

fn check(text: &str) -> Result<(), Invalid> {
    if text.contains('=') {
        return Err(ASSIGNMENT);
    }
    let starts_well = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let all_allowed = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if starts_well && all_allowed { Ok(()) } else { Err(SHAPE) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check_name(text: &str, expected: Option<Invalid>) {
        assert_eq!(text.parse::<EnvName>().err(), expected, "{text:?}");
    }

    #[test]
    fn accepts_portable_names() {
        for text in ["A", "_", "HF_TOKEN", "http_proxy", "X9"] {
            check_name(text, None);
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in ["", "9A", "A-B", "A B", "A.B", "A\0", "A\n", "É", "%A"] {
            check_name(text, Some(SHAPE));
        }
        for text in ["A=b", "=", "HF_TOKEN=hf_abc"] {
            check_name(text, Some(ASSIGNMENT));
        }
    }

    proptest! {
        #[test]
        fn accepts_exactly_its_schema_pattern(text in "[A-Za-z_][A-Za-z0-9_]{0,40}", other in "\\PC{0,20}") {
            prop_assert!(text.parse::<EnvName>().is_ok());
            if let Ok(name) = other.parse::<EnvName>() {
                prop_assert!(!name.as_str().contains(['=', '\0', ' ']));
                prop_assert_eq!(name.to_string(), other);
            }
        }
    }
}
