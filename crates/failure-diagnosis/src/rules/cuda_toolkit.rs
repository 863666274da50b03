//! CUDA: a toolkit that is missing, incomplete or broken.

use super::{BUILDING, Rule};
use crate::pattern::{cmake, said, told};

const INSTALL: &str = "install the CUDA toolkit: `sudo apt install nvidia-cuda-toolkit` (Debian, Ubuntu), `sudo pacman -S cuda` (Arch), \
    `sudo dnf install cuda-toolkit` (Fedora, with NVIDIA's repository); one that is there is used when CUDACXX is the path of its \
    `bin/nvcc`";
const REST: &str = "install all of one toolkit: `sudo apt install nvidia-cuda-toolkit` (Debian, Ubuntu), `sudo apt install cuda-toolkit` \
    (NVIDIA's repository), `sudo pacman -S cuda` (Arch), `sudo dnf install cuda-toolkit` (Fedora, with NVIDIA's repository)";

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "cuda::no_nvcc",
        phases: BUILDING,
        any: &[
            told("executable in path specified by {variable}={root}"),
            told("executable in path specified by variable {variable}={root}"),
            told("executable in path specified by environment variable {variable}={root}"),
        ],
        cause: "there is no `bin/nvcc` in `{root}`, which {variable} names",
        remedy: "correct {variable}, or leave it out; `ls {root}/bin/nvcc` must show it",
    },
    Rule {
        code: "cuda::no_nvcc",
        phases: BUILDING,
        any: &[
            cmake("The CMAKE_CUDA_COMPILER: {nvcc} is not a full path"),
            cmake("Could not find compiler set in environment variable CUDACXX: {nvcc}"),
            cmake("Could not find the compiler specified in the environment variable CUDACXX: {nvcc}"),
        ],
        cause: "the CUDA compiler `{nvcc}` does not exist",
        remedy: "correct CUDACXX or CMAKE_CUDA_COMPILER, or reinstall the toolkit; `{nvcc} --version` must work",
    },
    Rule {
        code: "cuda::no_nvcc",
        phases: BUILDING,
        any: &[
            cmake("No CMAKE_CUDA_COMPILER could be found"),
            cmake("CMAKE_CUDA_COMPILER not set, after EnableLanguage"),
            said("Compiler: CMAKE_CUDA_COMPILER-NOTFOUND"),
        ],
        cause: "CMake found no nvcc[, though a toolkit {toolkit} in `{include}`]: CUDAToolkit_ROOT alone does not choose the compiler",
        remedy: INSTALL,
    },
    Rule {
        code: "cuda::no_nvcc",
        phases: BUILDING,
        any: &[
            told("Could not find nvcc, please set CUDAToolkit_ROOT"),
            told("Could not find 'nvcc' executable in any searched paths"),
            cmake("Failed to find nvcc"),
            said("nvcc: not found"),
            said("nvcc: command not found"),
            said("nvcc: No such file or directory"),
        ],
        cause: "there is no nvcc where CMake looks: on PATH, in CUDAToolkit_ROOT and in /usr/local/cuda",
        remedy: INSTALL,
    },
    Rule {
        code: "cuda::no_driver_stub",
        phases: BUILDING,
        any: &[
            cmake("CUDA::cuda_driver but the target was not found"),
            cmake("\"CUDA::cuda_driver\" but the target was not found"),
            said("cannot find -lcuda:"),
            said("cannot find -lcuda\n"),
            said("unable to find library -lcuda\n"),
            said("library not found: cuda\n"),
            said("undefined reference to 'cu{symbol^}'"),
            said("undefined reference: cu{symbol^}"),
            said("undefined reference due to --no-allow-shlib-undefined: cu{symbol^}"),
            said("undefined symbol: cu{symbol^}"),
        ],
        cause: "neither the driver's `libcuda.so.1` nor the toolkit's stub of it is found for linking[ (`cu{symbol}`)]",
        remedy: "install the part of the toolkit with `lib64/stubs/libcuda.so`: `sudo apt install cuda-driver-dev-12-8` (NVIDIA's \
                 packages, with your version), `sudo apt install nvidia-cuda-dev` (Debian's), `sudo pacman -S cuda`; or the driver; \
                 or leave it out with -DGGML_CUDA_NO_VMM=ON",
    },
    Rule {
        code: "cuda::library_missing",
        phases: BUILDING,
        any: &[
            cmake("CUDA::{library} but the target was not found"),
            cmake("\"CUDA::{library}\" but the target was not found"),
            cmake("Could NOT find CUDAToolkit (missing: {library*})"),
            said("in the CMake files: CUDA_{library}_LIBRARY"),
            said("in the CMake files: CUDA_TOOLKIT_{library}"),
            told("Unable to find {library} library."),
            said("cannot find -l{library=cu}"),
            said("unable to find library -l{library=cu}"),
            said("library not found: {library=cu}"),
            said("cannot find -l{library=nccl}"),
        ],
        cause: "the CUDA toolkit[ {toolkit}][ in `{include}`] is not complete: {library} is missing",
        remedy: REST,
    },
    Rule {
        code: "cuda::undefined_symbol",
        phases: BUILDING,
        any: &[
            said("undefined reference to '{symbol=cublas}'"),
            said("undefined reference to '{symbol=cuda}'"),
            said("undefined reference to '{symbol=__cuda}'"),
            said("undefined reference to '{symbol=nccl}'"),
            said("undefined symbol: {symbol=cublas}"),
            said("undefined symbol: {symbol=cuda}"),
            said("undefined symbol: {symbol=__cuda}"),
            said("nvlink error : Undefined reference to '{symbol}'"),
            said("error: undefined symbol: {symbol=nccl}"),
        ],
        cause: "the CUDA libraries that are linked lack `{symbol}`: they are missing, or of another version than the headers\
                [ (toolkit {toolkit} in `{include}`)]",
        remedy: "use one complete toolkit: `ldconfig -p | grep -E 'cudart|cublas'` and LD_LIBRARY_PATH show other versions in the way",
    },
    Rule {
        code: "cuda::header_missing",
        phases: BUILDING,
        any: &[
            said("fatal error: {header=cu}: No such file"),
            said("fatal error: '{header=cu}' file not found"),
            said("cannot open source file \"{header=cu}\""),
            said("fatal error: {header=driver_types.h}: No such file"),
            said("fatal error: {header=library_types.h}: No such file"),
            said("fatal error: {header=vector_types.h}: No such file"),
            said("fatal error: {header=nv/}: No such file"),
            said("fatal error: '{header=nv/}' file not found"),
            said("cannot open source file \"{header=nv/}\""),
            said("fatal error: {header=crt/}: No such file"),
            said("fatal error: '{header=crt/}' file not found"),
            said("cannot open source file \"{header=crt/}\""),
            said("fatal error: {header=thrust/}: No such file"),
            said("fatal error: '{header=thrust/}' file not found"),
            said("cannot open source file \"{header=thrust/}\""),
            told("Unable to find {header=cu} in"),
        ],
        cause: "the CUDA toolkit[ {toolkit}][ in `{include}`] is not complete: it lacks the header `{header}`",
        remedy: REST,
    },
    Rule {
        code: "cuda::host_compiler_missing",
        phases: BUILDING,
        any: &[
            cmake("Could not find compiler set in environment variable CUDAHOSTCXX: {compiler}"),
            cmake("Could not find compiler set in variable CMAKE_CUDA_HOST_COMPILER: {compiler}"),
            cmake("in the environment variable CUDAHOSTCXX: {compiler}"),
            cmake("in the variable CMAKE_CUDA_HOST_COMPILER: {compiler}"),
            cmake("in the variable CUDAToolkit_CUDA_HOST_COMPILER: {compiler}"),
            said("Cannot find compiler '{compiler}' in PATH"),
            said("{compiler}: No such file or directory nvcc fatal : Failed to preprocess"),
        ],
        cause: "the host compiler of nvcc, `{compiler}`, does not exist",
        remedy: "install it, or correct CUDAHOSTCXX, CMAKE_CUDA_HOST_COMPILER and NVCC_CCBIN: `sudo apt install g++`, `sudo pacman -S gcc`, \
                 `sudo dnf install gcc-c++`",
    },
    Rule {
        code: "cuda::toolkit_incomplete",
        phases: BUILDING,
        any: &[
            said("cudafe++: not found"),
            said("cudafe++: No such file"),
            said("cicc: not found"),
            said("cicc: No such file"),
            said("ptxas: not found"),
            said("ptxas: No such file"),
            said("fatbinary: not found"),
            said("nvlink: not found"),
            said("Path to libdevice library not specified"),
            said("configuration file nvcc.profile"),
            said("cannot find libdevice for"),
            said("clang: error: cannot find CUDA installation"),
            said("clang++: error: cannot find CUDA installation"),
        ],
        cause: "nvcc runs, but a part of its toolkit (cicc, ptxas, cudafe++, fatbinary, libdevice) is missing",
        remedy: REST,
    },
];
