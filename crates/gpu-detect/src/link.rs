//! What the linker must be told so that it finds `libcuda.so.1`, which the CUDA backend's library needs.
//!
//! An executable that links with that library makes the linker look for everything the library needs in turn. A
//! driver in the system's folders is found without help. One in a folder of its own is named by `-rpath-link`. A
//! toolkit's stub is called `libcuda.so`, which `-rpath-link` never finds, so that it must be linked by name. None
//! of these leaves a trace of the stub in the path that the finished program searches.

use std::path::Path;

use crate::host::{Host, multiarch};
use crate::layout::{first_with, stub_folder};

/// Flags for linking executables, where any are needed.
pub(crate) fn flags(host: &Host, toolkit_root: &Path) -> Option<String> {
    let system = [host.at("/usr/lib").join(multiarch()), host.at("/usr/lib64"), host.at("/usr/lib")];
    if first_with(&system, "libcuda.so.1").is_some() {
        return None;
    }
    let driver = host.driver_folders().into_iter().find(|folder| folder.join("libcuda.so.1").exists());
    match driver {
        Some(folder) => Some(format!("-Wl,-rpath-link,{}", folder.display())),
        None => stub_folder(toolkit_root).map(|stubs| format!("-L{} -lcuda", stubs.display())),
    }
}
