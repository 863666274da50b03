//! The dynamic loader does not start the program: <https://man7.org/linux/man-pages/man8/ld.so.8.html>.

use super::super::{ALWAYS, RUNNING, Rule};
use crate::pattern::{line, said};

pub(in crate::rules) static RULES: &[Rule] = &[
    Rule {
        code: "cuda::no_driver",
        phases: ALWAYS,
        any: &[
            said("libcuda.so.1: cannot open shared object file"),
            said("libcuda.so.1 => not found"),
            said("libcuda.so: cannot open shared object file"),
            said("libcuda.so cannot found!"),
        ],
        cause: "the loader does not find `libcuda.so.1`: either no NVIDIA driver is installed here (or passed into this container), or \
                its library is in a folder where the loader does not look",
        remedy: "look which it is: `ls /run/opengl-driver/lib/libcuda.so* /usr/lib/wsl/lib/libcuda.so* /usr/local/nvidia/lib64/libcuda.so* \
                 /usr/lib/*/nvidia/*/libcuda.so*`. If it is there, put that folder into LD_LIBRARY_PATH (`provisioning.env`); if not, \
                 install the driver, or give the container the GPU (CDI: `--device nvidia.com/gpu=all`)",
    },
    Rule {
        code: "gpu::no_driver",
        phases: ALWAYS,
        any: &[
            said("libnvidia-ml.so.1: cannot open shared object file"),
            said("Found no NVIDIA driver on your system"),
            said("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver"),
        ],
        cause: "the NVIDIA driver is not installed or not loaded here, or not passed into this container",
        remedy: "`nvidia-smi` must work on the host: install the driver, or load it (`sudo modprobe nvidia`); in a container, give it the \
                 GPU (CDI: `--device nvidia.com/gpu=all`)",
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
            said("error while loading shared libraries: {library=libcud}: cannot open"),
            said("error while loading shared libraries: {library=libcu}: cannot open"),
            said("error while loading shared libraries: {library=libnv}: cannot open"),
            said("error while loading shared libraries: {library=libnccl}: cannot open"),
            said("ImportError: {library=libcu}: cannot open shared object file"),
            said("ImportError: {library=libnv}: cannot open shared object file"),
            said("ImportError: {library=libnccl}: cannot open shared object file"),
            said("OSError: {library=libcu}: cannot open shared object file"),
            said("OSError: {library=libnv}: cannot open shared object file"),
        ],
        cause: "the loader does not find the CUDA library `{library}`; the number in its name is the CUDA version that the program was \
                built with",
        remedy: "look whether the toolkit of that version is here: `ls -d /usr/local/cuda*/lib64 /opt/cuda/lib64; ldconfig -p | grep \
                 {library}`. If it is, put its folder into LD_LIBRARY_PATH (`provisioning.env`) or /etc/ld.so.conf.d and run `sudo ldconfig`; \
                 if not, install it, or build again with the toolkit that is here",
    },
    Rule {
        code: "engine::image_user",
        phases: RUNNING,
        any: &[said("error while loading shared libraries: {library=libpython}: {why*}")],
        cause: "the image's Python library `{library}` cannot be loaded: it is below a folder of root, which another user cannot read",
        remedy: "run the container as the image's own user: leave `--user` and `--userns=keep-id` out",
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
                 `dnf provides '*/{library}'`; one that is installed in a folder of its own is found through LD_LIBRARY_PATH \
                 (`provisioning.env`)",
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
        remedy: "look which are loaded: `ldd PROGRAM`; unset LD_LIBRARY_PATH, and remove an older llama.cpp or ggml from /usr/local/lib; \
                 of Python packages, install those that belong together (torch and what was built for it)",
    },
    Rule {
        code: "engine::wrong_platform",
        phases: RUNNING,
        any: &[
            said("exec format error"),
            said("Exec format error"),
            said("cannot execute binary file"),
            said("wrong ELF class: {class}"),
        ],
        cause: "the program is for another kind of CPU than this host's",
        remedy: "`uname -m` and `file PROGRAM` must name the same architecture: build it on this host, or take the image for this platform",
    },
    Rule {
        code: "engine::program_missing",
        phases: RUNNING,
        any: &[line("bash: {program}: command not found"), line("sh: {program}: not found")],
        cause: "there is no program `{program}` here",
        remedy: "correct the command; an image's own entry point often is the engine already (SGLang: `python3 -m sglang.launch_server`)",
    },
];
