//! What stands in the way of a CUDA build, one variant for each thing an operator would do about it.

use std::path::PathBuf;

use exec::ExecError;
use miette::Diagnostic;
use thiserror::Error;

use crate::report::Looked;
use crate::toolkit::Toolkit;

/// The way out that is always open and never taken by itself.
const CPU: &str = "to run without a GPU by your own choice, set `provisioning.accelerator = \"cpu\"` for the pool; \
    it is never chosen for you";

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
    /// The driver reported a failure of its own or of the hardware.
    #[error("the NVIDIA driver failed: {reason}; looked at:{}", lines(looked))]
    #[diagnostic(
        code(gpu::driver_failed),
        help("`dmesg | grep -iE 'nvrm|xid'` says more; a GPU that fell off the bus comes back with a reboot; {CPU}")
    )]
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
    /// There is no toolkit to build with.
    #[error("no CUDA toolkit found; looked at:{}", lines(looked))]
    #[diagnostic(
        code(cuda::toolkit_missing),
        help(
            "install the CUDA toolkit (Arch: `pacman -S --needed cuda`; elsewhere NVIDIA's packages), or set `CUDA_HOME` to the folder that holds `bin/nvcc`; {CPU}"
        )
    )]
    ToolkitMissing {
        /// What was looked at.
        looked: Vec<Looked>,
    },
    /// The toolkit that somebody named, or every one that was found, lacks parts.
    #[error("no complete CUDA toolkit: {toolkits}")]
    #[diagnostic(code(cuda::toolkit_incomplete), help("{}", incomplete_help(*explicit)))]
    ToolkitIncomplete {
        /// The toolkits and what they lack.
        toolkits: String,
        /// Whether somebody named it.
        explicit: bool,
    },
    /// The driver cannot run what the toolkit builds.
    #[error("{toolkit} is newer than the driver: driver {driver} runs CUDA {}.{} at most", cuda.0, cuda.1)]
    #[diagnostic(code(cuda::toolkit_newer_than_driver), help("update the NVIDIA driver, or install a CUDA {} toolkit beside this one and point `CUDA_HOME` at it", cuda.0))]
    ToolkitNewerThanDriver {
        /// The toolkit.
        toolkit: String,
        /// The driver's version.
        driver: String,
        /// The newest CUDA version that the driver runs.
        cuda: (u32, u32),
    },
    /// The toolkit cannot make code for the GPU.
    #[error("{gpu} needs code for architecture {architecture}, and {toolkit} makes it for {known} only")]
    #[diagnostic(
        code(cuda::arch_unsupported),
        help(
            "install a CUDA toolkit whose `nvcc --list-gpu-code` names sm_{architecture} (newer for a new GPU, older for one that was dropped) and point `CUDA_HOME` at it"
        )
    )]
    ArchUnsupported {
        /// The GPU's name.
        gpu: String,
        /// Its architecture.
        architecture: u32,
        /// The toolkit.
        toolkit: String,
        /// The architectures the toolkit knows.
        known: String,
    },
    /// Every installed g++ is too new for nvcc.
    #[error("the CUDA toolkit in `{}` accepts g++ up to version {limit}, and here are only: {installed}", root.display())]
    #[diagnostic(
        code(cuda::host_compiler_too_new),
        help(
            "install g++-{limit} beside the others (Debian, Ubuntu: `apt-get install g++-{limit}`); it is found by that name on `PATH`, nothing else changes"
        )
    )]
    HostCompilerTooNew {
        /// The toolkit's root.
        root: PathBuf,
        /// The newest major version it accepts.
        limit: u32,
        /// The compilers found.
        installed: String,
    },
    /// There is no g++ for nvcc to use.
    #[error("the CUDA toolkit in `{}` needs a g++ up to version {limit}, and none is on `PATH`", root.display())]
    #[diagnostic(
        code(cuda::host_compiler_missing),
        help(
            "install g++ (Debian, Ubuntu: `apt-get install g++`; Arch: `pacman -S --needed gcc`; Fedora: `dnf install gcc-c++`)"
        )
    )]
    HostCompilerMissing {
        /// The toolkit's root.
        root: PathBuf,
        /// The newest major version it accepts.
        limit: u32,
    },
    /// nvcc did not answer.
    #[error("the CUDA compiler does not tell which GPUs it supports")]
    #[diagnostic(
        code(cuda::nvcc_failed),
        help("run it yourself with `--list-gpu-code`; if it fails there too, reinstall the CUDA toolkit")
    )]
    NvccFailed {
        /// How it failed.
        #[source]
        source: ExecError,
    },
}

impl GpuError {
    pub(crate) fn incomplete(toolkits: &[&Toolkit]) -> Self {
        let explicit = toolkits.iter().any(|toolkit| toolkit.source.is_explicit());
        let toolkits = toolkits.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        Self::ToolkitIncomplete { toolkits, explicit }
    }
}

fn incomplete_help(explicit: bool) -> String {
    let way = if explicit {
        "correct or unset the variable: a toolkit that it names is never replaced by another one"
    } else {
        "install the missing parts (the compiler, runtime and cuBLAS development packages), or set `CUDA_HOME` to a \
         whole toolkit"
    };
    format!("{way}; {CPU}")
}

/// One line for each place.
fn lines(looked: &[Looked]) -> String {
    looked.iter().flat_map(|looked| ["\n  ", &looked.place, ": ", &looked.found]).collect()
}
