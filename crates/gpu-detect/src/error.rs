//! What stands in the way of a CUDA build, one variant for each thing an operator would do about it.

use std::fmt;

use miette::Diagnostic;
use thiserror::Error;

use crate::solver::{CPU, Conflict};
use crate::source::{Looked, lines};

/// A GPU or CUDA toolkit that was asked for and could not be proven usable.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum GpuError {
    /// Neither a library nor a kernel module of the driver was found.
    #[error("this host has no NVIDIA driver; looked at:{}", lines(looked))]
    #[diagnostic(
        code(gpu::no_driver),
        help(
            "install the NVIDIA driver (then `nvidia-smi` lists the GPUs), or move the pool to a host with a GPU; in a container, pass the GPUs in (`--device nvidia.com/gpu=all`); {CPU}"
        )
    )]
    NoDriver {
        /// What was looked at.
        looked: Vec<Looked>,
    },
    /// There are GPUs, of other makers.
    #[error("this host has no NVIDIA GPU and the pool asks for CUDA; it has:{}", list(cards))]
    #[diagnostic(code(gpu::other_vendor), help("move the pool to a host with an NVIDIA GPU; {CPU}"))]
    OtherVendor {
        /// The cards, in words.
        cards: Vec<String>,
    },
    /// The driver's library is missing beside a loaded kernel module, or cannot be used.
    #[error(
        "the NVIDIA driver's library `libnvidia-ml.so.1` is missing or cannot be used; looked at:{}",
        lines(looked)
    )]
    #[diagnostic(
        code(gpu::library_unusable),
        help(
            "install the driver's user-space package in the same version as the kernel module (`cat /proc/driver/nvidia/version`); in a container, the runtime must pass the driver's libraries in (`NVIDIA_DRIVER_CAPABILITIES=compute,utility`); {CPU}"
        )
    )]
    LibraryUnusable {
        /// What was looked at.
        looked: Vec<Looked>,
    },
    /// The kernel module is not loaded.
    #[error("the NVIDIA driver is installed but its kernel module is not loaded; looked at:{}", lines(looked))]
    #[diagnostic(
        code(gpu::driver_not_loaded),
        help(
            "load it: `modprobe nvidia`; if that fails, `dmesg | grep -iE 'nvidia|nouveau'` says why (a kernel update without the matching module, secure boot, or nouveau holding the GPU); {CPU}"
        )
    )]
    DriverNotLoaded {
        /// What was looked at.
        looked: Vec<Looked>,
    },
    /// The kernel module and the libraries have different versions.
    #[error(
        "the NVIDIA kernel module and the driver's libraries are of different versions; looked at:{}",
        lines(looked)
    )]
    #[diagnostic(
        code(gpu::driver_mismatch),
        help(
            "the driver was updated while the old module stayed loaded: reboot, or stop all users of the GPU and reload it with `rmmod nvidia_uvm nvidia_drm nvidia_modeset nvidia && modprobe nvidia`; {CPU}"
        )
    )]
    DriverMismatch {
        /// What was looked at.
        looked: Vec<Looked>,
    },
    /// This user or container may not use the GPU.
    #[error("this user may not use the NVIDIA driver ({reason}); looked at:{}", lines(looked))]
    #[diagnostic(
        code(gpu::no_permission),
        help(
            "`ls -l /dev/nvidia*` shows who may: add this user to that group and log in again; in a container or service, allow the devices (`--device nvidia.com/gpu=all`, `DeviceAllow=`); {CPU}"
        )
    )]
    NoPermission {
        /// The driver's words.
        reason: String,
        /// What was looked at.
        looked: Vec<Looked>,
    },
    /// The driver can be asked about its GPUs but not used to compute.
    #[error(
        "the NVIDIA driver answers but its `libcuda.so.1`, through which programs compute, is missing; looked at:{}",
        lines(looked)
    )]
    #[diagnostic(
        code(gpu::no_libcuda),
        help(
            "install the driver's compute package in the same version (Debian: `libcuda1`, Ubuntu: `libnvidia-compute-…`); in a container, set `NVIDIA_DRIVER_CAPABILITIES=compute,utility`; {CPU}"
        )
    )]
    NoCudaLibrary {
        /// What was looked at.
        looked: Vec<Looked>,
    },
    /// A GPU fell off the bus, and no other is usable.
    #[error("the NVIDIA driver has lost its GPU: {reason}; looked at:{}", lines(looked))]
    #[diagnostic(
        code(gpu::lost),
        help("`dmesg | grep -iE 'nvrm|xid'` says why (power, heat or hardware); it comes back with a reboot; {CPU}")
    )]
    GpuLost {
        /// The driver's words.
        reason: String,
        /// What was looked at.
        looked: Vec<Looked>,
    },
    /// The driver does not answer.
    #[error("the NVIDIA driver does not answer ({reason}); looked at:{}", lines(looked))]
    #[diagnostic(
        code(gpu::driver_hangs),
        help(
            "`timeout 10 nvidia-smi` shows whether it hangs for others too; `dmesg | grep -iE 'nvrm|xid|hung'` says more; only a reboot frees a process that hangs in the driver; {CPU}"
        )
    )]
    DriverHangs {
        /// How long was waited.
        reason: String,
        /// What was looked at.
        looked: Vec<Looked>,
    },
    /// The driver reported a failure of its own or of the hardware.
    #[error("the NVIDIA driver failed: {reason}; looked at:{}", lines(looked))]
    #[diagnostic(code(gpu::driver_failed), help("`dmesg | grep -iE 'nvrm|xid'` says more; {CPU}"))]
    DriverFailed {
        /// The driver's words.
        reason: String,
        /// What was looked at.
        looked: Vec<Looked>,
    },
    /// The driver runs and has no GPU.
    #[error("the NVIDIA driver runs but sees no GPU; looked at:{}", lines(looked))]
    #[diagnostic(
        code(gpu::no_device),
        help(
            "`lspci -d 10de:` lists what is plugged in; a GPU given to a virtual machine (vfio) or to another container is not seen; {CPU}"
        )
    )]
    NoDevice {
        /// What was looked at.
        looked: Vec<Looked>,
    },
    /// The environment hides every GPU.
    #[error("`CUDA_VISIBLE_DEVICES={value}` leaves none of this host's GPUs visible: {present}")]
    #[diagnostic(
        code(gpu::none_visible),
        help("unset the variable, or name GPUs by these numbers or by the UUIDs that `nvidia-smi -L` prints; {CPU}")
    )]
    NoneVisible {
        /// The variable's value.
        value: String,
        /// The GPUs of the host.
        present: String,
    },
    /// The pool names a GPU that cannot be used.
    #[error("the pool asks for GPU {index}, which is not usable; this host has {present}{why}")]
    #[diagnostic(
        code(gpu::no_such_device),
        help("set the pool's `devices` to numbers from this list, as `nvidia-smi -L` prints them")
    )]
    NoSuchDevice {
        /// The number asked for.
        index: u32,
        /// The GPUs of the host.
        present: String,
        /// Why the number is not among them, where that is known.
        why: String,
    },
    /// The GPU's compute capability is not known, so that no code can be made for it.
    #[error("the compute capability of GPU {gpu} is not known: {source_of} does not tell it")]
    #[diagnostic(
        code(gpu::capability_unknown),
        help("update the NVIDIA driver, or install its library `libnvidia-ml.so.1`, which tells it; {CPU}")
    )]
    CapabilityUnknown {
        /// The GPU.
        gpu: String,
        /// Who described it.
        source_of: String,
    },
    /// The GPU is in the partitioned mode and has no partition.
    #[error("GPU {gpu} is in MIG mode and has no instance that a program could use")]
    #[diagnostic(
        code(gpu::mig_no_instance),
        help(
            "make one (`nvidia-smi mig -i {index} -cgi 0 -C`), or leave the mode (`nvidia-smi -i {index} -mig 0`); {CPU}"
        )
    )]
    MigNoInstance {
        /// The GPU.
        gpu: String,
        /// Its number.
        index: u32,
    },
    /// More than one instance could be meant, and CUDA uses one at most.
    #[error("a program uses one MIG instance at most, and here are several to choose from: {instances}")]
    #[diagnostic(code(gpu::mig_several), help("name one: `CUDA_VISIBLE_DEVICES={first}`"))]
    MigSeveral {
        /// The instances and GPUs to choose from.
        instances: String,
        /// The first of the instances.
        first: String,
    },
    /// The architectures that the pool's CMake definitions name hold no code that the GPU can run.
    #[error("{gpu} has architecture {architecture}, and cannot run code for `CMAKE_CUDA_ARCHITECTURES={written}`")]
    #[diagnostic(
        code(cuda::arch_of_another_gpu),
        help(
            "leave the definition out: the architectures of the pool's own GPUs are used; or write `-DCMAKE_CUDA_ARCHITECTURES={architecture}`"
        )
    )]
    ArchOfAnotherGpu {
        /// As it was written.
        written: String,
        /// The GPU's name.
        gpu: String,
        /// Its architecture.
        architecture: u32,
    },
    /// The pool's CMake definitions compress the kernels in a way that the driver cannot read.
    #[error("`GGML_CUDA_COMPRESSION_MODE={mode}` compresses kernels in a way that driver {driver} does not read")]
    #[diagnostic(
        code(cuda::compression_too_new),
        help("leave the definition out: kernels then stay uncompressed; or install driver 550 or newer")
    )]
    CompressedForNewerDriver {
        /// As it was written.
        mode: String,
        /// The driver's version.
        driver: String,
    },
    /// No toolkit fits.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Conflict(#[from] Box<Conflict>),
}

impl GpuError {
    /// The stable code, such as `gpu::no_driver`; there is always one. The same as [`Diagnostic::code`], for callers without
    /// `miette`.
    pub fn code(&self) -> Option<Box<dyn fmt::Display + '_>> {
        Diagnostic::code(self)
    }

    /// What to do about it, where that is known. The same as [`Diagnostic::help`], for callers without `miette`.
    pub fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        Diagnostic::help(self)
    }
}

/// One line for each card.
fn list(cards: &[String]) -> String {
    cards.iter().flat_map(|card| ["\n  ", card]).collect()
}
