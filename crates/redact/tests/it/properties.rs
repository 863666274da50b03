//! What holds for every name.

use proptest::prelude::*;
use redact::{Redactor, looks_secret};

proptest! {
    /// The style of a name does not change its meaning.
    #[test]
    fn a_variable_and_its_flag_are_judged_alike(words in prop::collection::vec("[a-z]{1,9}", 2..5)) {
        let variable = words.join("_").to_uppercase();
        let flag = format!("--{}", words.join("-"));
        prop_assert_eq!(looks_secret(&variable), looks_secret(&flag), "{} {}", variable, flag);
    }

    /// A password is a secret whatever precedes it, and the path of its file is open.
    #[test]
    fn passwords_are_secret_and_their_files_open(before in "[A-Z_]{0,20}") {
        let (password, path) = (format!("{before}_PASSWORD"), format!("{before}_PASSWORD_FILE"));
        prop_assert!(looks_secret(&password) && !looks_secret(&path));
    }

    #[test]
    fn no_name_panics(name in "\\PC{0,60}") {
        looks_secret(&name);
    }

    /// Masking follows the rule for names.
    #[test]
    fn a_value_is_masked_exactly_if_its_name_is_secret(
        name in "(HF|MAX|API|DISABLE|DB)_(TOKEN|TOKENS|KEY|AUTH|PASS|PATH|SECRET)(_FILE|_2|_ID)?",
    ) {
        let text = format!("{name}=v4lue");
        prop_assert_eq!(Redactor::new().text(&text) != text, looks_secret(&name));
    }
}
