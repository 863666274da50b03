//! Writing small trees of files.

use std::fs;
use std::path::Path;

/// Writes files below `root`; names may have folders.
pub(crate) fn write(root: &Path, files: &[(&str, &[u8])]) {
    for (name, bytes) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        put(&path, bytes);
    }
}

/// Writes one file in place.
pub(crate) fn put(path: &Path, bytes: &[u8]) {
    use std::io::Write;

    fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

/// All files below `root`, by name.
pub(crate) fn names(root: &Path) -> Vec<String> {
    let mut names = Vec::new();
    collect(root, root, &mut names);
    names.sort();
    names
}

fn collect(root: &Path, folder: &Path, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            collect(root, &entry.path(), names);
        } else {
            names.push(entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned());
        }
    }
}
