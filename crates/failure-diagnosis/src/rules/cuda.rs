//! CUDA: compilers that do not fit together, and architectures.

use super::{BUILDING, Rule};
use crate::pattern::{cmake, said, warned};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "cuda::host_compiler_too_new",
        phases: BUILDING,
        any: &[said("unsupported GNU version! gcc versions later than {max#} are not supported")],
        cause: "the host's g++ is newer than gcc {max}, the newest that this CUDA toolkit[ {toolkit}] takes",
        remedy: "install gcc {max}: `sudo apt install g++-{max}` (Debian, Ubuntu), `sudo pacman -S gcc{max}` (Arch), \
                 `sudo zypper install gcc{max}-c++` (openSUSE); or a newer CUDA toolkit. -allow-unsupported-compiler only moves \
                 the failure",
    },
    Rule {
        code: "cuda::host_compiler_unsupported",
        phases: BUILDING,
        any: &[
            said("unsupported clang version! clang version must be {limits*}! The nvcc"),
            said("unsupported clang version! {limits*}"),
            said("unsupported GNU version! {limits*}"),
            said("unsupported ICC configuration! {limits*}"),
            said("unsupported PGI configuration! {limits*}"),
            said("of the host compiler ('{limits}') is not supported"),
            said("unsupported XLC"),
            said("Host compiler targets unsupported OS"),
        ],
        cause: "this CUDA toolkit[ {toolkit}] does not take the host compiler[: {limits}]",
        remedy: "install a g++ that the toolkit takes and let it be the host compiler: `sudo apt install g++`, `sudo pacman -S gcc`, \
                 `sudo dnf install gcc-c++`; the newest one stands in the toolkit's `include/crt/host_config.h`",
    },
    Rule {
        code: "cuda::glibc_clash",
        phases: BUILDING,
        any: &[
            said("exception specification is incompatible with that of previous function \"{function}\""),
            said("error: exception specification in declaration does not match previous declaration"),
            said("noexcept (true)' has a different exception specifier"),
            said("error: identifier \"__Float32x4_t\" is undefined"),
            said("error: identifier \"_Float{bits#}\" is undefined"),
        ],
        cause: "the headers of this CUDA toolkit[ {toolkit}] and of the system's C library or compiler declare the same \
                [`{function}` ]differently: the system is newer than the toolkit knows (glibc 2.41 and later need CUDA 13)",
        remedy: "install a newer CUDA toolkit (13.0 or later knows glibc 2.41), or build in a container of an older system; \
                 `ldd --version` and `nvcc --version` tell what there is",
    },
    Rule {
        code: "cuda::mixed_toolkits",
        phases: BUILDING,
        any: &[
            said("CUDA compiler and CUDA toolkit headers are incompatible"),
            said("ptxas fatal : Unsupported .version {version#}; current version is '{current#}'"),
            said("Unsupported .version {version#}; current version is '{current#}'"),
            said("macro \"__cudaLaunch\" "),
            said("error: macro \"__cudaLaunch"),
            said("libnvvm.so.{version#}: undefined symbol"),
        ],
        cause: "files of different CUDA toolkits are mixed[ (nvcc {nvcc_version}, headers in {include})]",
        remedy: "use one root for all: set CUDACXX to the `bin/nvcc` of one toolkit, and take CPATH, CPLUS_INCLUDE_PATH and \
                 second toolkits (conda, pip, /usr/include) out of the way",
    },
    Rule {
        code: "cuda::host_headers_unreadable",
        phases: BUILDING,
        any: &[
            said("/c++/{gcc#}/{header}({line#}): error: {error*}"),
            said("/c++/{gcc#}-{snapshot#}/{header}({line#}): error: {error*}"),
            said("/c++/{gcc#}/{header}:{line#}:{column#}: error: parameter packs not expanded"),
            said("/lib/gcc/{triple}/{gcc#}/include/{header}({line#}): error: {error*}"),
        ],
        cause: "nvcc[ {nvcc_version}] cannot read the C++ headers of gcc {gcc} (`{header}`): the host compiler is too new for this \
                CUDA toolkit, or of another make",
        remedy: "install an older g++ beside it, the newest that this toolkit takes: gcc 15 for CUDA 13.1 and later, 14 for 12.8 to 13.0, 13 for \
                 12.4 to 12.6, 12 for 12.0 to 12.3, 11 for 11.5 to 11.8 (`nvcc --version`): `sudo apt install g++-15`, `sudo pacman -S gcc15`, \
                 `sudo dnf install gcc15-c++`; or a newer CUDA toolkit",
    },
    Rule {
        code: "cuda::arch_feature",
        phases: BUILDING,
        any: &[
            said("error : {what*} not supported on .target '{arch}'"),
            said("error : {what*} requires .target {arch}"),
        ],
        cause: "the sources use what the architecture does not have: {what} ({arch})",
        remedy: "for `sm_120` and later name the architecture with its suffix: -DCMAKE_CUDA_ARCHITECTURES=120a-real in \
                 `provisioning.source.build.cmake_flags`; for old cards take an older release",
    },
    Rule {
        code: "cuda::toolkit_too_old",
        phases: BUILDING,
        any: &[said("Value 'native' is not defined for option 'gpu-architecture'")],
        cause: "this CUDA toolkit[ {nvcc_version}] is too old to know the architecture `native`",
        remedy: "install a newer CUDA toolkit (11.6 or later knows it), or name the architecture: -DCMAKE_CUDA_ARCHITECTURES=75 in \
                 `provisioning.source.build.cmake_flags`",
    },
    Rule {
        code: "cuda::arch_native_no_gpu",
        phases: BUILDING,
        any: &[
            cmake("CUDA_ARCHITECTURES is set to \"native\", but no"),
            cmake("The CMAKE_CUDA_ARCHITECTURES: native do not all work with this compiler"),
            said("Unsupported gpu architecture 'compute_native'"),
            said("Unsupported gpu architecture 'native'"),
            // What CMake's own little program prints where there is no card: `compute_No CUDA devices found.`
            said("Unsupported gpu architecture 'compute_{what^}"),
            said("Cannot find valid GPU for '-arch=native'"),
            warned("Cannot find valid GPU for '-arch=native'"),
        ],
        cause: "the architecture is to be that of the card (`native`, or left out), and no card is seen here",
        remedy: "name it: -DCMAKE_CUDA_ARCHITECTURES=90 in `provisioning.source.build.cmake_flags`; \
                 `nvidia-smi --query-gpu=compute_cap --format=csv` shows it on the host with the card (9.0 is 90)",
    },
    Rule {
        code: "cuda::arch_invalid",
        phases: BUILDING,
        any: &[
            said("Unsupported gpu architecture 'compute_'"),
            cmake("CMAKE_CUDA_ARCHITECTURES must be non-empty if set"),
            cmake("CMAKE_CUDA_ARCHITECTURES must be valid if set"),
            cmake("CUDA_ARCHITECTURES is empty for target"),
            cmake("CMAKE_CUDA_ARCHITECTURES contains literal quotes"),
            cmake("CMAKE_CUDA_ARCHITECTURES: {value*} is not one of the following"),
        ],
        cause: "CMAKE_CUDA_ARCHITECTURES is empty or not a list of architectures[: `{value}`]",
        remedy: "leave it out of `provisioning.source.build.cmake_flags`, or name the architectures: \
                 -DCMAKE_CUDA_ARCHITECTURES=90; unset CUDAARCHS",
    },
    Rule {
        code: "cuda::arch_unsupported",
        phases: BUILDING,
        any: &[
            said("Unsupported gpu architecture '{arch}'"),
            said("unsupported gpu architecture '{arch}'"),
            said("Value '{arch}' is not defined for option 'gpu-name'"),
            said("Value '{arch}' is not defined for option 'gpu-architecture'"),
            said("Value '{arch}' is not defined for option 'gpu-code'"),
            said("unsupported CUDA gpu architecture: {arch}"),
            cmake("The CMAKE_CUDA_ARCHITECTURES: {arch*} do not all work with this compiler"),
        ],
        cause: "this CUDA toolkit[ {nvcc_version}] cannot build for `{arch}`",
        remedy: "see what it can: `nvcc --list-gpu-code`. A card newer than the toolkit needs a newer toolkit (sm_120 needs 12.8); \
                 an older card needs an older one (CUDA 13 has dropped sm_50 to sm_70: take 12.x). Wrong values come from \
                 CMAKE_CUDA_ARCHITECTURES in `provisioning.source.build.cmake_flags` or CUDAARCHS",
    },
    Rule {
        code: "cuda::toolkit_too_old",
        phases: BUILDING,
        any: &[
            said("nvcc fatal : Value 'c++{what#}' is not defined for option 'std'"),
            said("nvcc fatal : Unknown option '{what}'"),
            cmake("requires the language dialect \"CUDA{what#}\""),
            cmake("CUDA version {what#} or higher is required"),
            said("error: #error This file requires CUDA {what}"),
        ],
        cause: "this release of llama.cpp asks nvcc[ {nvcc_version}] for something it does not know (`{what}`): the CUDA toolkit, or the \
                CMake that drives it, is too old",
        remedy: "install a newer CUDA toolkit (12.4 or later) and CMake (3.24 or later), or take an older release of llama.cpp",
    },
    Rule {
        code: "cuda::lost",
        phases: BUILDING,
        any: &[said(
            "You have changed variables that require your cache to be deleted. Configure will be re-run and you may have \
                  to reset some variables. The following variables have changed: {variable}= {value}",
        )],
        cause: "CMake goes on without CUDA: `{variable}` was changed to `{value}` in a configured folder, which resets GGML_CUDA",
        remedy: "nothing is built without CUDA: configure in an empty folder",
    },
];
