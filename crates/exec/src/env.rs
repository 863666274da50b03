//! The environment as a value: read once, passed on, never changed behind anyone's back.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use crate::SearchPath;

/// A snapshot of environment variables. A variable that is set to nothing counts as unset, which is what
/// people mean by `NAME= program`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Env(BTreeMap<OsString, OsString>);

impl Env {
    /// The environment of this process, taken now.
    pub fn current() -> Self {
        Self::from_pairs(std::env::vars_os())
    }

    /// An environment of exactly these pairs.
    pub fn from_pairs<K: Into<OsString>, V: Into<OsString>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(pairs.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
    }

    /// The value of `name`, unless it is unset or empty.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// The value of `name`, unless it is unset, empty, or not UTF-8.
    pub fn get_str(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(OsStr::to_str)
    }

    /// All pairs, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// The same environment with `name` set.
    #[must_use]
    pub fn with(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// The same environment without `name`.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.remove(OsStr::new(name));
        self
    }

    /// The absolute path of `program` on `PATH`: the first regular, executable file.
    ///
    /// Entries of `PATH` that are relative or empty (both mean "where I happen to stand") are ignored. For several programs
    /// use one [`SearchPath`].
    pub fn find(&self, program: &str) -> Option<PathBuf> {
        SearchPath::of(self).find(program).map(|program| program.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let env = Env::from_pairs([("A", ""), ("B", "b")]);
        assert_eq!(env.get("A"), None);
        assert_eq!(env.get_str("B"), Some("b"));
        assert_eq!(env.get("C"), None);
    }

    /// F70: only an absolute entry of PATH that holds an executable file counts.
    #[test]
    fn find_ignores_what_is_not_an_executable_file_in_an_absolute_folder() {
        let dir = tempfile::tempdir().unwrap();
        let tool = |place: &str, mode: u32| {
            let path = dir.path().join(place);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::File::create(&path).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            path
        };
        tool("plain/tool", 0o644);
        fs::create_dir_all(dir.path().join("folder/tool")).unwrap();
        let good = tool("good/tool", 0o755);
        let path = |entries: &[&str]| {
            let entries =
                entries.iter().map(|e| if e.starts_with('.') { PathBuf::from(e) } else { dir.path().join(e) });
            Env::from_pairs([("PATH", std::env::join_paths(entries).unwrap())])
        };
        assert_eq!(path(&["plain", "folder", "good"]).find("tool"), Some(good));
        assert_eq!(path(&["plain", "folder"]).find("tool"), None);
        assert_eq!(path(&[".", "./good"]).find("tool"), None);
        assert_eq!(path(&["good"]).find("../good/tool"), None);
        assert_eq!(Env::default().find("tool"), None);
    }
}
