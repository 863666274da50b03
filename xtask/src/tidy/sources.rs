//! Each Rust file says in its first line what it is, is short enough to be read, and leaves nothing unfinished.

use super::Finding;
use crate::source_files::SourceFile;

/// The longest file, in lines.
const LONGEST: usize = 400;

/// What must not stay behind. Written in two halves, so that this file passes its own check.
const LEFTOVERS: &[&str] = &[
    concat!("to", "do!"),
    concat!("un", "implemented!"),
    concat!("db", "g!"),
    concat!("#[ig", "nore"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

pub(super) fn findings(file: &SourceFile) -> Vec<Finding> {
    let finding = |line, what: String| Finding { file: file.path.clone(), line, what };
    let mut findings = Vec::new();
    if !file.text.starts_with("//! ") {
        findings.push(finding(1, "the first line is not a `//!` sentence".into()));
    }
    let count = file.text.lines().count();
    if count > LONGEST {
        findings.push(finding(LONGEST + 1, format!("{count} lines; at most {LONGEST}")));
    }
    for (line, text) in file.lines() {
        for word in LEFTOVERS.iter().filter(|word| text.contains(**word)) {
            findings.push(finding(line, format!("`{word}` must not stay")));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let file = SourceFile { path: "a.rs".into(), text: text.into() };
        let found: Vec<_> = findings(&file).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn files_start_with_a_sentence() {
        check("//! What this is.\nfn f() {}\n", &[]);
        check("fn f() {}\n", &["a.rs:1: the first line is not a `//!` sentence"]);
        check("", &["a.rs:1: the first line is not a `//!` sentence"]);
    }

    #[test]
    fn files_stay_short() {
        check(&format!("//! Long.\n{}", "\n".repeat(LONGEST - 1)), &[]);
        check(&format!("//! Long.\n{}", "\n".repeat(LONGEST)), &["a.rs:401: 401 lines; at most 400"]);
    }

    #[test]
    fn leftovers_are_found() {
        for word in LEFTOVERS {
            check(&format!("//! X.\n\n    {word}"), &[&format!("a.rs:3: `{word}` must not stay")]);
        }
    }
}
