//! What to check out: a branch, a tag or a commit that git itself would accept as a name.

use serde::{Deserialize, Serialize};

use super::text_type::checked_text;
use crate::Invalid;

/// A git branch, tag, `HEAD` or commit id.
///
/// The rule is that of `git check-ref-format --allow-onelevel`
/// (<https://git-scm.com/docs/git-check-ref-format>), without a leading `-` (git would read it as
/// an option) and with at most 255 bytes. A revision expression (`main~2`, `v1^{}`, `a..b`) is not
/// a ref and is refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("minLength" = 1, "maxLength" = 255)))]
pub struct GitRef(String);

checked_text!(GitRef, check);

impl GitRef {
    /// Whether this is a whole commit id, of 40 (SHA-1) or 64 (SHA-256) hexadecimal digits.
    ///
    /// Only such a ref names the same source for ever; all others have to be asked for.
    pub fn is_full_commit(&self) -> bool {
        matches!(self.0.len(), 40 | 64) && self.0.bytes().all(|byte| byte.is_ascii_hexdigit())
    }
}

const HELP: &str = "write a branch, a tag, or a commit id such as `703f9e3`";
const LENGTH: Invalid = Invalid::new("a git ref has 1 to 255 bytes", HELP);
const DASH: Invalid = Invalid::new("a git ref does not start with `-`: git would read it as an option", HELP);
const CHARACTER: Invalid = Invalid::new(
    "a git ref holds no blank, no control character and none of `~ ^ : ? * [ \\`",
    "write a plain branch, tag or commit id; expressions such as `main~2` are not refs",
);
const SEQUENCE: Invalid = Invalid::new("a git ref holds no `..`, `@{` or `//`", HELP);
const EDGE: Invalid =
    Invalid::new("a git ref does not start or end with `/`, does not end with `.`, and is not `@`", HELP);
const COMPONENT: Invalid = Invalid::new("no part of a git ref starts with `.` or ends with `.lock`", HELP);

fn check(text: &str) -> Result<(), Invalid> {
    let forbidden = |byte: u8| byte <= b' ' || byte == 0x7f || b"~^:?*[\\".contains(&byte);
    if text.is_empty() || text.len() > 255 {
        Err(LENGTH)
    } else if text.starts_with('-') {
        Err(DASH)
    } else if text.bytes().any(forbidden) {
        Err(CHARACTER)
    } else if ["..", "@{", "//"].iter().any(|part| text.contains(part)) {
        Err(SEQUENCE)
    } else if text.starts_with('/') || text.ends_with(['/', '.']) || text == "@" {
        Err(EDGE)
    } else if text.split('/').any(|part| part.starts_with('.') || part.as_bytes().ends_with(b".lock")) {
        Err(COMPONENT)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check_ref(text: &str, expected: Option<Invalid>) {
        assert_eq!(text.parse::<GitRef>().err(), expected, "{text:?}");
    }

    #[test]
    fn accepts_branches_tags_and_commits() {
        for text in [
            "main",
            "HEAD",
            "v1.2.3",
            "b6432",
            "703f9e3",
            "7039193",
            "release/2026-01",
            "refs/heads/main",
            "a@b",
            "über",
            "x.lockfile",
        ] {
            check_ref(text, None);
        }
        check_ref(&"a".repeat(255), None);
    }

    /// EP-06, F28
    #[test]
    fn refuses_options_expressions_and_git_s_own_bad_names() {
        check_ref("", Some(LENGTH));
        check_ref(&"a".repeat(256), Some(LENGTH));
        check_ref(&"a".repeat(4096), Some(LENGTH));
        for text in ["-", "-bevil", "--upload-pack=x"] {
            check_ref(text, Some(DASH));
        }
        for text in ["a b", "a\nb", "a\0b", "a\tb", "a\x7f", "main~1", "v1^{}", "a:b", "a?", "a*", "a[b", "a\\b"] {
            check_ref(text, Some(CHARACTER));
        }
        for text in ["a..b", "a@{1}", "@{u}", "a//b"] {
            check_ref(text, Some(SEQUENCE));
        }
        for text in ["/a", "a/", "a.", "@", "/"] {
            check_ref(text, Some(EDGE));
        }
        for text in [".a", "a/.b", "a.lock", "a.lock/b"] {
            check_ref(text, Some(COMPONENT));
        }
    }

    #[test]
    fn only_whole_hexadecimal_ids_are_full_commits() {
        let full = |text: &str| text.parse::<GitRef>().unwrap().is_full_commit();
        assert!(full(&"a1".repeat(20)));
        assert!(full(&"0F".repeat(32)));
        for text in ["703f9e3", "main", &"g1".repeat(20), &"a1".repeat(19)] {
            assert!(!full(text), "{text}");
        }
    }

    fn git_accepts(text: &str) -> bool {
        #[expect(
            clippy::disallowed_methods,
            reason = "a contract crate knows no runner; git is asked about one argument"
        )]
        std::process::Command::new("git")
            .args(["check-ref-format", "--allow-onelevel", text])
            .status()
            .expect("git is on PATH: it is needed to build anything from source")
            .success()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        /// EP-06: the rule here and git's own differ in the leading `-` and the length alone.
        #[test]
        fn git_agrees(text in "[-ab./@{~^:?*\\[ \\\\\\x01é]{1,6}|[a-z/.]{1,4}(\\.lock)?(/[a-z])?") {
            let expected = !text.starts_with('-') && git_accepts(&text);
            prop_assert_eq!(text.parse::<GitRef>().is_ok(), expected, "{:?}", text);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,300}") {
            if let Ok(git_ref) = text.parse::<GitRef>() {
                prop_assert!(!git_ref.as_str().starts_with('-'));
                prop_assert_eq!(git_ref.to_string(), text);
            }
        }
    }
}
