//! What the tree at hand knows: the options its CMake files declare, which of them are deprecated, and into what.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::cmake::renames::RENAMED;
use crate::cmake::text::{Call, calls};

/// Where llama.cpp declares options.
const FILES: [&str; 4] =
    ["CMakeLists.txt", "ggml/CMakeLists.txt", "tools/server/CMakeLists.txt", "examples/server/CMakeLists.txt"];
/// No CMakeLists.txt is larger.
const LARGEST: u64 = 4 << 20;
/// Most files and folders that are looked at in search of a name (llama.cpp has about 3000).
const MOST_FILES: u32 = 50_000;

/// The options a source tree declares.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TreeOptions {
    declared: BTreeSet<String>,
    deprecated: BTreeMap<String, Option<String>>,
}

impl TreeOptions {
    /// Reads them from the tree; a file that is not there declares nothing.
    pub(crate) fn read(source: &Path) -> Self {
        let texts = FILES.iter().filter_map(|file| durable::read_regular(&source.join(file), LARGEST).ok().flatten());
        let texts: Vec<String> = texts.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect();
        Self::parse(&texts.join("\n"))
    }

    pub(crate) fn parse(text: &str) -> Self {
        let mut options = Self::default();
        for Call { name, arguments } in calls(text, declares) {
            let words: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| !word.contains('$')).collect();
            match (name.as_str(), words.as_slice()) {
                ("option" | "cmake_dependent_option", [option, ..]) => {
                    options.declared.insert((*option).to_owned());
                }
                ("set", [variable, .., "CACHE"]) => {
                    options.declared.insert((*variable).to_owned());
                }
                ("set" | "function" | "macro", _) => {}
                // `llama_option_depr(<how loudly> <old> [<new>])`
                (_, [_, old, new @ ..]) => {
                    let new = new.first().map(|new| (*new).to_owned());
                    options.deprecated.insert((*old).to_owned(), new);
                }
                _ => {}
            }
        }
        options
    }

    /// Whether the tree declares this option.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.declared.contains(name)
    }

    /// What the tree says of an option that it deprecates: the name that replaces it, or nothing where it is ignored.
    /// An option that the tree still declares is none.
    pub(crate) fn deprecated(&self, name: &str) -> Option<&Option<String>> {
        self.deprecated.get(name).filter(|_| !self.has(name))
    }

    /// An option that today's releases have under another name, where the tree declares only the old one: it is older
    /// than what this crate can build.
    pub(crate) fn outdated(&self) -> Option<&'static (&'static str, &'static str)> {
        RENAMED.iter().find(|(old, new)| self.has(old) && !self.has(new))
    }

    /// The first of `names` that is neither a declared option nor mentioned by any CMake file of the tree: not every
    /// variable that a tree reads is declared with `option(…)`.
    pub(crate) fn unmentioned<'a>(&self, names: impl Iterator<Item = &'a str>, source: &Path) -> Option<&'a str> {
        let mut unknown: Vec<&str> = names.filter(|name| !self.has(name)).collect();
        if !unknown.is_empty() {
            let mut left = MOST_FILES;
            strike_out_mentioned(source, &mut unknown, &mut left);
        }
        unknown.first().copied()
    }

    /// The declared option nearest to a name that is not one.
    pub(crate) fn nearest(&self, name: &str) -> Option<&str> {
        // Most of `LLAMA_` became `GGML_` in June 2024, without a word from CMake about the old ones.
        let moved = name.strip_prefix("LLAMA_").map(|rest| format!("GGML_{rest}"));
        if let Some(moved) = moved.and_then(|moved| self.declared.get(&moved)) {
            return Some(moved);
        }
        let scored = self.declared.iter().map(|option| (strsim::jaro_winkler(option, name), option.as_str()));
        scored.filter(|(score, _)| *score > 0.88).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, option)| option)
    }
}

/// The commands that say something about options; llama.cpp's own for deprecated ones is `llama_option_depr`.
fn declares(command: &str) -> bool {
    matches!(command, "option" | "cmake_dependent_option" | "set") || command.ends_with("option_depr")
}
/// Removes from `names` those that a CMake file in or below `dir` mentions. Symbolic links are not followed.
fn strike_out_mentioned(dir: &Path, names: &mut Vec<&str>, left: &mut u32) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        if names.is_empty() {
            return;
        }
        if *left == 0 {
            // Too large to tell: CMake's own warning about unused definitions will.
            return names.clear();
        }
        *left -= 1;
        let (path, name) = (entry.path(), entry.file_name());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if name != ".git" {
                strike_out_mentioned(&path, names, left);
            }
        } else if name == "CMakeLists.txt" || path.extension().is_some_and(|extension| extension == "cmake") {
            let bytes = durable::read_regular(&path, LARGEST).ok().flatten().unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            for word in text.split(|c| !is_word(c)) {
                names.retain(|name| *name != word);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_the_nearest_is_named() {
        let tree = TreeOptions::parse(
            "# option(NO)\noption(GGML_CUDA \"x\" OFF)\n  OPTION (LLAMA_CURL\n \"y\" ON)\nset(GGML_PEER 1 CACHE STRING x)\nset(OWN 1)\nset(${V} 1 CACHE STRING x)\n",
        );
        assert!(tree.has("GGML_CUDA") && tree.has("LLAMA_CURL") && tree.has("GGML_PEER"));
        assert!(!tree.has("NO") && !tree.has("OWN"));
        assert_eq!(tree.nearest("GGML_CUAD"), Some("GGML_CUDA"));
        assert_eq!(tree.nearest("LLAMA_PEER"), Some("GGML_PEER"));
        assert_eq!(tree.nearest("XYZ"), None);
        assert_eq!(tree.outdated(), None);
        assert!(TreeOptions::parse("option(LLAMA_NATIVE x)\noption(LLAMA_AVX x)").outdated().is_some());
    }

    /// EP-12: the tree itself says what became of an option, however its helper is called.
    #[test]
    fn deprecations_are_read_from_the_tree() {
        let tree = TreeOptions::parse(
            "function (llama_option_depr TYPE OLD)\nset(NEW \"${ARGV2}\")\nendfunction()\noption(LLAMA_BOTH x)\n\
             llama_option_depr(FATAL_ERROR LLAMA_CUBLAS              GGML_CUDA) # x\nggml_option_depr(WARNING LLAMA_FOO GGML_FOO)\n\
             llama_option_depr(WARNING LLAMA_CURL)\nllama_option_depr(WARNING LLAMA_BOTH GGML_BOTH)\n",
        );
        assert_eq!(tree.deprecated("LLAMA_CUBLAS"), Some(&Some("GGML_CUDA".into())));
        assert_eq!(tree.deprecated("LLAMA_FOO"), Some(&Some("GGML_FOO".into())));
        assert_eq!(tree.deprecated("LLAMA_CURL"), Some(&None));
        assert_eq!(tree.deprecated("LLAMA_BOTH"), None, "still declared");
        assert_eq!(tree.deprecated("GGML_CUDA"), None);
        assert!(!tree.has("LLAMA_CUBLAS"));
    }

    /// The scan that this reading replaced: a line that begins with `option(`.
    fn by_line(text: &str) -> BTreeSet<String> {
        let code = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim_start());
        let calls = code.filter_map(|code| code.split_once('('));
        let options = calls.filter(|(command, _)| command.trim_end().eq_ignore_ascii_case("option"));
        options
            .filter_map(|(_, rest)| rest.split_whitespace().next())
            .map(|w| w.trim_matches(['"', ')']).into())
            .collect()
    }

    /// Nothing that a scan by line finds in a whole project is lost, and nothing is made up. (`LLAMA_TREE` names another
    /// tree than the fixture.)
    #[test]
    fn a_whole_tree_loses_nothing() {
        let tree = std::env::var_os("LLAMA_TREE").map_or_else(testkit::fixture, Into::into);
        let (mut folders, mut options, mut files) = (vec![tree], 0, 0);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                let (path, name) = (entry.path(), entry.file_name());
                if entry.file_type().unwrap().is_dir() {
                    folders.push(path);
                } else if name == "CMakeLists.txt" || path.extension().is_some_and(|extension| extension == "cmake") {
                    let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
                    let read: BTreeSet<String> = calls(&text, |command| command == "option")
                        .into_iter()
                        .filter_map(|call| call.arguments.into_iter().next())
                        .collect();
                    assert_eq!(read, by_line(&text), "{}", path.display());
                    options += read.len();
                    files += 1;
                }
            }
        }
        assert!(files > 3 && options > 3, "{files} files, {options} options");
        tracing::info!(files, options, "read");
    }
}
