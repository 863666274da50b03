//! Folders that stand for `/`: a recorded os-release file, and other files.

use std::fs;
use std::path::{Path, PathBuf};

use distro::{Distribution, distribution};
use tempfile::TempDir;

/// Where the recorded files are.
pub(crate) fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/os-release")
}

/// A root with one of the recorded files, and with other files in it.
#[expect(clippy::disallowed_methods, reason = "the test is the only reader of the files")]
pub(crate) fn root(name: &str, files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let os_release = fs::read_to_string(recordings().join(name)).unwrap();
    for (path, text) in files.iter().copied().chain([("etc/os-release", os_release.as_str())]) {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

/// The distribution of such a root.
pub(crate) fn with(name: &str, files: &[(&str, &str)]) -> Distribution {
    distribution(root(name, files).path())
}

/// The distribution of a recorded file alone.
pub(crate) fn recorded(name: &str) -> Distribution {
    with(name, &[])
}
