//! The manifests through which Vulkan's loader finds drivers
//! (<https://github.com/KhronosGroup/Vulkan-Loader/blob/main/docs/LoaderDriverInterface.md>).

use std::ffi::OsStr;
use std::path::PathBuf;

use crate::fs::entries;
use crate::host::Host;

/// The folders of manifests that a distribution or an administrator fills.
const FOLDERS: [&str; 4] = [
    "/etc/vulkan/icd.d",
    "/usr/local/share/vulkan/icd.d",
    "/usr/share/vulkan/icd.d",
    "/run/opengl-driver/share/vulkan/icd.d",
];

/// The manifests of installed drivers.
pub(crate) fn drivers(host: &Host) -> Vec<PathBuf> {
    let files = FOLDERS.iter().flat_map(|folder| entries(&host.at(folder)));
    files.filter(|path| path.extension() == Some(OsStr::new("json")) && path.to_str().is_some()).collect()
}
