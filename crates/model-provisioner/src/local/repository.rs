//! A model repository on this host: the files that were asked for, all that an index of weights names, no empty weights.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use super::plain;
use super::walk::{self, Entry};
use crate::error::FilesError;
use crate::{GlobPattern, ModelError};

/// No index of weights is larger, in bytes.
const LARGEST_INDEX: u64 = 64 << 20;

/// The part of `model.safetensors.index.json` that is read: tensor name to file name.
#[derive(Deserialize)]
struct Index {
    weight_map: std::collections::BTreeMap<String, String>,
}

/// The files of the repository in `root` that a pattern of `include` matches (all where there is none).
pub(crate) fn look(root: &Path, include: &[GlobPattern], required: &[GlobPattern]) -> Result<Vec<Entry>, ModelError> {
    let wanted = |name: &str| include.is_empty() || include.iter().any(|pattern| pattern.matches(name));
    let entries = walk::files(root, &wanted)?;
    let mut what: Vec<String> = required
        .iter()
        .filter(|pattern| !entries.iter().any(|entry| pattern.matches(&entry.name)))
        .map(|pattern| format!("no file matches `{pattern}`"))
        .collect();
    if entries.is_empty() && what.is_empty() {
        what.push("it has no files".into());
    }
    let empty = |name: &str| matches!(name.rsplit('.').next(), Some("safetensors" | "bin" | "gguf" | "pt"));
    what.extend(
        entries
            .iter()
            .filter(|entry| entry.found.size == 0 && empty(&entry.name))
            .map(|entry| format!("`{}` is empty", entry.name)),
    );
    for index in entries.iter().filter(|entry| entry.name.ends_with(".index.json")) {
        what.extend(missing_weights(index, &entries)?);
    }
    if what.is_empty() { Ok(entries) } else { Err(FilesError::Incomplete { folder: root.into(), what }.into()) }
}

/// The files that an index names and that are not there.
fn missing_weights(index: &Entry, entries: &[Entry]) -> Result<Vec<String>, ModelError> {
    let bytes = plain::read(&index.found.path, LARGEST_INDEX)?;
    let Ok(parsed) = serde_json::from_slice::<Index>(&bytes) else {
        return Ok(vec![format!("`{}` is not an index of weights", index.name)]);
    };
    let have: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let folder = index.name.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let named: BTreeSet<String> = parsed.weight_map.into_values().collect();
    let missing = named.into_iter().filter(|name| !have.contains(format!("{folder}{name}").as_str()));
    Ok(missing.map(|name| format!("`{folder}{name}` is missing, which `{}` names", index.name)).collect())
}
