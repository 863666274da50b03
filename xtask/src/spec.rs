//! Which test proves which requirement: the ids (`EP-12`) in the doc comments of tests.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use crate::failure::Result;
use crate::source_files::{self, SourceFile, all};

/// The numbers of all requirements.
const ALL: &[RangeInclusive<u32>] = &[1..=7, 10..=16, 20..=24, 30..=30, 40..=43, 50..=51, 60..=60, 70..=71, 80..=89];

/// Those that are for later.
const LATER: &[&str] = &["EP-80", "EP-82", "EP-84", "EP-85", "EP-86", "EP-87", "EP-88"];

/// Prints each requirement with its tests; those that no test names come last.
pub(crate) fn run() -> Result<()> {
    let proofs = proofs(&all()?);
    for (id, tests) in &proofs {
        println!("{id}");
        for test in tests {
            println!("    {test}");
        }
    }
    println!("{} requirements are named by tests", proofs.len());
    let (later, untested): (Vec<_>, Vec<_>) =
        untested(&proofs).into_iter().partition(|id| LATER.contains(&id.as_str()));
    for (ids, why) in [(untested, ""), (later, " (for later)")] {
        if !ids.is_empty() {
            println!("no test names {}{why}", ids.join(", "));
        }
    }
    Ok(())
}

fn untested(proofs: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let all = ALL.iter().cloned().flatten().map(|number| format!("EP-{number:02}"));
    all.filter(|id| !proofs.contains_key(id)).collect()
}

fn proofs(files: &[SourceFile]) -> BTreeMap<String, BTreeSet<String>> {
    let mut proofs = BTreeMap::<_, BTreeSet<_>>::new();
    for file in files {
        for (test, line, ids) in tests_of(file) {
            for id in ids {
                proofs.entry(id).or_default().insert(format!("{}:{line} {test}", file.path));
            }
        }
    }
    proofs
}

/// Each test function of the file, its line, and the ids in the doc comment above it.
fn tests_of(file: &source_files::SourceFile) -> Vec<(String, usize, BTreeSet<String>)> {
    let mut tests = Vec::new();
    let (mut docs, mut is_test) = (String::new(), false);
    for (number, line) in file.lines().map(|(number, line)| (number, line.trim())) {
        if let Some(doc) = line.strip_prefix("///") {
            docs.push_str(doc);
            docs.push('\n');
        } else if line == "#[test]" {
            is_test = true;
        } else if let Some((_, rest)) = line.split_once("fn ") {
            if is_test {
                let name = rest.split(['(', '<']).next().unwrap_or(rest);
                tests.push((name.to_owned(), number, ids(&docs)));
            }
            (docs, is_test) = (String::new(), false);
        } else if line.ends_with([';', '}']) {
            (docs, is_test) = (String::new(), false);
        }
    }
    tests
}

fn ids(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let is_id = |word: &&str| {
        word.strip_prefix("EP-").is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    };
    words.filter(is_id).map(String::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_above_tests_are_found_with_their_place() {
        let text = "//! X, and EP-1.\n\n/// EP-2: not a test.\nfn helper() {}\n\n    /// EP-12, EP-14: told\n    /// over two lines (EP-20).\n    #[test]\n    \
                    #[expect(x, reason = \"y\")]\n    fn a_test() {\n        let x = 1;\n    }\n\n/// EP-12.\n#[test]\nfn other() {}\n#[test]\nfn third() {}\n";
        let file = SourceFile { path: "a.rs".into(), text: text.into() };
        let found = proofs(&[file]);
        let lines: Vec<_> =
            found.iter().flat_map(|(id, tests)| tests.iter().map(move |t| format!("{id} {t}"))).collect();
        assert_eq!(
            lines,
            ["EP-12 a.rs:10 a_test", "EP-12 a.rs:16 other", "EP-14 a.rs:10 a_test", "EP-20 a.rs:10 a_test"]
        );
    }

    #[test]
    fn requirements_without_a_test_are_found() {
        let proven = ALL.iter().cloned().flatten().map(|number| (format!("EP-{number:02}"), BTreeSet::new()));
        let mut proofs: BTreeMap<_, _> = proven.collect();
        assert_eq!(untested(&proofs), Vec::<String>::new());
        proofs.remove("EP-07");
        proofs.remove("EP-80");
        assert_eq!(untested(&proofs), ["EP-07", "EP-80"]);
    }

    #[test]
    fn only_whole_ids_count() {
        assert_eq!(ids("EP-10 (EP-11); EP-, EP-x, XEP-12, EP-1a").into_iter().collect::<Vec<_>>(), ["EP-10", "EP-11"]);
    }
}
