//! Reading a CMakeCache.txt.
//!
//! One entry a line: `NAME:TYPE=VALUE`, the name quoted when it holds a colon; `#` and `//` begin comments.
//! <https://cmake.org/cmake/help/latest/manual/cmake-language.7.html>

use std::collections::BTreeMap;
use std::path::Path;

use crate::BuildError;
use crate::cmake::definition::is_on;

/// No cache of this project is larger.
const LARGEST: u64 = 16 << 20;

/// What CMake decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CmakeCache(BTreeMap<String, (String, String)>);

impl CmakeCache {
    /// Reads `CMakeCache.txt` in a build folder; an absent file is an empty cache.
    pub fn read(build_dir: &Path) -> Result<Self, BuildError> {
        let bytes = durable::read_regular(&build_dir.join("CMakeCache.txt"), LARGEST)?;
        Ok(Self::parse(&String::from_utf8_lossy(&bytes.unwrap_or_default())))
    }

    /// Reads the text of one; lines that are no entry are passed over.
    pub fn parse(text: &str) -> Self {
        Self(text.lines().filter_map(entry).collect())
    }

    /// An entry's type and value.
    pub fn get(&self, name: &str) -> Option<(&str, &str)> {
        self.0.get(name).map(|(kind, value)| (kind.as_str(), value.as_str()))
    }

    /// All entries: name, type and value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.0.iter().map(|(name, (kind, value))| (name.as_str(), kind.as_str(), value.as_str()))
    }

    /// Whether the project itself declares this switch and it is on. A definition that no option of the project took
    /// stands in the cache too, with the type it was given on the command line or `UNINITIALIZED`, and means nothing.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name).is_some_and(|(kind, value)| kind == "BOOL" && is_on(value))
    }
}

fn entry(line: &str) -> Option<(String, (String, String))> {
    if line.starts_with('#') || line.starts_with("//") {
        return None;
    }
    let (name, rest) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once("\":")?,
        None => line.split_once(':')?,
    };
    let (kind, value) = rest.split_once('=')?;
    // CMake quotes a value that begins or ends with a blank.
    let value = value.strip_prefix('\'').and_then(|v| v.strip_suffix('\'')).unwrap_or(value);
    Some((name.into(), (kind.into(), value.into())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn entries() {
        let cache = CmakeCache::parse(
            "# c\n//doc\nGGML_CUDA:BOOL=ON\nA:STRING= x=y \n\"B:C\":PATH=/p\nD:UNINITIALIZED=ON\nE:STRING=' e '\nbroken\n",
        );
        assert!(cache.is_on("GGML_CUDA") && !cache.is_on("D") && !cache.is_on("absent"));
        assert_eq!(cache.get("A"), Some(("STRING", " x=y ")));
        assert_eq!(cache.get("B:C"), Some(("PATH", "/p")));
        assert_eq!(cache.get("E"), Some(("STRING", " e ")));
        assert_eq!(cache.0.len(), 5);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in ".*") {
            CmakeCache::parse(&text);
        }
    }
}
