//! A folder of sources is a room whose names can be read at a glance: beyond that it is divided.

use std::collections::BTreeMap;
use std::path::Path;

use super::Finding;
use crate::source_files::SourceFile;

/// The largest number of Rust files side by side in a `src` folder or a folder below one.
const MOST: usize = 16;

pub(super) fn findings(files: &[SourceFile]) -> Vec<Finding> {
    let mut folders: BTreeMap<&Path, usize> = BTreeMap::new();
    for file in files {
        let folder = Path::new(&file.path).parent().unwrap_or(Path::new(""));
        if folder.components().any(|part| part.as_os_str() == "src") {
            *folders.entry(folder).or_default() += 1;
        }
    }
    let crowded = folders.into_iter().filter(|(_, count)| *count > MOST);
    let finding = |(folder, count): (&Path, usize)| Finding {
        file: folder.display().to_string(),
        line: 1,
        what: format!("{count} Rust files side by side; at most {MOST}"),
    };
    crowded.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(folders: &[(&str, usize)], expected: &[&str]) {
        let names = folders.iter().flat_map(|(folder, count)| (0..*count).map(move |n| format!("{folder}/f{n}.rs")));
        let files: Vec<_> = names.map(|path| SourceFile { path, text: String::new() }).collect();
        let found: Vec<_> = findings(&files).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn folders_are_counted_one_by_one() {
        check(&[("crates/a/src", MOST), ("crates/a/src/b", MOST), ("crates/a/src/b/c", MOST)], &[]);
        check(&[("crates/a/src", MOST + 1)], &["crates/a/src:1: 17 Rust files side by side; at most 16"]);
        let below = "crates/a/src/b/c:1: 20 Rust files side by side; at most 16";
        check(&[("crates/a/src", 2), ("crates/a/src/b/c", 20)], &[below]);
    }

    #[test]
    fn folders_of_tests_are_not_counted() {
        check(&[("crates/a/tests/it", 40), ("crates/a/examples", 40)], &[]);
    }
}
