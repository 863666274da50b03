//! Single files that tests need: a model nobody can run, and programs that do what a test says.

use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A file of 64 bytes in `dir` that starts as a GGUF model (version 3, no tensors, no metadata) does.
pub fn tiny_model(dir: &Path) -> PathBuf {
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    bytes.resize(64, 0);
    write(dir.join("tiny.gguf"), &bytes)
}

/// An executable `name` in `dir` that runs `script` with `/bin/sh`.
pub fn fake_tool(dir: &Path, name: &str, script: &str) -> PathBuf {
    let path = write(dir.join(name), format!("#!/bin/sh\n{script}\n").as_bytes());
    std::fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("our own file's mode can be set");
    path
}

pub(crate) fn write(path: PathBuf, bytes: &[u8]) -> PathBuf {
    let mut file = File::create(&path).expect("a file can be made in the test's folder");
    file.write_all(bytes).expect("a small file can be written");
    path
}
