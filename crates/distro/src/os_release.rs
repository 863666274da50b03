//! The assignments of an os-release file (<https://www.freedesktop.org/software/systemd/man/latest/os-release.html>).

/// Names and values, unquoted, in the order of the file.
pub(crate) struct OsRelease(Vec<(String, String)>);

impl OsRelease {
    /// From the file's text; lines that assign nothing are ignored.
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.trim_start_matches('\u{feff}');
        // Names are shown on terminals, and nothing in them may control one.
        let text = text.replace(|c: char| c.is_control() && c != '\n' && c != '\r', "");
        let pairs = text.lines().filter_map(|line| line.trim().split_once('='));
        Self(pairs.map(|(name, value)| (name.to_owned(), unquoted(value))).collect())
    }

    /// The value of a name, as a shell would have it: the last assignment counts.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The same as text of its own; empty where the name has no value.
    pub(crate) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }
}

/// A value without the quotes of a shell assignment.
fn unquoted(value: &str) -> String {
    let value = value.trim();
    if let Some(inner) = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return inner.to_owned();
    }
    let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    let mut text = String::new();
    let mut characters = inner.chars();
    while let Some(c) = characters.next() {
        text.extend(if c == '\\' { characters.next() } else { Some(c) });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quotes() {
        assert_eq!(unquoted(r#""a \"b\" \$c""#), r#"a "b" $c"#);
        assert_eq!(unquoted(r"'a \b'"), r"a \b");
        assert_eq!(unquoted("plain"), "plain");
        assert_eq!(unquoted("\""), "\"");
    }

    #[test]
    fn the_last_assignment_counts() {
        let file = OsRelease::parse("ID=debian\n#ID=x\n  ID=\"arch\" \nVARIANT_ID=\n");
        assert_eq!((file.get("ID"), file.get("VARIANT_ID"), file.get("VARIANT")), (Some("arch"), Some(""), None));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = OsRelease::parse(&text).get("ID");
            let _ = unquoted(&text);
        }
    }
}
