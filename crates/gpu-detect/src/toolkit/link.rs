//! What the linker must be told so that it finds `libcuda.so.1`, which the CUDA backend's library needs.
//!
//! An executable that links with that library makes the linker look for everything the library needs in turn. A
//! driver in the system's folders is found without help. One in a folder of its own is named by `-rpath-link`. A
//! toolkit's stub is called `libcuda.so`, which `-rpath-link` never finds, so that it must be linked by name. None
//! of these leaves a trace of the stub in the path that the finished program searches.

use std::path::{Path, PathBuf};

use crate::report::Libcuda;

/// Flags for linking executables, where any are needed.
pub(crate) fn flags(driver: Option<&Libcuda>, stubs: Option<&Path>) -> Option<String> {
    match driver {
        Some(driver) if driver.system => None,
        Some(driver) => Some(format!("-Wl,-rpath-link,{}", driver.folder.display())),
        None => stubs.map(|stubs| format!("-L{} -lcuda", stubs.display())),
    }
}

/// The library that CMake must be handed, because the toolkit has no stub and CMake does not look where the driver is.
pub(crate) fn driver_library(driver: Option<&Libcuda>, stubs: Option<&Path>) -> Option<PathBuf> {
    let driver = driver.filter(|driver| stubs.is_none() && driver.linkable && !driver.system)?;
    Some(driver.folder.join("libcuda.so"))
}
