//! A pool's id: a slug that is also one plain file name.

use serde::{Deserialize, Serialize};

use super::text_type::checked_text;
use crate::Invalid;

/// The id of a pool: 1 to 64 characters of `a-z`, `0-9`, `_` and `-`, the first a letter or digit.
///
/// It names lock files, folders and containers, so it can be joined to a folder as it is: the
/// result is always a direct child of that folder.
///
/// ```
/// use config_schema::PoolId;
/// let id: PoolId = "local-gpu-0".parse()?;
/// assert_eq!(id.as_str(), "local-gpu-0");
/// assert!("../escape".parse::<PoolId>().is_err());
/// # Ok::<(), config_schema::Invalid>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[a-z0-9][a-z0-9_-]{0,63}$")))]
pub struct PoolId(String);

checked_text!(PoolId, check);

const SHAPE: Invalid = Invalid::new(
    "a pool id is 1 to 64 characters of `a-z`, `0-9`, `_` and `-`, and starts with a letter or digit",
    "write an id such as `local-gpu-0`; it names files, so nothing else is allowed in it",
);

fn check(text: &str) -> Result<(), Invalid> {
    let starts_well = text.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit());
    let all_allowed = text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'));
    if starts_well && all_allowed && text.len() <= 64 { Ok(()) } else { Err(SHAPE) }
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check_id(text: &str, accepted: bool) {
        assert_eq!(text.parse::<PoolId>().is_ok(), accepted, "{text:?}");
    }

    #[test]
    fn accepts_slugs() {
        for text in ["a", "0", "local-llamacpp-gpu", "a_b-c9", "con", "nul-1"] {
            check_id(text, true);
        }
        check_id(&"a".repeat(64), true);
    }

    /// EP-06, F34: nothing that could leave the run folder is an id.
    #[test]
    fn refuses_whatever_is_not_a_slug() {
        for text in [
            "",
            ".",
            "..",
            "../x",
            "/abs",
            "a/b",
            "a\\b",
            "a.b",
            "a b",
            " a",
            "a\n",
            "a\0b",
            "-rf",
            "_a",
            "CON",
            "Pool",
            "а",
            "pool\u{ff0f}x",
            "a\u{200b}",
            "é",
        ] {
            check_id(text, false);
        }
        check_id(&"a".repeat(65), false);
        check_id(&"a".repeat(4096), false);
    }

    proptest! {
        /// EP-06, F34
        #[test]
        fn an_id_is_a_direct_child_of_any_folder(text in "\\PC{0,70}|[a-z0-9_./-]{0,70}") {
            if let Ok(id) = text.parse::<PoolId>() {
                let joined = Path::new("/run/pools").join(id.as_str());
                prop_assert_eq!(joined.parent(), Some(Path::new("/run/pools")));
                let is_normal = matches!(joined.components().next_back(), Some(Component::Normal(_)));
                prop_assert!(is_normal);
                prop_assert!(id.as_str().len() <= 64);
                prop_assert_eq!(id.to_string(), text);
            }
        }

        #[test]
        fn accepts_exactly_its_schema_pattern(text in "[a-z0-9][a-z0-9_-]{0,63}") {
            prop_assert!(text.parse::<PoolId>().is_ok());
        }
    }
}
