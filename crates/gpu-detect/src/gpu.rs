//! One NVIDIA GPU as a driver describes it; what the driver does not tell is absent, never guessed.

use serde::{Deserialize, Serialize};

use crate::source::Source;

/// One GPU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gpu {
    /// The driver's number for it, which is the one that `nvidia-smi` prints.
    pub index: u32,
    /// Its UUID, such as `GPU-1a2b3c4d-…`.
    pub uuid: String,
    /// Its PCI address, such as `00000000:65:00.0`.
    pub pci_bus_id: String,
    /// Its product name.
    pub name: String,
    /// Its memory in bytes, where it has memory of its own: NVML tells none for GPUs that share the host's.
    pub memory_total_bytes: Option<u64>,
    /// How much of it nobody uses at this moment, in bytes.
    pub memory_free_bytes: Option<u64>,
    /// Its compute capability as (major, minor), such as (9, 0) for an H100. A kernel module alone does not tell it.
    pub compute_capability: Option<(u32, u32)>,
    /// How it is partitioned; `None` for a GPU that cannot be.
    pub mig: Option<Mig>,
    /// The processes on it, by process id; `None` where the driver does not tell.
    pub processes: Option<Vec<GpuProcess>>,
    /// Who said so.
    pub source: Source,
}

/// A GPU's partitions (<https://docs.nvidia.com/datacenter/tesla/mig-user-guide/>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mig {
    /// Whether it is in the partitioned mode now. Programs then see its instances and not the GPU itself.
    pub enabled: bool,
    /// Its instances in the driver's order.
    pub instances: Vec<MigInstance>,
}

/// One partition that a program can use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MigInstance {
    /// Its UUID, such as `MIG-1a2b3c4d-…`.
    pub uuid: String,
    /// Its memory in bytes, where the driver tells.
    pub memory_total_bytes: Option<u64>,
}

/// A process on a GPU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GpuProcess {
    /// Its id, in the process namespace that the driver reports in.
    pub pid: u32,
    /// The GPU memory that it uses, in bytes, where the driver tells.
    pub memory_bytes: Option<u64>,
}

impl Gpu {
    /// The number CMake and nvcc use for its compute capability: 90 for (9, 0).
    pub fn architecture(&self) -> Option<u32> {
        self.compute_capability.map(|(major, minor)| major * 10 + minor)
    }

    /// Whether programs see its instances instead of itself.
    pub fn is_partitioned(&self) -> bool {
        self.mig.as_ref().is_some_and(|mig| mig.enabled)
    }

    /// Its instances, where it is partitioned.
    pub(crate) fn instances(&self) -> &[MigInstance] {
        self.mig.as_ref().filter(|mig| mig.enabled).map_or(&[], |mig| &mig.instances)
    }
}
