//! How a name from a file is shown in a message, so that a secret in the wrong place is not.

/// The name in backticks if it looks like a key or a keyword, else a remark that it is not shown.
pub(crate) fn shown(name: &str) -> String {
    if is_word(name) { format!("`{name}`") } else { "(not shown: it is no plain word)".to_owned() }
}

/// Whether this looks like a key or a keyword: at most 32 letters, digits, `_`, `-` and `.`.
///
/// A credential pasted in the wrong place is longer or has other characters.
pub(crate) fn is_word(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 32
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_shown_and_nothing_else() {
        assert_eq!(shown("engnie"), "`engnie`");
        for name in ["", "A=b", "a b", "x\n", "é", &"a".repeat(33)] {
            assert!(!shown(name).contains('`'), "{name}");
        }
    }
}
