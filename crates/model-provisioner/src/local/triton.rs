//! A Triton model repository: folders of models, each with `config.pbtxt` and numbered versions.
//!
//! The rules are Triton's: `<repository>/<model>/config.pbtxt`, `<repository>/<model>/<version>/…`; versions are numbers
//! that do not begin with 0, other folders are not served; `name` in the file must be the folder's.
//! <https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/model_repository.html>

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::plain;
use super::walk::{self, Entry};
use crate::ModelError;
use crate::error::FilesError;

/// No configuration of a model is larger, in bytes.
const LARGEST_CONFIG: u64 = 4 << 20;
/// The configuration's name.
const CONFIG: &str = "config.pbtxt";

/// The files of the model repository in `root`.
pub(crate) fn look(root: &Path) -> Result<Vec<Entry>, ModelError> {
    let entries = walk::files(root, &|_| true)?;
    let wrong = |path: PathBuf, why: String| Err(FilesError::Triton { path, why }.into());
    if root.join(CONFIG).is_file() {
        let parent = root.parent().unwrap_or(root).display();
        return wrong(root.into(), format!("it is the folder of one model; name the folder above it, {parent}"));
    }
    let models = folders(root)?;
    if models.is_empty() {
        return wrong(root.into(), "it has no folder of a model".into());
    }
    for (name, path) in models {
        if let Err(why) = model(&name, &path)? {
            return wrong(path, why);
        }
    }
    Ok(entries)
}

/// What is wrong with one model.
fn model(name: &str, path: &Path) -> Result<Result<(), String>, ModelError> {
    let bytes = match plain::read(&path.join(CONFIG), LARGEST_CONFIG) {
        Err(ModelError::Missing { .. }) => return Ok(Err(format!("it has no {CONFIG}"))),
        read => read?,
    };
    let Ok(text) = String::from_utf8(bytes) else { return Ok(Err(format!("its {CONFIG} is not text"))) };
    if let Some(other) = named(&text).filter(|other| other != name) {
        return Ok(Err(format!("its {CONFIG} names the model `{other}`, and the folder is `{name}`")));
    }
    let folders = folders(path)?;
    if folders.keys().any(|name| is_version(name)) {
        return Ok(Ok(()));
    }
    let others = folders.keys().map(String::as_str).take(5).collect::<Vec<_>>().join(", ");
    let others = if others.is_empty() { "no folder".to_owned() } else { others };
    Ok(Err(format!("it has no folder of a version (1, 2, …), but {others}")))
}

/// Triton serves versions that are numbers and do not begin with 0.
fn is_version(name: &str) -> bool {
    !name.starts_with('0') && name.bytes().all(|byte| byte.is_ascii_digit()) && name.parse::<i64>().is_ok()
}

/// The value of the first `name: "…"` outside of any message in a text protobuf.
fn named(text: &str) -> Option<String> {
    let mut depth = 0_i32;
    for line in text.lines() {
        let line = line.trim();
        let line = if line.starts_with('#') { "" } else { line };
        if depth == 0
            && let Some(rest) = line.strip_prefix("name").map(str::trim_start).and_then(|rest| rest.strip_prefix(':'))
        {
            let rest = rest.trim_start();
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            return rest.get(1..)?.split_once(quote).map(|(name, _)| name.to_owned());
        }
        let count = |wanted: &[char]| i32::try_from(line.matches(wanted).count()).unwrap_or(0);
        depth += count(&['{', '[']) - count(&['}', ']']);
    }
    None
}

/// The folders in a folder, by name, without hidden ones.
fn folders(path: &Path) -> Result<BTreeMap<String, PathBuf>, ModelError> {
    let unreadable = |source| ModelError::Unreadable { path: path.into(), source };
    let mut folders = BTreeMap::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && entry.path().is_dir() {
            folders.insert(name, entry.path());
        }
    }
    Ok(folders)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_numbers() {
        for (name, is) in [
            ("1", true),
            ("42", true),
            ("0", false),
            ("01", false),
            ("v1", false),
            ("1.0", false),
            ("", false),
            ("99999999999999999999", false),
        ] {
            assert_eq!(is_version(name), is, "{name}");
        }
    }

    #[test]
    fn the_name_is_found_outside_of_messages() {
        assert_eq!(named("# name: \"x\"\ninput [ { name: \"in\" } ]\nname: \"m\"\n").as_deref(), Some("m"));
        assert_eq!(named("name : 'm'").as_deref(), Some("m"));
        assert_eq!(named("input [\n {\n name: \"in\"\n }\n]\n"), None);
        assert_eq!(named(""), None);
    }
}
