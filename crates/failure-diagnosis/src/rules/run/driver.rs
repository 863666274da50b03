//! The driver refuses the CUDA that the program brings: the program exits.

use super::super::{RUNNING, Rule};
use crate::pattern::said;

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "cuda::driver_stub",
        phases: RUNNING,
        any: &[said("CUDA driver is a stub library")],
        cause: "the program loaded the toolkit's stub of `libcuda.so.1`, which is for linking only",
        remedy: "take the toolkit's `stubs` folder out of LD_LIBRARY_PATH, /etc/ld.so.conf.d and the rpath; the driver brings \
                 the real one: `ldconfig -p | grep libcuda`",
    },
    Rule {
        code: "cuda::compat_library",
        phases: RUNNING,
        any: &[said("forward compatibility was attempted on non supported HW"), said("cuInit(0) returned 804")],
        cause: "a compatibility `libcuda.so.1` (package cuda-compat) was loaded, and this GPU is none of those that it supports \
                (datacenter GPUs only)",
        remedy: "take the folder `compat` out of LD_LIBRARY_PATH and /etc/ld.so.conf.d, so that the driver's own library is loaded; where \
                 that is older than the program's CUDA, update the driver or take a build for an older CUDA",
    },
    Rule {
        code: "cuda::compat_library",
        phases: RUNNING,
        any: &[said("system has unsupported display driver / cuda driver combination"), said("cuInit(0) returned 803")],
        cause: "the `libcuda.so.1` that was loaded does not belong to the running driver: a compatibility package's or an older one is \
                found before it",
        remedy: "compare them: `cat /proc/driver/nvidia/version; ldconfig -p | grep libcuda`; take the folder `compat` out of \
                 LD_LIBRARY_PATH and /etc/ld.so.conf.d; after an update of the driver, reboot",
    },
    Rule {
        code: "cuda::driver_too_old",
        phases: RUNNING,
        any: &[
            said("The NVIDIA driver on your system is too old (found version {found})"),
            said("was built for NVIDIA Driver Release {wanted} or later, but version {found} was detected"),
            said("CUDA driver version is insufficient for CUDA runtime version"),
            said("the provided PTX was compiled with an unsupported toolchain"),
            said("cudaErrorInsufficientDriver"),
            said("CUDA_ERROR_UNSUPPORTED_PTX_VERSION"),
        ],
        cause: "the NVIDIA driver is missing, or older than the CUDA toolkit that the program was built with[: the driver is {found}][, and \
                {wanted} is needed]",
        remedy: "update the driver, or build with a toolkit (take an image) that is not newer than the \"CUDA Version\" that `nvidia-smi` shows",
    },
    Rule {
        code: "cuda::driver_mismatch",
        phases: RUNNING,
        any: &[said("Driver/library version mismatch"), said("driver/library version mismatch")],
        cause: "the loaded kernel module and the driver's libraries are of different versions",
        remedy: "reboot, or reload the module: the driver was updated under a running system",
    },
    Rule {
        code: "cuda::fabric_not_ready",
        phases: RUNNING,
        any: &[said("system not yet initialized")],
        cause: "the GPUs of this host are joined by NVSwitch, and what manages it does not run",
        remedy: "start it: `sudo systemctl enable --now nvidia-fabricmanager`; its package must have the very version of the driver \
                 (`cat /proc/driver/nvidia/version`)",
    },
    Rule {
        code: "cuda::device_busy",
        phases: RUNNING,
        any: &[
            said("CUDA-capable device(s) is/are busy or unavailable"),
            said("CUDA-capable devices are busy or unavailable"),
        ],
        cause: "another program has the GPU for itself, or the GPU is out of order",
        remedy: "look who uses it: `nvidia-smi`; `sudo nvidia-smi -c DEFAULT` lets several programs share it",
    },
];
