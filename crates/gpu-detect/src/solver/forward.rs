//! Whether a toolkit of a newer major release than the driver's can be used by CUDA's forward compatibility: a newer
//! `libcuda.so.1` on top of an older kernel module. Pure.
//!
//! <https://docs.nvidia.com/deploy/cuda-compatibility/forward-compatibility.html>: for data-centre GPUs. The same holds for
//! some servers with RTX GPUs, which cannot be told from others, and for Jetsons, whose packages are others.

use std::path::PathBuf;

use crate::report::GpuReport;
use crate::solver::Target;
use crate::toolkit::{Toolkit, releases};

/// The oldest branch of drivers on which newer packages are known to work.
const OLDEST_BRANCH: u32 = 525;

/// Data-centre GPUs by the first word of their product name after `NVIDIA`, up to a hyphen. All that NVIDIA called Tesla are
/// of that kind, too.
const DATA_CENTRE: [&str; 30] = [
    "A2", "A10", "A10G", "A10M", "A16", "A30", "A30X", "A40", "A100", "A100X", "A800", "L2", "L4", "L20", "L40",
    "L40G", "L40S", "H20", "H100", "H200", "H800", "GH200", "B100", "B200", "B300", "GB200", "GB300", "PG506", "PG509",
    "T4G",
];

/// What forward compatibility is to a toolkit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forward {
    /// Its library is installed, in this folder.
    Installed(PathBuf),
    /// It would do, and its library is not installed.
    Missing {
        /// The toolkit's release.
        release: (u32, u32),
        /// Where the library would be.
        folder: PathBuf,
    },
    /// It is not for this GPU.
    NotFor(String),
    /// The driver is too old for it, or nothing is known of it.
    Unknown,
}

/// Decides for a toolkit that is newer than the driver.
pub(super) fn forward(facts: &GpuReport, toolkit: &Toolkit, targets: &[Target]) -> Forward {
    if let Some(other) = targets.iter().find(|target| !is_data_centre(&target.name)) {
        return Forward::NotFor(other.name.clone());
    }
    let branch = facts.driver.as_ref().and_then(|driver| releases::numbers(&driver.version).first().copied());
    let (Some(release), Some(OLDEST_BRANCH..), false) = (toolkit.version, branch, targets.is_empty()) else {
        return Forward::Unknown;
    };
    match &toolkit.compat {
        Some(folder) => Forward::Installed(folder.clone()),
        None => Forward::Missing { release, folder: toolkit.root.join("compat") },
    }
}

fn is_data_centre(name: &str) -> bool {
    let name = name.trim();
    if name.starts_with("Tesla ") {
        return true;
    }
    let product = name.strip_prefix("NVIDIA ").unwrap_or(name);
    let word = product.split([' ', '-']).next().unwrap_or_default();
    DATA_CENTRE.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gpus_of_data_centres() {
        for name in [
            "NVIDIA H100 80GB HBM3",
            "NVIDIA A100-SXM4-40GB",
            "A100-PCIE-40GB",
            "Tesla T4",
            "Tesla V100-SXM2-16GB",
            "NVIDIA L40S",
            "NVIDIA GH200 480GB",
            "NVIDIA B200",
        ] {
            assert!(is_data_centre(name), "{name}");
        }
        for name in [
            "NVIDIA GeForce RTX 4090",
            "NVIDIA RTX A6000",
            "NVIDIA RTX 6000 Ada Generation",
            "NVIDIA TITAN V",
            "Quadro RTX 8000",
            "NVIDIA GB10",
            "Orin",
            "",
        ] {
            assert!(!is_data_centre(name), "{name}");
        }
    }
}
