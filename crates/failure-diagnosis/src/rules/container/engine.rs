//! Messages of engines that have another cause or remedy in a container.

use super::super::{CONTAINED, Rule};
use crate::pattern::said;

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "gpu::no_libcuda",
        phases: CONTAINED,
        any: &[
            said("libcuda.so.1: cannot open shared object file"),
            said("libcuda.so.1 => not found"),
            said("libcuda.so: cannot open shared object file"),
            said("libcuda.so cannot found!"),
        ],
        cause: "the container was started without a GPU: the runtime mounts `libcuda.so.1` only together with a device",
        remedy: "give it the device: podman `--device nvidia.com/gpu=all` (CDI), docker also `--gpus all`; neither the image nor the host's driver \
                 is at fault",
    },
    Rule {
        code: "image::driver_too_old",
        phases: CONTAINED,
        any: &[said(
            "was built for NVIDIA Driver Release {wanted} or later, but version {found} was detected and compatibility mode is UNAVAILABLE",
        )],
        cause: "the image was built for the driver {wanted} or later, this host has {found}, and the image's compatibility libraries do not work \
                with this GPU; the server continues without CUDA",
        remedy: "install a newer driver, or take an older release of the image",
    },
    Rule {
        code: "cuda::compat_library",
        phases: CONTAINED,
        any: &[said("forward compatibility was attempted on non supported HW"), said("cuInit(0) returned 804")],
        cause: "the image's compatibility `libcuda.so.1` was loaded, and this GPU is none of those that it supports (datacenter GPUs only, not \
                GeForce)",
        remedy: "where the driver has the image's major version of CUDA (`nvidia-smi`), hide the image's compat folder: mount an empty folder \
                 over /usr/local/cuda/compat and leave it out of LD_LIBRARY_PATH; else a newer driver or an older tag is needed",
    },
    Rule {
        code: "cuda::compat_library",
        phases: CONTAINED,
        any: &[said("system has unsupported display driver / cuda driver combination"), said("cuInit(0) returned 803")],
        cause: "the image's compatibility `libcuda.so.1` is older than the host's driver and is found before the driver's own, which is new enough",
        remedy: "hide the image's compat folder: mount an empty folder over /usr/local/cuda/compat and leave it out of LD_LIBRARY_PATH, or \
                 let the toolkit's hook rewrite the linker cache, in which the driver's folder is first",
    },
    Rule {
        code: "cuda::no_kernel_image",
        phases: CONTAINED,
        any: &[said("no kernel image is available for execution on the device")],
        cause: "the image has no code for this GPU: it is newer than the image (Blackwell needs CUDA 12.8) or older than what the image was built \
                for",
        remedy: "take another tag (cu128 or later for compute capability 12.x): `nvidia-smi --query-gpu=name,compute_cap --format=csv` shows the \
                 GPU, TORCH_CUDA_ARCH_LIST in the image's configuration what it was built for. Another driver does not help",
    },
];
