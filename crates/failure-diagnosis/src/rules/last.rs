//! What says that something failed and hardly why: tried when nothing better is known.

use super::cmake::COMPILER;
use super::{BUILDING, Rule};
use crate::pattern::{cmake, said, warned};

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
            cmake("Failed to find a working CUDA architecture"),
            cmake("Failed to extract nvcc implicit link line"),
            cmake("No CUDA toolset found"),
            cmake("Couldn't find CUDA library root"),
            cmake("Could not find librt library, needed by CUDA::cudart_static"),
            said("Missing variable is: CMAKE_CUDA_"),
            said("Missing variable is: _CMAKE_CUDA_"),
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
        code: "build::dependency_missing",
        phases: BUILDING,
        any: &[
            cmake("Could NOT find {package} (missing: {what*})"),
            cmake("Could NOT find {package}: "),
            cmake("Could NOT find {package},"),
            cmake("Could NOT find {package} ("),
            cmake("Could not find a package configuration file provided by \"{package}\""),
            cmake("A required package was not found: {package}"),
            cmake("Could not find {package} using the following names: {what*}"),
            cmake("The following required packages were not found: - {package}"),
            cmake("Could not find a configuration file for package \"{package}\""),
            said("and tested correctly in the CMake files: {package}"),
        ],
        cause: "CMake does not find `{package}`[ ({what})]",
        remedy: "install the development package of `{package}`, or switch the part that wants it off with its option in \
                 `provisioning.source.build.cmake_flags`",
    },
    Rule {
        code: "build::dependency_missing",
        phases: BUILDING,
        any: &[cmake("A required package was not found")],
        cause: "pkg-config does not find a package[: `{pkg}`]",
        remedy: "install its development package, which has a `.pc` file[: `apt-file search {pkg}.pc`, `dnf provides '*/{pkg}.pc'`], or set \
                 PKG_CONFIG_PATH to the folder of that file",
    },
    Rule {
        code: "cuda::lost",
        phases: BUILDING,
        any: &[warned("cuBLAS not found"), warned("CUDA not found"), warned("CUDA Toolkit not found")],
        cause: "CMake goes on without CUDA: it finds no toolkit, or not all of it",
        remedy: "nothing is built without CUDA: install all of one toolkit; `nvcc --version` must work, or CUDACXX be its path",
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
        cause: "files are newer than the clock (it was set back, or the file system's server has another), or the build folder was moved",
        remedy: "set the clock: `sudo timedatectl set-ntp true`, `timedatectl`; then start again in an empty folder",
    },
    Rule {
        code: "cuda::compile_error",
        phases: BUILDING,
        any: &[said("{place#}): error: {message*}"), said("{place#}): catastrophic error: {message*}")],
        cause: "nvcc[ {nvcc_version}] does not compile the sources: {place}): {message}",
        remedy: RELEASE,
    },
    Rule {
        code: "cuda::compile_error",
        phases: BUILDING,
        any: &[
            said("nvcc fatal : {message*}"),
            said("nvcc error : {message*}"),
            said("ptxas fatal : {message*}"),
            said("ptxas error : {message*}"),
            said("; error : {message*}"),
            said("; fatal : {message*}"),
            said("nvlink fatal : {message*}"),
            said("nvlink error : {message*}"),
            said("fatbinary fatal : {message*}"),
            said("cudafe++ error : {message*}"),
        ],
        cause: "nvcc[ {nvcc_version}] does not compile the sources: {message}",
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
    Rule {
        code: "build::not_configured",
        phases: BUILDING,
        any: &[
            said("Error: {dir} is not a directory"),
            said("Error: could not load cache"),
            said("Error: not a CMake build directory"),
            said("Makefile: No such file or directory"),
            said("ninja: error: build.ninja:{line#}: {why*}"),
            said("ninja: error: loading 'build.ninja': {why*}"),
            said("No targets specified and no makefile found"),
            said("ninja: error: chdir to '{dir}'"),
        ],
        cause: "the build folder[ `{dir}`] was never configured, or not to the end",
        remedy: "look at the configure log first; then start again in an empty folder",
    },
    Rule {
        code: "build::no_such_target",
        phases: BUILDING,
        any: &[
            said("ninja: error: unknown target '{wanted}', did you mean '{nearest}'?"),
            said("ninja: error: unknown target '{wanted}'"),
            said("No rule to make target '{wanted}'"),
        ],
        cause: "the tree has no target `{wanted}`[; the nearest is `{nearest}`]",
        remedy: "releases before June 2024 call the server `server`: take a newer one; a fork must have `llama-server`",
    },
    Rule {
        code: "build::program_missing",
        phases: BUILDING,
        any: &[
            said("{program}: command not found"),
            said("{program}: Command not found"),
            said("sh: {program}: not found"),
            said(": 1: {program}: not found"),
            said("make: {program}: No such file or directory"),
            said("env: '{program}': No such file or directory"),
            said("git: '{program}' is not a git command"),
        ],
        cause: "`{program}`, which the build calls, does not exist",
        remedy: "install the package that brings it: `apt-file search bin/{program}`, `pacman -F {program}`, \
                 `dnf provides '*/{program}'`; a name that ends with -NOTFOUND is of a program that CMake did not find when it configured",
    },
];
