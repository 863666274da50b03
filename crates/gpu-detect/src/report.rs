//! What detection found, as plain data: absence is an empty list or `None`, never an error.

use std::path::PathBuf;

use serde::Serialize;

use crate::problem::Problem;
use crate::toolkit::Toolkit;

/// Everything that is known about the NVIDIA side of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GpuReport {
    /// The driver, where one says its version.
    pub driver: Option<Driver>,
    /// The usable GPUs in the order of their PCI bus ids, whatever `CUDA_VISIBLE_DEVICES` says.
    pub devices: Vec<Gpu>,
    /// CUDA toolkits in order of preference, incomplete ones included.
    pub toolkits: Vec<Toolkit>,
    /// What was looked at, in order, and what was found there.
    pub looked: Vec<Looked>,
    /// The driver's own reason, where the driver or one of its GPUs did not answer as it should.
    pub problem: Option<Problem>,
}

/// The NVIDIA driver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Driver {
    /// Its version, such as `550.54.14`.
    pub version: String,
    /// The newest CUDA version it can run, as (major, minor). Only NVML knows it.
    pub cuda: Option<(u32, u32)>,
    /// Who said so.
    pub source: Source,
}

/// One GPU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gpu {
    /// NVML's number for it, which is the one that `nvidia-smi` prints.
    pub index: u32,
    /// Its UUID, such as `GPU-1a2b3c4d-…`: the name to use in `CUDA_VISIBLE_DEVICES`.
    pub uuid: String,
    /// Its PCI address, such as `00000000:65:00.0`.
    pub pci_bus_id: String,
    /// Its product name.
    pub name: String,
    /// Its memory in bytes, where it has memory of its own: NVML tells none for GPUs that share the host's.
    pub memory_total_bytes: Option<u64>,
    /// Its compute capability as (major, minor), such as (9, 0) for an H100.
    pub compute_capability: (u32, u32),
    /// Who said so.
    pub source: Source,
}

impl Gpu {
    /// The number CMake and nvcc use for its compute capability: 90 for (9, 0).
    pub fn architecture(&self) -> u32 {
        let (major, minor) = self.compute_capability;
        major * 10 + minor
    }
}

/// Where a fact came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The management library at this path or under this name.
    Nvml(PathBuf),
    /// This file.
    File(PathBuf),
}

/// One place that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Looked {
    /// What was looked for.
    pub subject: Subject,
    /// The file, library, variable or folder.
    pub place: String,
    /// What was found, in a few words.
    pub found: String,
}

/// What a place was looked at for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The driver and its GPUs.
    Driver,
    /// A CUDA toolkit.
    Toolkit,
}

impl GpuReport {
    /// The places that were looked at for one subject.
    pub(crate) fn looked_for(&self, subject: Subject) -> Vec<Looked> {
        self.looked.iter().filter(|looked| looked.subject == subject).cloned().collect()
    }
}
