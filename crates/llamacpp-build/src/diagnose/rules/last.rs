//! What says that something failed and hardly why: tried when nothing better is known.

use super::super::pattern::{cmake, said, warned};
use super::cmake::COMPILER;
use super::{BUILDING, Rule};

const RELEASE: &str = "this release of llama.cpp and this compiler or CUDA toolkit do not fit together: take another release with \
    `provisioning.source`, or another compiler or toolkit";

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "cuda::nvcc_broken",
        phases: BUILDING,
        any: &[
            cmake("The CUDA compiler \"{nvcc}\" is not able to compile a simple test program"),
            said("Compiling the CUDA compiler identification source file \"{source}\" failed. Compiler: {nvcc} "),
            said("Compiling the CUDA compiler identification source file \"{source}\" failed"),
            cmake("Failed to detect a default CUDA architecture"),
            cmake("No CUDA toolset found"),
            cmake("Couldn't find CUDA library root"),
            cmake("Could not find librt library, needed by CUDA::cudart_static"),
            said("nvcc fatal : Failed to preprocess host compiler properties"),
        ],
        cause: "nvcc[ `{nvcc}`] is there and cannot compile the smallest program",
        remedy: "see what it says itself: `touch /tmp/t.cu; nvcc -v -c /tmp/t.cu -o /tmp/t.o`; most often its host \
                 compiler does not fit (`g++ --version`) or the toolkit is not complete: reinstall both",
    },
    Rule {
        code: "build::compiler_broken",
        phases: BUILDING,
        any: &[cmake("The {language} compiler \"{compiler}\" is not able to compile a simple test program")],
        cause: "the {language} compiler `{compiler}` is there and cannot compile the smallest program",
        remedy: COMPILER,
    },
    Rule {
        code: "cuda::toolkit_not_found",
        phases: BUILDING,
        any: &[
            cmake("CUDA Toolkit not found"),
            cmake("CUDA not found"),
            cmake("Specify CUDA_TOOLKIT_ROOT_DIR"),
            cmake("Could NOT find CUDA "),
            cmake("Could NOT find CUDAToolkit"),
        ],
        cause: "CMake finds no CUDA toolkit",
        remedy: "install it: `sudo apt install nvidia-cuda-toolkit` (Debian, Ubuntu), `sudo pacman -S cuda` (Arch); one that is there \
                 is found when CUDACXX is the path of its `bin/nvcc`",
    },
    Rule {
        code: "build::clock_skew",
        phases: BUILDING,
        any: &[
            said("still dirty after 100 tries"),
            warned("Clock skew detected"),
            warned("has modification time {seconds} s in the future"),
            warned("modification time in the future"),
        ],
        cause: "files are newer than the clock: the clock was set back, or the file system's server has another",
        remedy: "set the clock: `sudo timedatectl set-ntp true`, `timedatectl`; then start again in an empty folder",
    },
    Rule {
        code: "cuda::compile_error",
        phases: BUILDING,
        any: &[said("{place#}): error: {message*}"), said("{place#}): catastrophic error: {message*}")],
        cause: "nvcc[ {nvcc}] does not compile the sources: {place}): {message}",
        remedy: RELEASE,
    },
    Rule {
        code: "cuda::compile_error",
        phases: BUILDING,
        any: &[said("ptxas fatal : {message*}"), said("nvcc fatal : {message*}"), said("nvcc error : {message*}")],
        cause: "nvcc[ {nvcc}] does not compile the sources: {message}",
        remedy: RELEASE,
    },
    Rule {
        code: "build::compile_error",
        phases: BUILDING,
        any: &[
            said("{place#}: error: {message*}"),
            said("{place#}: fatal error: {message*}"),
            said("{place#}: Error: {message*}"),
        ],
        cause: "the compiler[ ({cxx})] does not compile the sources: {place}: {message}",
        remedy: RELEASE,
    },
];
