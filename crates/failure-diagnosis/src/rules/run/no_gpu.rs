//! The program saw no GPU: llama.cpp prints so and goes on with the CPU, so that this decides only where nothing else does,
//! and also where the engine was ready afterwards.

use super::super::{RUNNING, Rule};
use crate::pattern::{logged, said};

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "cuda::no_device",
        phases: RUNNING,
        any: &[
            said("no CUDA-capable device is detected"),
            said("no CUDA devices found"),
            said("No CUDA-capable device"),
            said("invalid device ordinal"),
            said("No CUDA GPUs are available"),
            said("CUDA_ERROR_NO_DEVICE"),
            said("Failed to infer device type"),
            said("RuntimeError: No CUDA runtime is found"),
            said("RuntimeError: No GPU found"),
        ],
        cause: "the driver shows no GPU to the program",
        remedy: "look at `nvidia-smi -L`, and at CUDA_VISIBLE_DEVICES, which must name one of these; at boot the engine may have started \
                 before the driver was ready: `ls -l /dev/nvidia*` must show nvidia-uvm (`sudo modprobe nvidia_uvm`, and in its unit \
                 After=nvidia-persistenced.service); in a container, give it the GPU (CDI: `--device nvidia.com/gpu=all`)",
    },
    Rule {
        code: "cuda::not_in_program",
        phases: RUNNING,
        any: &[said("Torch not compiled with CUDA enabled"), said("PyTorch was compiled without CUDA")],
        cause: "the installed PyTorch has no CUDA in it",
        remedy: "install the build of torch for this CUDA (`pip install torch --index-url https://download.pytorch.org/whl/cu128`), in \
                 the environment of the engine",
    },
    Rule {
        code: "gpu::none_visible",
        phases: RUNNING,
        any: &[said("No HIP GPUs are available"), said("no ROCm-capable device is detected")],
        cause: "the program sees no AMD GPU: it was not handed in, this user may not open it, or HIP_VISIBLE_DEVICES names none",
        remedy: "`ls -l /dev/kfd /dev/dri/render*` must show them to this user (groups `render` and `video`), and HIP_VISIBLE_DEVICES \
                 name one that `rocminfo` shows",
    },
    Rule {
        code: "cuda::driver_failed",
        phases: RUNNING,
        any: &[said("failed to initialize CUDA: {why*}"), said("CUDA initialization failure with error: {why*}")],
        cause: "the NVIDIA driver does not let the program start: {why}",
        remedy: "`sudo modprobe nvidia_uvm`, and look whether this user may use `ls -l /dev/nvidia*`; `sudo dmesg | grep -iE 'nvrm|xid'` says \
                 more; after an update of the driver, reboot",
    },
    Rule {
        code: "gpu::no_permission",
        phases: RUNNING,
        any: &[logged("Failed to initialize NVML: Insufficient Permissions")],
        cause: "this user or container may not open the GPU's device nodes",
        remedy: "`ls -lZ /dev/nvidia*` shows their mode, group and SELinux label: add the user to that group; in a container keep its groups \
                 (`--group-add keep-groups`) and allow devices (`sudo setsebool -P container_use_devices on`)",
    },
];
