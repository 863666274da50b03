//! A real CUDA toolkit without an installer: NVIDIA's wheels, shaped like the folder that its installer makes.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use exec::Env;

use crate::demo::fetch;
use crate::failure::Result;
use crate::{packages, proc};

/// The root of the toolkit below `home`. It appears there in one step, whole, under the digest of the list of wheels.
pub(super) fn ensure(env: &Env, home: &Path) -> Result<PathBuf> {
    let wheels = proc::root().join("xtask/cuda-wheels.txt");
    let digest = fetch::digest(&wheels)?;
    let kept = home.join(format!("cuda-{}", digest.get(..16).unwrap_or(&digest)));
    if kept.is_dir() {
        println!("{} is here already", kept.display());
        return Ok(kept);
    }
    packages::ensure(env, &[("python3", "python3"), ("pip3", "python3-pip")])?;
    println!("downloading a CUDA toolkit (573 MB)");
    let scratch = tempfile::Builder::new().prefix("cuda.").tempdir_in(home)?;
    let wheels = wheels.display().to_string();
    let pip = ["python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir"];
    let what = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--target=site", "--requirement", &wheels];
    proc::capture(&proc::tool(env, &[&pip[..], &what].concat(), scratch.path())?)?;
    let root = scratch.path().join("site/nvidia/cu13");
    shape(&root)?;
    stub(env, &root)?;
    fs::rename(&root, &kept)?;
    println!("{} is ready", kept.display());
    Ok(kept)
}

/// Gives the libraries the places and the names by which CMake and linkers look for them.
fn shape(root: &Path) -> Result<()> {
    fs::rename(root.join("lib"), root.join("lib64"))?;
    symlink("lib64", root.join("lib"))?;
    for entry in fs::read_dir(root.join("lib64"))? {
        let name = entry?.file_name();
        if let Some((stem, _version)) = name.to_string_lossy().split_once(".so.") {
            symlink(&name, root.join("lib64").join(format!("{stem}.so")))?;
        }
    }
    Ok(())
}

/// Makes what the wheels lack: the driver's library for linkers, in which each entry point of `cuda.h` says
/// `CUDA_ERROR_STUB_LIBRARY` (34).
fn stub(env: &Env, root: &Path) -> Result<()> {
    let stubs = root.join("lib64/stubs");
    fs::create_dir(&stubs)?;
    File::create(stubs.join("header.c"))?.write_all(b"#include <cuda.h>\n")?;
    let header = proc::tool(env, &["cc", "-E", "-P", "-I../../include", "header.c"], &stubs)?;
    let header = proc::capture(&header)?;
    let mut code = File::create(stubs.join("libcuda.c"))?;
    for name in entry_points(&header.stdout_text()) {
        writeln!(code, "int {name}(void) {{ return 34; }}")?;
    }
    let words = ["cc", "-shared", "-fPIC", "-w", "-Wl,-soname,libcuda.so.1", "-o", "libcuda.so", "libcuda.c"];
    proc::capture(&proc::tool(env, &words, &stubs)?)?;
    Ok(())
}

/// The names that stand before a parenthesis and look like `cuInit`.
fn entry_points(header: &str) -> BTreeSet<&str> {
    let (declared, _) = header.rsplit_once('(').unwrap_or_default();
    let before = declared.split('(').map(str::trim_end);
    let names = before.filter_map(|text| text.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next());
    let is_ours =
        |name: &&str| name.strip_prefix("cu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
    names.filter(is_ours).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_points_are_found_in_declarations() {
        let header = "typedef enum cudaError_enum CUresult;\nCUresult cuInit(unsigned int Flags);\nCUresult cuMemAlloc_v2 (void);\n\
                      typedef void (*CUhostFn)(void *userData); int cumulate(int); int recuInit2(int); cuLast";
        assert_eq!(entry_points(header).into_iter().collect::<Vec<_>>(), ["cuInit", "cuMemAlloc_v2"]);
    }

    #[test]
    fn wheels_get_the_shape_of_an_installation() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        for folder in ["lib", "include"] {
            fs::create_dir(root.join(folder)).unwrap();
        }
        for file in ["lib/libcudart.so.13", "lib/libcudart_static.a"] {
            File::create(root.join(file)).unwrap();
        }
        File::create(root.join("include/cuda.h")).unwrap().write_all(b"int cuInit(unsigned flags);\n").unwrap();
        shape(root).unwrap();
        stub(&Env::current(), root).unwrap();
        assert_eq!(fs::read_link(root.join("lib64/libcudart.so")).unwrap(), Path::new("libcudart.so.13"));
        assert!(root.join("lib/libcudart_static.a").is_file());
        let library = fs::read(root.join("lib64/stubs/libcuda.so")).unwrap();
        let holds = |name: &[u8]| library.windows(name.len()).any(|bytes| bytes == name);
        assert!(holds(b"cuInit\0") && holds(b"libcuda.so.1\0"));
    }
}
