//! Finds the driver's `libcuda.so.1`; one in a system folder is preferred, because the linker finds it unaided.

use std::cmp::Reverse;

use crate::host::Host;
use crate::report::Libcuda;

/// The driver's library, if it is installed.
pub(crate) fn detect(host: &Host) -> Option<Libcuda> {
    let folders = host.driver_folders().into_iter().filter_map(|(folder, system)| {
        let linkable = folder.join("libcuda.so").exists();
        (linkable || folder.join("libcuda.so.1").exists()).then_some(Libcuda { folder, system, linkable })
    });
    let mut found: Vec<Libcuda> = folders.collect();
    found.sort_by_key(|place| Reverse((place.system, place.linkable)));
    found.into_iter().next()
}
