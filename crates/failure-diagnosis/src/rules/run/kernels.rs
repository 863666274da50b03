//! CUDA, cuBLAS and the GPU itself fail while the program runs: the texts of `cudaGetErrorString` and
//! `cublasGetStatusString`, <https://docs.nvidia.com/cuda/cuda-runtime-api/group__CUDART__TYPES.html>, and the driver's Xids,
//! <https://docs.nvidia.com/deploy/xid-errors/>.

use super::super::{RUNNING, Rule};
use crate::pattern::said;

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "cuda::no_kernel_image",
        phases: RUNNING,
        any: &[
            said("has no device code compatible with CUDA arch {arch} {file} was compiled for: {built*}"),
            said("has no device code compatible with CUDA arch {arch#}"),
        ],
        cause: "the program has no code for this GPU: the GPU's architecture is {arch}[, and the program was built for {built}] (520 is \
                compute capability 5.2)",
        remedy: "build it on this host without CMAKE_CUDA_ARCHITECTURES in `provisioning.source.build.cmake_flags`, or with this GPU's \
                 architecture among them; `nvidia-smi --query-gpu=name,compute_cap --format=csv` shows what the GPUs are",
    },
    Rule {
        code: "cuda::no_kernel_image",
        phases: RUNNING,
        any: &[said(
            "with CUDA capability {arch} is not compatible with the current PyTorch installation. \
             The current PyTorch install supports CUDA capabilities {built*}.",
        )],
        cause: "the installed PyTorch has no code for this GPU: the GPU is {arch}, and PyTorch was built for {built}",
        remedy: "take an image, or a build of torch, for the CUDA release that knows this GPU (Blackwell, sm_100 and sm_120: cu128 and later)",
    },
    Rule {
        code: "cuda::no_kernel_image",
        phases: RUNNING,
        any: &[
            said("no kernel image is available for execution on the device"),
            said("invalid device function"),
            said("is not compatible with the current device"),
            said("CUDA_ERROR_NO_BINARY_FOR_GPU"),
        ],
        cause: "the program was not built for the architecture of this GPU",
        remedy: "build it on this host without CMAKE_CUDA_ARCHITECTURES in `provisioning.source.build.cmake_flags`; of an image or a Python \
                 package, take the one whose CUDA knows this GPU; `nvidia-smi --query-gpu=name,compute_cap --format=csv` shows what the GPUs are",
    },
    Rule {
        code: "cuda::driver_too_old",
        phases: RUNNING,
        any: &[said("device kernel image is invalid"), said("CUDA_ERROR_INVALID_IMAGE")],
        cause: "the driver cannot read the program's code for this GPU, which a newer CUDA made (12.8 and later compress it in a way that older \
                drivers do not know); the GPU itself is supported",
        remedy: "update the driver, or take a build or image of a CUDA that is not newer than the \"CUDA Version\" that `nvidia-smi` shows",
    },
    Rule {
        code: "cuda::gpu_lost",
        phases: RUNNING,
        any: &[
            said("GPU has fallen off the bus"),
            said("GPU is lost"),
            said("NVRM: Xid ({device}): 79,"),
            said("NVRM: Xid ({device}): 119,"),
            said("NVRM: Xid ({device}): 120,"),
        ],
        cause: "the driver lost the GPU[ {device}]: power, heat, the slot or riser, or the GPU's own firmware",
        remedy: "reboot the host (a reload of the driver is not enough); if it happens again, look at the power supply, the temperature \
                 (`nvidia-smi -q -d TEMPERATURE`) and the slot, and at `sudo dmesg | grep -iE 'nvrm|xid|pcieport'`",
    },
    Rule {
        code: "cuda::gpu_memory_fault",
        phases: RUNNING,
        any: &[
            said("uncorrectable ECC error encountered"),
            said("uncorrectable NVLink error was detected"),
            said("CUDA_ERROR_ECC_UNCORRECTABLE"),
            said("NVRM: Xid ({device}): 48,"),
            said("NVRM: Xid ({device}): 63,"),
            said("NVRM: Xid ({device}): 64,"),
            said("NVRM: Xid ({device}): 74,"),
            said("NVRM: Xid ({device}): 94,"),
            said("NVRM: Xid ({device}): 95,"),
        ],
        cause: "the hardware of the GPU[ {device}] failed: its memory or its link had an error that cannot be corrected",
        remedy: "`nvidia-smi -q -d ECC,ROW_REMAPPER,PAGE_RETIREMENT` counts them: reset the GPU (`sudo nvidia-smi -r -i N`) or reboot; when it \
                 happens again the GPU has to be replaced. No other release or flag helps",
    },
    Rule {
        code: "cuda::timed_out",
        phases: RUNNING,
        any: &[said("the launch timed out and was terminated"), said("NVRM: Xid ({device}): 8,")],
        cause: "the driver ended a kernel of the program that ran too long: the GPU also drives a display, or it hangs",
        remedy: "take a GPU without a display for the pool (`devices`), or a smaller `--ubatch-size`; `sudo dmesg | grep -iE 'nvrm|xid'` says \
                 whether the GPU hangs",
    },
    Rule {
        code: "cuda::kernel_failed",
        phases: RUNNING,
        any: &[
            said(
                "CUDA error: an illegal memory access was encountered current device: {device#}, in function {function} at",
            ),
            said("an illegal memory access was encountered"),
            said("CUDA error: unspecified launch failure"),
            said("unspecified launch failure"),
            said("misaligned address"),
            said("an illegal instruction was encountered"),
            said("device-side assert triggered"),
            said("invalid program counter"),
            said("operation not supported on global/shared address space"),
            said("hardware stack error"),
            said("CUDA_ERROR_ILLEGAL_ADDRESS"),
            said("CUDA_ERROR_LAUNCH_FAILED"),
            said("NVRM: Xid ({device}): 13,"),
            said("NVRM: Xid ({device}): 31,"),
            said("NVRM: Xid ({device}): 43,"),
        ],
        cause: "a CUDA kernel of the engine failed while it ran[ (in `{function}`)][, on device {device}]: a bug of this release with this model \
                or these flags, or a faulty GPU",
        remedy: "look for a fault of the GPU first: `sudo dmesg | grep -iE 'nvrm|xid'` (Xid 13, 31 and 43 are the program's, 48, 63, 64, 79, 94 \
                 and 95 the hardware's). Where there is none, take another release of the engine; CUDA_LAUNCH_BLOCKING=1 in `provisioning.env` \
                 names the place for a bug report",
    },
    Rule {
        code: "cuda::xid",
        phases: RUNNING,
        any: &[said("NVRM: Xid ({device}): {xid#},")],
        cause: "the NVIDIA driver reported Xid {xid} for the GPU {device}",
        remedy: "look what it stands for: https://docs.nvidia.com/deploy/xid-errors/; what came before and after it: \
                 `sudo dmesg | grep -iE 'nvrm|xid'`",
    },
    Rule {
        code: "engine::gpu_memory",
        phases: RUNNING,
        any: &[
            said("CUDA error: the resource allocation failed"),
            said("CUBLAS_STATUS_ALLOC_FAILED"),
            said("CUDA error: the library was not initialized"),
            said("CUBLAS_STATUS_NOT_INITIALIZED"),
        ],
        cause: "cuBLAS could not be initialized on the GPU, for which it needs free memory there: most often none is left",
        remedy: "see who uses it: `nvidia-smi`; a smaller `ctx` or fewer layers on the GPU leave it some hundred MiB",
    },
    Rule {
        code: "cuda::cublas_failed",
        phases: RUNNING,
        any: &[
            said("CUDA error: an internal operation failed current device: {device#}, in function {function} at"),
            said("CUDA error: an internal operation failed"),
            said("CUDA error: the GPU program failed to execute"),
            said("CUDA error: an absent device architectural feature is required"),
            said("CUDA error: an access to GPU memory space failed"),
            said("CUDA error: the functionality is not supported"),
            said("CUDA error: an unsupported value or parameter was passed to the function"),
            said("CUBLAS_STATUS_INTERNAL_ERROR"),
            said("CUBLAS_STATUS_EXECUTION_FAILED"),
            said("CUBLAS_STATUS_ARCH_MISMATCH"),
            said("CUBLAS_STATUS_MAPPING_ERROR"),
            said("CUBLAS_STATUS_NOT_SUPPORTED"),
            said("CUBLAS_STATUS_INVALID_VALUE"),
            said("CUDNN_STATUS_INTERNAL_ERROR"),
            said("CUDNN_STATUS_EXECUTION_FAILED"),
            said("CUDNN_STATUS_NOT_INITIALIZED"),
        ],
        cause: "cuBLAS or cuDNN failed on the GPU[ in `{function}`][, on device {device}]: its library does not fit the GPU or the driver, the \
                GPU's memory is short, or the kernel before it failed",
        remedy: "look at the memory first (`nvidia-smi`; on a Jetson `tegrastats`). Then see that one toolkit is used: `ldd PROGRAM | grep -E \
                 'cublas|cudart'` (on a Jetson the one of its JetPack); build again with it, or take another release of the engine",
    },
    Rule {
        code: "cuda::failed",
        phases: RUNNING,
        any: &[
            said("CUDA error: {what*} current device: {device#}, in function {function} at"),
            said("CUDA error: {what*}"),
            said("CUDA runtime error: {what*}"),
            said("CUDA driver error: {what*}"),
        ],
        cause: "a CUDA call of the engine failed: {what}[ (in `{function}`, on device {device})]",
        remedy: "`sudo dmesg | grep -iE 'nvrm|xid'` and `nvidia-smi` say whether the GPU or its driver is at fault; where not, take another \
                 release of the engine",
    },
];
