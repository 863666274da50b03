//! Which CUDA runtime an archive is made for, and the oldest driver that runs it.
//!
//! The floors are NVIDIA's: <https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html>. Code that is
//! compressed with zstd is read by the drivers of CUDA 12.4 and newer
//! (<https://docs.nvidia.com/cuda/archive/12.4.0/cuda-toolkit-release-notes/>).

use crate::Version;

/// The oldest driver for each major release of the runtime.
const DRIVERS: [(u32, &str); 3] = [(11, "450.80.02"), (12, "525.60.13"), (13, "580.65.06")];

/// The oldest driver that reads code compressed with zstd.
const ZSTD: &str = "550.54.14";

/// The major release in the name of a library of the CUDA runtime, such as `libcudart.so.12` or `libcublas.so.12.4.5.8`.
pub(crate) fn runtime_of(library: &str) -> Option<u32> {
    let (name, version) = library.rsplit('/').next()?.split_once(".so.")?;
    if !matches!(name, "libcudart" | "libcublas" | "libcublasLt") {
        return None;
    }
    version.split('.').next()?.parse().ok().filter(|major| (8..100).contains(major))
}

/// The oldest driver for a runtime and for the compression of the code; `None` where nothing is known of either.
pub(crate) fn oldest_driver(runtime: Option<u32>, is_zstd: bool) -> Option<String> {
    let of_runtime = DRIVERS.iter().find(|(major, _)| Some(*major) == runtime).map(|(_, driver)| *driver);
    let of_code = is_zstd.then_some(ZSTD);
    of_runtime.into_iter().chain(of_code).max_by_key(|driver| number(driver)).map(str::to_owned)
}

/// Whether a driver is older than a floor; no where either cannot be read.
pub(crate) fn is_older(driver: &str, floor: &str) -> bool {
    number(driver).zip(number(floor)).is_some_and(|(driver, floor)| driver < floor)
}

fn number(driver: &str) -> Option<Version> {
    driver.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_is_read_from_the_names_of_its_libraries() {
        for (library, expected) in [
            ("libcudart.so.12", Some(12)),
            ("lib/libcudart.so.12.4.127", Some(12)),
            ("libcudart.so.11.0", Some(11)),
            ("libcublasLt.so.13", Some(13)),
            ("libcudart.so", None),
            ("libcuda.so.1", None),
            ("libcudart.so.x", None),
            ("libcufft.so.12", None),
        ] {
            assert_eq!(runtime_of(library), expected, "{library}");
        }
    }

    #[test]
    fn the_floor_is_the_higher_one() {
        assert_eq!(oldest_driver(Some(12), false).as_deref(), Some("525.60.13"));
        assert_eq!(oldest_driver(Some(12), true).as_deref(), Some("550.54.14"));
        assert_eq!(oldest_driver(Some(13), true).as_deref(), Some("580.65.06"));
        assert_eq!((oldest_driver(None, false), oldest_driver(Some(99), false)), (None, None));
        assert!(is_older("535.104.05", "550.54.14") && !is_older("550.54.14", "550.54.14"));
        assert!(!is_older("", "550.54.14") && !is_older("580.65.06", "x"), "what cannot be read is no floor");
    }
}
