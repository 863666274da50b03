//! CUDA: a toolkit that is missing, incomplete or broken.

use super::super::pattern::{cmake, said, status};
use super::{BUILDING, Rule};

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
            status("-- Could not find nvcc executable in path specified by {variable}={root}"),
            said("Could not find nvcc executable in path specified by {variable}={root}"),
        ],
        cause: "there is no `bin/nvcc` in `{root}`, which {variable} names",
        remedy: "correct {variable}, or leave it out; `ls {root}/bin/nvcc` must show it",
    },
    Rule {
        code: "cuda::no_nvcc",
        phases: BUILDING,
        any: &[
            cmake("The CMAKE_CUDA_COMPILER: {nvcc} is not a full path"),
            cmake("The CUDA compiler '{nvcc}' does not exist"),
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
            cmake("Compiler: CMAKE_CUDA_COMPILER-NOTFOUND"),
        ],
        cause: "CMake found no nvcc[, though a toolkit {toolkit} in `{include}`]: CUDAToolkit_ROOT alone does not choose the compiler",
        remedy: INSTALL,
    },
    Rule {
        code: "cuda::no_nvcc",
        phases: BUILDING,
        any: &[
            status("-- Could not find nvcc, please set CUDAToolkit_ROOT"),
            said("Could not find nvcc, please set CUDAToolkit_ROOT"),
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
            cmake("in the CMake files: CUDA_{library}_LIBRARY"),
            said("cannot find -lnccl{library*}"),
        ],
        cause: "the CUDA toolkit[ {toolkit}][ in `{include}`] is not complete: {library} is missing",
        remedy: REST,
    },
    Rule {
        code: "cuda::library_missing",
        phases: BUILDING,
        any: &[
            said("cannot find -lcu{library}"),
            said("unable to find library -lcu{library}"),
            said("library not found: cu{library}"),
        ],
        cause: "the CUDA toolkit[ {toolkit}][ in `{include}`] is not complete: the linker finds no `libcu{library}`",
        remedy: REST,
    },
    Rule {
        code: "cuda::undefined_symbol",
        phases: BUILDING,
        any: &[
            said("undefined reference to 'cublas{symbol}'"),
            said("undefined reference to 'cuda{symbol}'"),
            said("undefined reference to '__cuda{symbol}'"),
            said("undefined reference to 'nccl{symbol}'"),
            said("undefined symbol: cublas{symbol}"),
            said("undefined symbol: cuda{symbol}"),
            said("undefined symbol: __cuda{symbol}"),
            said("nvlink error : Undefined reference to '{symbol}'"),
            said("error: undefined symbol: nccl{symbol}"),
        ],
        cause: "the CUDA libraries that are linked lack `…{symbol}`: they are missing, or of another version than the headers\
                [ (toolkit {toolkit} in `{include}`)]",
        remedy: "use one complete toolkit: `ldconfig -p | grep -E 'cudart|cublas'` and LD_LIBRARY_PATH show other versions in the way",
    },
    Rule {
        code: "cuda::header_missing",
        phases: BUILDING,
        any: &[
            said("fatal error: cu{header}: No such file"),
            said("fatal error: 'cu{header}' file not found"),
            said("cannot open source file \"cu{header}\""),
            cmake("Unable to find cu{header} in"),
            status("-- Unable to find cu{header} in"),
        ],
        cause: "the CUDA toolkit[ {toolkit}][ in `{include}`] has no header `cu{header}`",
        remedy: REST,
    },
    Rule {
        code: "cuda::header_missing",
        phases: BUILDING,
        any: &[
            said("fatal error: nv/{header}: No such file"),
            said("fatal error: crt/{header}: No such file"),
            said("fatal error: thrust/{header}: No such file"),
            said("cannot open source file \"nv/{header}\""),
            said("cannot open source file \"crt/{header}\""),
            said("fatal error: 'nv/{header}' file not found"),
        ],
        cause: "the CUDA toolkit[ {toolkit}][ in `{include}`] is not complete: it lacks the header `{header}` (of its packages cccl or crt)",
        remedy: REST,
    },
    Rule {
        code: "cuda::host_compiler_missing",
        phases: BUILDING,
        any: &[
            said("nvcc fatal : Cannot find compiler '{compiler}' in PATH"),
            said("Cannot find compiler '{compiler}' in PATH"),
        ],
        cause: "nvcc finds no host compiler `{compiler}`",
        remedy: "install g++, or correct NVCC_CCBIN and CUDAHOSTCXX: `sudo apt install g++`, `sudo pacman -S gcc`, \
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
            said("cannot find libdevice for"),
        ],
        cause: "nvcc runs, but a part of its toolkit (cicc, ptxas, cudafe++, fatbinary, libdevice) is missing",
        remedy: REST,
    },
];
