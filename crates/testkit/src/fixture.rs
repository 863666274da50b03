//! Where the project in llama.cpp's shape is, and how a test gets its own copy.

use std::fs;
use std::path::{Path, PathBuf};

/// `fixtures/tiny-llama` of this repository. Its README says what the server in it can do.
pub fn fixture() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/tiny-llama");
    path.canonicalize().expect("the repository has fixtures/tiny-llama")
}

/// Copies files and folders of `from` into `to`, which is made.
pub fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("the file type is known").is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("the file can be copied");
        }
    }
}
