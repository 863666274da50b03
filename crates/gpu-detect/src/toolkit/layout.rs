//! Where the parts of a CUDA toolkit lie under its root.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::fs::{entries, multiarch};

/// The folders of headers: the classic one, then the one per target that NVIDIA's and conda's packages fill.
pub(crate) fn include_folders(root: &Path) -> Vec<PathBuf> {
    let mut folders = vec![root.join("include")];
    folders.extend(targets().iter().map(|target| root.join("targets").join(target).join("include")));
    folders
}

/// The folders of libraries; the last but one is Debian's, the last the HPC SDK's, which keeps cuBLAS apart.
pub(crate) fn library_folders(root: &Path) -> Vec<PathBuf> {
    let mut folders = vec![root.join("lib64"), root.join("lib")];
    folders.extend(targets().iter().map(|target| root.join("targets").join(target).join("lib")));
    folders.push(root.join("lib").join(multiarch()));
    if let (Some(version), Some(cuda)) = (root.file_name(), root.parent())
        && cuda.file_name() == Some(OsStr::new("cuda"))
    {
        folders.extend(cuda.parent().map(|sdk| sdk.join("math_libs").join(version).join("lib64")));
    }
    folders
}

/// The folder that holds the toolkit's stand-in for `libcuda.so`, to link with where the driver has none.
pub(crate) fn stub_folder(root: &Path) -> Option<PathBuf> {
    library_folders(root).into_iter().map(|folder| folder.join("stubs")).find(|stubs| stubs.join("libcuda.so").exists())
}

/// The folder of the library for forward compatibility: NVIDIA's packages fill the first, conda's the second.
pub(crate) fn compat_folder(root: &Path) -> Option<PathBuf> {
    ["compat", "cuda-compat"]
        .map(|name| root.join(name))
        .into_iter()
        .find(|folder| folder.join("libcuda.so.1").exists())
}

/// The first of `folders` that has `file`.
pub(crate) fn first_with(folders: &[PathBuf], file: &str) -> Option<PathBuf> {
    folders.iter().map(|folder| folder.join(file)).find(|path| path.exists())
}

/// A file in one of `folders` whose name is `library` and a version: `libcublas.so.13`.
pub(crate) fn versioned(folders: &[PathBuf], library: &str) -> Option<PathBuf> {
    let named = |path: &PathBuf| {
        let rest = path.file_name()?.to_str()?.strip_prefix(library)?.strip_prefix('.')?;
        Some(rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    folders.iter().flat_map(|folder| entries(folder)).find(|path| named(path) == Some(true))
}

/// CUDA's names for this machine's architecture. Arm servers and Arm boards have different ones.
fn targets() -> &'static [&'static str] {
    match std::env::consts::ARCH {
        "x86_64" => &["x86_64-linux"],
        "aarch64" => &["sbsa-linux", "aarch64-linux"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_for_forward_compatibility() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(compat_folder(dir.path()), None);
        std::fs::create_dir_all(dir.path().join("compat")).unwrap();
        assert_eq!(compat_folder(dir.path()), None, "an empty folder is left when the package is removed");
        for name in ["cuda-compat", "compat"] {
            std::fs::create_dir_all(dir.path().join(name)).unwrap();
            std::os::unix::fs::symlink("libcuda.so.580.1", dir.path().join(name).join("libcuda.so.1")).unwrap();
            assert_eq!(compat_folder(dir.path()), None, "a link to nothing");
            std::os::unix::fs::symlink("/etc/passwd", dir.path().join(name).join("libcuda.so.580.1")).unwrap();
            assert_eq!(compat_folder(dir.path()), Some(dir.path().join(name)));
            std::fs::remove_file(dir.path().join(name).join("libcuda.so.1")).unwrap();
        }
    }
}
