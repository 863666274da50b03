//! What the tree at hand knows: the options its CMakeLists.txt declare.

use std::collections::BTreeSet;
use std::path::Path;

/// Where llama.cpp declares options.
const FILES: [&str; 2] = ["CMakeLists.txt", "ggml/CMakeLists.txt"];
/// No CMakeLists.txt is larger.
const LARGEST: u64 = 4 << 20;
/// Most files and folders that are looked at in search of a name (llama.cpp has about 3000).
const MOST_FILES: u32 = 50_000;

/// The options a source tree declares with `option(…)`, deprecated ones left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TreeOptions(BTreeSet<String>);

impl TreeOptions {
    /// Reads them from the tree; a file that is not there declares nothing.
    pub(crate) fn read(source: &Path) -> Self {
        let texts = FILES.iter().filter_map(|file| durable::read_regular(&source.join(file), LARGEST).ok().flatten());
        Self::parse(texts.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect::<String>().as_str())
    }

    fn parse(text: &str) -> Self {
        let mut options = BTreeSet::new();
        for line in text.lines() {
            let code = line.split('#').next().unwrap_or_default().trim_start();
            let Some((command, rest)) = code.split_once('(') else { continue };
            if command.trim_end().eq_ignore_ascii_case("option")
                && let Some(name) = rest.split_whitespace().next()
            {
                options.insert(name.trim_matches(['"', ')']).to_owned());
            }
        }
        Self(options)
    }

    /// Whether the tree declares this option.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains(name)
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
        let scored = self.0.iter().map(|option| (strsim::jaro_winkler(option, name), option.as_str()));
        scored.filter(|(score, _)| *score > 0.88).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, option)| option)
    }
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
            "# option(NO)\noption(GGML_CUDA \"x\" OFF)\n  OPTION (LLAMA_CURL\n \"y\" ON)\nllama_option_depr(WARNING LLAMA_CUDA GGML_CUDA)\n",
        );
        assert!(tree.has("GGML_CUDA") && tree.has("LLAMA_CURL") && !tree.has("NO") && !tree.has("LLAMA_CUDA"));
        assert_eq!(tree.nearest("GGML_CUAD"), Some("GGML_CUDA"));
        assert_eq!(tree.nearest("XYZ"), None);
    }
}
