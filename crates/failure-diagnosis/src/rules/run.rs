//! The finished program does not run.

use super::{ALWAYS, RUNNING, Rule};
use crate::pattern::said;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "cuda::no_driver",
        phases: ALWAYS,
        any: &[said("libcuda.so.1: cannot open shared object file"), said("libcuda.so.1 => not found")],
        cause: "this host has no `libcuda.so.1`: the NVIDIA driver is not installed, or not passed into this container",
        remedy: "install the driver, then look: `nvidia-smi`; in a container, give it the GPU (CDI: `--device nvidia.com/gpu=all`)",
    },
    Rule {
        code: "cuda::driver_stub",
        phases: RUNNING,
        any: &[said("CUDA driver is a stub library")],
        cause: "the program loaded the toolkit's stub of `libcuda.so.1`, which is for linking only",
        remedy: "take the toolkit's `stubs` folder out of LD_LIBRARY_PATH, /etc/ld.so.conf.d and the rpath; the driver brings \
                 the real one: `ldconfig -p | grep libcuda`",
    },
    Rule {
        code: "cuda::driver_too_old",
        phases: RUNNING,
        any: &[
            said("CUDA driver version is insufficient for CUDA runtime version"),
            said("the provided PTX was compiled with an unsupported toolchain"),
            said("forward compatibility was attempted on non supported HW"),
            said("system has unsupported display driver / cuda driver combination"),
        ],
        cause: "the NVIDIA driver is missing, or older than the CUDA toolkit that the program was built with",
        remedy: "update the driver, or build with a toolkit that is not newer than the \"CUDA Version\" that `nvidia-smi` shows",
    },
    Rule {
        code: "cuda::driver_mismatch",
        phases: RUNNING,
        any: &[said("Driver/library version mismatch")],
        cause: "the loaded kernel module and the driver's libraries are of different versions",
        remedy: "reboot, or reload the module: the driver was updated under a running system",
    },
    Rule {
        code: "cuda::no_kernel_image",
        phases: RUNNING,
        any: &[
            said("no kernel image is available for execution on the device"),
            said("device kernel image is invalid"),
            said("is not compatible with the current device"),
        ],
        cause: "the program was not built for the architecture of this card",
        remedy: "build it on this host without CMAKE_CUDA_ARCHITECTURES in `provisioning.source.build.cmake_flags`; \
                 `nvidia-smi --query-gpu=name,compute_cap --format=csv` shows what the cards are",
    },
    Rule {
        code: "cuda::no_device",
        phases: RUNNING,
        any: &[
            said("no CUDA-capable device is detected"),
            said("no CUDA devices found"),
            said("No CUDA-capable device"),
            said("invalid device ordinal"),
        ],
        cause: "the driver shows no card to the program",
        remedy: "look at `nvidia-smi -L` and at CUDA_VISIBLE_DEVICES",
    },
    Rule {
        code: "cuda::fabric_not_ready",
        phases: RUNNING,
        any: &[said("system not yet initialized")],
        cause: "the cards of this host are joined by NVSwitch, and what manages it does not run",
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
        cause: "another program has the card for itself, or the card is out of order",
        remedy: "look who uses it: `nvidia-smi`; `sudo nvidia-smi -c DEFAULT` lets several programs share it",
    },
    Rule {
        code: "cuda::driver_failed",
        phases: RUNNING,
        any: &[said("failed to initialize CUDA: {why*}")],
        cause: "the NVIDIA driver does not let the program start: {why}",
        remedy: "`sudo modprobe nvidia_uvm`, and look whether this user may use `ls -l /dev/nvidia*`; `sudo dmesg | grep -iE 'nvrm|xid'` says \
                 more; after an update of the driver, reboot",
    },
    Rule {
        code: "build::libc_too_old",
        phases: RUNNING,
        any: &[
            said("version 'GLIBC_{version#}' not found"),
            said("version 'GLIBCXX_{version#}' not found"),
            said("version 'CXXABI_{version#}' not found"),
        ],
        cause: "the program needs newer C or C++ libraries ({version}) than the ones it loads: it was built elsewhere, or \
                LD_LIBRARY_PATH puts old ones (conda) first",
        remedy: "build it on this host, and unset LD_LIBRARY_PATH",
    },
    Rule {
        code: "build::own_library_lost",
        phases: RUNNING,
        any: &[
            said("error while loading shared libraries: libllama{rest}: {why*}"),
            said("error while loading shared libraries: libggml{rest}: {why*}"),
            said("error while loading shared libraries: libmtmd{rest}: {why*}"),
        ],
        cause: "the server does not find its own libraries: it looks for them where it was built",
        remedy: "leave CMAKE_BUILD_RPATH_USE_ORIGIN, CMAKE_SKIP_RPATH, CMAKE_BUILD_RPATH and their like out of \
                 `provisioning.source.build.cmake_flags`; without -DBUILD_SHARED_LIBS=ON it needs none",
    },
    Rule {
        code: "build::library_missing",
        phases: RUNNING,
        any: &[
            said("error while loading shared libraries: {library}: {why*}"),
            said("error while loading shared libraries: {library}"),
            said("{library} => not found"),
        ],
        cause: "the program needs `{library}`, which cannot be loaded[: {why}]",
        remedy: "install the package that brings `{library}`: `apt-file search {library}`, `pacman -F {library}`, \
                 `dnf provides '*/{library}'`",
    },
    Rule {
        code: "build::library_mismatch",
        phases: RUNNING,
        any: &[
            said("symbol lookup error: {library}: undefined symbol: {symbol}"),
            said("{library}: undefined symbol: {symbol}"),
            said("Error relocating {library}: {symbol}: symbol not found"),
        ],
        cause: "`{library}` wants `{symbol}`, which no library that is loaded has: one of them is of another version",
        remedy: "look which are loaded: `ldd PROGRAM`; unset LD_LIBRARY_PATH, and remove an older llama.cpp or ggml from /usr/local/lib",
    },
    Rule {
        code: "build::illegal_instruction",
        phases: RUNNING,
        any: &[said("Illegal instruction"), said("SIGILL")],
        cause: "the program was built for another CPU than this one",
        remedy: "build it on this host, or with -DGGML_NATIVE=OFF in `provisioning.source.build.cmake_flags`",
    },
];
