//! What detection found, as plain data: absence is an empty list or `None`, never an error.

use std::path::PathBuf;

use distro::Distribution;
use serde::{Deserialize, Serialize};

use crate::cards::Card;
use crate::driver::Problem;
use crate::family::Family;
use crate::gpu::Gpu;
use crate::source::{Looked, Source, Subject};
use crate::toolkit::{Glibc, HostCompiler, Toolkit};

/// Everything that a decision about a CUDA build needs to know of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GpuReport {
    /// The NVIDIA driver, where one says its version.
    pub driver: Option<Driver>,
    /// NVIDIA GPUs in the order of their PCI bus ids, whatever `CUDA_VISIBLE_DEVICES` says.
    pub devices: Vec<Gpu>,
    /// The driver's own reason, where the driver or one of its GPUs did not answer as it should.
    pub problem: Option<Problem>,
    /// Every graphics card that the kernel knows, of any maker, with or without a driver.
    pub cards: Vec<Card>,
    /// What Vulkan's loader would find: the manifests of installed drivers.
    pub vulkan_drivers: Vec<PathBuf>,
    /// The driver's own `libcuda.so.1`, through which programs compute.
    pub libcuda: Option<Libcuda>,
    /// CUDA toolkits in order of preference, incomplete ones included.
    pub toolkits: Vec<Toolkit>,
    /// C++ compilers that nvcc could use. Looked for where there is a toolkit.
    pub host_compilers: Vec<HostCompiler>,
    /// The C library that programs are compiled against.
    pub glibc: Option<Glibc>,
    /// Whose packages this host takes.
    pub family: Option<Family>,
    /// The distribution: what installs packages here.
    #[serde(default)]
    pub distribution: Distribution,
    /// What was looked at, in order, and what was found there.
    pub looked: Vec<Looked>,
}

/// The NVIDIA driver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Driver {
    /// Its version, such as `550.54.14`.
    pub version: String,
    /// The newest CUDA version it can run, as (major, minor). A kernel module alone does not tell it.
    pub cuda: Option<(u32, u32)>,
    /// Who said so.
    pub source: Source,
}

/// Where the driver's `libcuda.so.1` lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Libcuda {
    /// The folder.
    pub folder: PathBuf,
    /// Whether the linker looks there by itself.
    pub system: bool,
    /// Whether it also lies there under the name to link with, `libcuda.so`.
    pub linkable: bool,
    /// Whether programs find it there by themselves. Where not, `LD_LIBRARY_PATH` has to name the folder.
    #[serde(default = "found_by_programs")]
    pub loadable: bool,
}

/// A report of a version that did not look.
fn found_by_programs() -> bool {
    true
}

impl GpuReport {
    /// The places that were looked at for one subject.
    pub(crate) fn looked_for(&self, subject: Subject) -> Vec<Looked> {
        self.looked.iter().filter(|looked| looked.subject == subject).cloned().collect()
    }

    pub(crate) fn look(&mut self, subject: Subject, place: impl Into<String>, found: impl Into<String>) {
        self.looked.push(Looked { subject, place: place.into(), found: found.into() });
    }
}
