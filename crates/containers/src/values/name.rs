//! The name of a container, the id of a run, and what else is written into labels.

use crate::values::{checked_text, only};

checked_text! {
    /// The name of a container: letters, digits, `_`, `.` and `-`, first a letter or digit, at most 128 characters.
    /// podman: <https://github.com/containers/podman/blob/v4.3.1/libpod/define/config.go>.
    ContainerName, "container name", name
}

checked_text! {
    /// The id of one start of an engine: 16 to 64 hexadecimal digits in lower case, of which no two starts have the same.
    RunId, "run id", run_id
}

checked_text! {
    /// The value of a label: 1 to 512 characters without control characters.
    Label, "label", label
}

fn name(text: &str) -> Option<&'static str> {
    if text.len() > 128 {
        return Some("it has more than 128 characters");
    }
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    (!first || !only(text, "_.-"))
        .then_some("a name has letters, digits, `_`, `.` and `-`, and begins with a letter or a digit")
}

fn run_id(text: &str) -> Option<&'static str> {
    let fits = (16..=64).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (!fits).then_some("a run id has 16 to 64 hexadecimal digits in lower case")
}

fn label(text: &str) -> Option<&'static str> {
    if text.is_empty() || text.chars().count() > 512 {
        return Some("a label's value has 1 to 512 characters");
    }
    text.chars().any(char::is_control).then_some("a label's value has no control characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        for good in ["a", "engine-chat", "Engine_1.b-2", &"x".repeat(128)] {
            assert!(ContainerName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", ".a", "--privileged", "a b", "a/b", "a\n", "é", &"x".repeat(129)] {
            assert!(ContainerName::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn run_ids_are_checked() {
        assert!(RunId::new("0123456789abcdef").is_ok());
        for bad in ["", "0123456789abcde", "0123456789ABCDEF", "0123456789abcdeg", &"a".repeat(65)] {
            assert!(RunId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn labels_are_checked() {
        assert!(Label::new("pool = \"chat\", é").is_ok());
        for bad in ["", "a\nb", "a\0", &"x".repeat(513)] {
            assert!(Label::new(bad).is_err(), "{bad}");
        }
    }
}
