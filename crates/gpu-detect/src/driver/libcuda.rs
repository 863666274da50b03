//! Finds the driver's `libcuda.so.1`; one in a system folder is preferred, because linker and loader find it unaided.
//!
//! The rule: a library for forward compatibility (a folder `compat` of a toolkit) is none of the driver's. It works with
//! datacenter GPUs alone (<https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html>), and the driver's
//! own works with all.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use crate::host::Host;
use crate::report::Libcuda;

const NAME: &str = "libcuda.so.1";

/// The driver's library, if it is installed: in a folder that drivers use, or in one that `LD_LIBRARY_PATH` names.
pub(crate) fn detect(host: &Host) -> Option<Libcuda> {
    let named = std::env::split_paths(host.env.get("LD_LIBRARY_PATH").unwrap_or_default())
        .filter(|folder| folder.is_absolute() && !is_compat(folder))
        .map(|folder| (folder, false));
    let cache = std::fs::read(host.at("/etc/ld.so.cache")).unwrap_or_default();
    let folders = host.driver_folders().into_iter().chain(named).filter_map(|(folder, system)| {
        let linkable = folder.join("libcuda.so").exists();
        let there = linkable || folder.join(NAME).exists();
        let loadable = system || is_cached(&cache, &host.root, &folder);
        there.then_some(Libcuda { folder, system, linkable, loadable })
    });
    let mut found: Vec<Libcuda> = folders.collect();
    found.sort_by_key(|place| Reverse((place.system, place.linkable)));
    found.into_iter().next()
}

/// Whether the loader's cache names the library in this folder. Paths in it are those of the host itself.
fn is_cached(cache: &[u8], root: &Path, folder: &Path) -> bool {
    let inside = Path::new("/").join(folder.strip_prefix(root).unwrap_or(folder));
    let path: PathBuf = inside.join(NAME);
    let mut path = path.into_os_string().into_encoded_bytes();
    path.push(0);
    cache.windows(path.len()).any(|window| window == path)
}

fn is_compat(folder: &Path) -> bool {
    let real = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    [folder, real.as_path()].iter().any(|folder| folder.components().any(|part| part.as_os_str() == "compat"))
}
