//! The name of an image, a tag, a package or a version: one word that no program takes for an option.

use serde::{Deserialize, Serialize};

use super::text_type::checked_text;
use crate::Invalid;

/// A name another program gets as one argument: an image, a tag, a package, a version.
///
/// It starts with a letter or a digit, goes on with letters, digits and `. _ - : / @ + ~`, and has at
/// most 255 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[A-Za-z0-9][A-Za-z0-9._:/@+~-]{0,254}$")))]
pub struct PlainName(String);

checked_text!(PlainName, check);

const SHAPE: Invalid = Invalid::new(
    "this name starts with a letter or a digit, goes on with letters, digits and `. _ - : / @ + ~`, and has at most 255 bytes",
    "write the name alone, as in `ghcr.io/ggml-org/llama.cpp` or `llama.cpp-cuda`",
);

fn check(text: &str) -> Result<(), Invalid> {
    let starts_well = text.starts_with(|first: char| first.is_ascii_alphanumeric());
    let all_allowed = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:/@+~-".contains(&byte));
    if starts_well && all_allowed && text.len() <= 255 { Ok(()) } else { Err(SHAPE) }
}

/// A relative path that stays below its top: `bin/llama-server`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("minLength" = 1, "maxLength" = 4096)))]
pub struct InnerPath(String);

checked_text!(InnerPath, check_inner);

const INNER: Invalid = Invalid::new(
    "the path of a file in an archive is relative and holds no `.`, no `..` and no control character",
    "write it as in `bin/llama-server`, without `./` before it",
);

fn check_inner(text: &str) -> Result<(), Invalid> {
    let inside = text.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if inside && text.len() <= 4096 && !text.chars().any(char::is_control) { Ok(()) } else { Err(INNER) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check_name(text: &str, accepted: bool) {
        assert_eq!(text.parse::<PlainName>().is_ok(), accepted, "{text:?}");
    }

    #[test]
    fn images_tags_and_packages() {
        for text in [
            "ghcr.io/ggml-org/llama.cpp",
            "localhost:5000/x@sha256:00",
            "v0.9.1-cuda12",
            "llama.cpp-cuda",
            "1:2.3+r4~rc1-1",
        ] {
            check_name(text, true);
        }
        for text in ["", "-Rns", "--privileged", "a b", "a\n", "a;b", "a$b", ".x", "/x", "é", "a\0"] {
            check_name(text, false);
        }
        check_name(&"a".repeat(256), false);
    }

    proptest! {
        #[test]
        fn accepts_exactly_its_schema_pattern(text in "[A-Za-z0-9][A-Za-z0-9._:/@+~-]{0,254}", other in "\\PC{0,20}") {
            prop_assert!(text.parse::<PlainName>().is_ok());
            if let Ok(name) = other.parse::<PlainName>() {
                prop_assert!(!name.as_str().starts_with('-'));
                prop_assert_eq!(name.to_string(), other);
            }
        }
    }

    #[test]
    fn a_path_stays_inside() {
        for text in ["llama-server", "build/bin/llama-server", "a b/..c"] {
            assert!(text.parse::<InnerPath>().is_ok(), "{text:?}");
        }
        for text in ["", "/x", "x/", "./x", "../x", "a/../x", "a//b", "a\nb"] {
            assert!(text.parse::<InnerPath>().is_err(), "{text:?}");
        }
    }
}
