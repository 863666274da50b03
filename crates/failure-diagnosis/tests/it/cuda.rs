//! What nvcc, ptxas and CMake's CUDA modules say, of CUDA 11 to 13.

use failure_diagnosis::Phase::{Build, Configure, Run};

use crate::support::{check, unknown};

#[test]
fn architectures() {
    for (log, fact) in [
        ("nvcc fatal   : Unsupported gpu architecture 'compute_120a'\n", "compute_120a"),
        ("nvcc fatal : Unsupported gpu architecture 'sm_100f'\n", "sm_100f"),
        ("nvcc fatal   : Value 'compute_30' is not defined for option 'gpu-architecture'\n", "compute_30"),
        ("ptxas fatal   : Value 'sm_121' is not defined for option 'gpu-name'\n", "sm_121"),
        ("clang++: error: unsupported CUDA gpu architecture: sm_37\n", "sm_37"),
        (
            "CMake Error at CMakeLists.txt:2 (project):\n  The CMAKE_CUDA_ARCHITECTURES:\n\n    75;80;86;87\n\n  do not all work with this compiler.  Try:\n\n    52\n\n  instead.\n",
            "75;80;86;87",
        ),
    ] {
        check(Configure, log, "cuda::arch_unsupported", &[fact]);
    }
    let blackwell = "[3/9] Building CUDA object mmq-instance-mxfp4.cu.o\nFAILED: [code=255] mmq-instance-mxfp4.cu.o \n/opt/cuda/bin/nvcc -c x.cu\nptxas /tmp/tmpxft_0_mmq.ptx, line 123437; error   : Instruction 'mma with block scale' not supported on .target 'sm_121'\nptxas fatal   : Ptx assembly aborted due to errors\n";
    check(Build, blackwell, "cuda::arch_feature", &["mma with block scale", "sm_121"]);
    let unknown = "ptxas /tmp/a.ptx, line 12; error   : Unknown modifier '.bf16x2'\nptxas fatal   : Ptx assembly aborted due to errors\n";
    check(Build, unknown, "cuda::compile_error", &["Unknown modifier"]);
    let old = "ptxas /tmp/a.ptx, line 12; error   : Feature 'cp.async' requires .target sm_80 or higher\n";
    check(Build, old, "cuda::arch_feature", &["cp.async", "sm_80"]);
    check(
        Configure,
        "CMake Error at x.cmake:311 (message):\n  CMAKE_CUDA_ARCHITECTURES must be valid if set.\n",
        "cuda::arch_invalid",
        &[],
    );
    check(
        Configure,
        "CMake Error in CMakeLists.txt:\n  CUDA_ARCHITECTURES is empty for target \"ggml-cuda\".\n",
        "cuda::arch_invalid",
        &[],
    );
    check(Configure, "nvcc fatal   : Unsupported gpu architecture 'compute_'\n", "cuda::arch_invalid", &[]);
    check(
        Configure,
        "CMake Error in CMakeLists.txt:\n  CUDA_ARCHITECTURES is set to \"native\", but no NVIDIA GPU was detected.\n",
        "cuda::arch_native_no_gpu",
        &[],
    );
    check(Configure, "nvcc fatal   : Unsupported gpu architecture 'compute_native'\n", "cuda::arch_native_no_gpu", &[]);
}

#[test]
fn host_compilers() {
    check(
        Configure,
        "/usr/local/cuda-11.8/include/crt/host_config.h:132:2: error: #error -- unsupported GNU version! gcc versions later than 11 are not supported! The nvcc flag\n",
        "cuda::host_compiler_too_new",
        &["newer than gcc 11"],
    );
    check(
        Build,
        "/opt/cuda/include/crt/host_config.h:151:2: error: -- unsupported clang version! clang version must be less than 16 and greater than 3.2 . The nvcc flag\n",
        "cuda::host_compiler_unsupported",
        &["less than 16 and greater than 3.2"],
    );
    check(
        Build,
        "/usr/include/c++/11/bits/std_function.h(435): error: parameter packs not expanded with '...'\n          function(_Functor&& __f)\n                                                               ^\n",
        "cuda::host_headers_unreadable",
        &["gcc 11", "bits/std_function.h"],
    );
    check(
        Build,
        "/nix/store/l89-gcc-14-20241116/include/c++/14-20241116/type_traits(3262): error: type name is not allowed\n",
        "cuda::host_headers_unreadable",
        &["gcc 14", "type_traits"],
    );
    check(
        Build,
        "/usr/include/c++/11/bits/std_function.h:435:145: error: parameter packs not expanded with ‘...’:\n",
        "cuda::host_headers_unreadable",
        &["gcc 11"],
    );
    check(
        Build,
        "/usr/lib/gcc/x86_64-linux-gnu/13/include/amxtileintrin.h(42): error: identifier \"__builtin_ia32_ldtilecfg\" is undefined\n",
        "cuda::host_headers_unreadable",
        &["gcc 13", "amxtileintrin.h"],
    );
    check(
        Build,
        "/nope/g++: No such file or directory\nnvcc fatal   : Failed to preprocess host compiler properties.\n",
        "cuda::host_compiler_missing",
        &["`/nope/g++`"],
    );
    check(
        Configure,
        "nvcc fatal   : Cannot find compiler 'g++-12' in PATH\n",
        "cuda::host_compiler_missing",
        &["g++-12"],
    );
    let cc1plus = "CMake Error at CMakeDetermineCompilerId.cmake:753 (message):\n  Compiling the CUDA compiler identification source file\n  \"CMakeCUDACompilerId.cu\" failed.\n\n  Compiler: /usr/local/cuda/bin/nvcc\n\n  The output was:\n\n  1\n\n  gcc: fatal error: cannot execute ‘cc1plus’: execvp: No such file or\n  directory\n\n  compilation terminated.\n\n  nvcc fatal : Failed to preprocess host compiler properties.\n";
    check(Configure, cc1plus, "build::no_compiler", &["cc1plus"]);
    let silent =
        cc1plus.replace("  gcc: fatal error: cannot execute ‘cc1plus’: execvp: No such file or\n  directory\n", "");
    check(Configure, &silent, "cuda::nvcc_broken", &["/usr/local/cuda/bin/nvcc"]);
}

#[test]
fn headers_of_the_c_library() {
    for log in [
        "/usr/include/bits/mathcalls.h(79): error: exception specification is incompatible with that of previous function \"cospi\" (declared at line 2601 of /usr/local/cuda/include/crt/math_functions.h)\n",
        "  /usr/include/x86_64-linux-gnu/bits/mathcalls.h(206): error: exception\n  specification is incompatible with that of previous function \"rsqrt\"\n  (declared at line 629 of\n",
        "/usr/include/bits/mathcalls.h:83:1: error: exception specification in declaration does not match previous declaration\n",
        "/usr/include/aarch64-linux-gnu/bits/math-vector.h(98): error: identifier \"__Float32x4_t\" is undefined\n",
    ] {
        check(Build, log, "cuda::glibc_clash", &["glibc 2.41"]);
    }
}

#[test]
fn toolkits() {
    for (log, code, fact) in [
        (
            "CMake Error at CMakeLists.txt:508 (target_link_libraries):\n  Target \"ggml\" links to:\n\n    CUDA::cudart\n\n  but the target was not found.  Possible reasons include:\n",
            "cuda::library_missing",
            "cudart is missing",
        ),
        (
            "CMake Error at CMakeLists.txt:5 (add_library):\n  Target \"ggml\" links to target \"CUDA::cublasLt\" but the target was not found.\n  Perhaps a find_package() call is missing\n",
            "cuda::library_missing",
            "cublasLt is missing",
        ),
        (
            "CMake Error at CMakeLists.txt:5 (add_library):\n  Target \"ggml\" links to target \"CUDA::cuda_driver\" but the target was not found.\n",
            "cuda::no_driver_stub",
            "libcuda.so.1",
        ),
        (
            "CMake Error at FindPackageHandleStandardArgs.cmake:230 (message):\n  Could NOT find CUDAToolkit (missing: CUDAToolkit_INCLUDE_DIRECTORIES\n  CUDA_CUDART) (found version \"12.0.140\")\n",
            "cuda::library_missing",
            "CUDAToolkit_INCLUDE_DIRECTORIES CUDA_CUDART",
        ),
        (
            "CMake Error at ggml/src/ggml-cuda/CMakeLists.txt:26 (enable_language):\n  No CMAKE_CUDA_COMPILER could be found.\n",
            "cuda::no_nvcc",
            "found no nvcc",
        ),
        (
            "CMake Error at x.cmake:603 (message):\n  Failed to detect a default CUDA architecture.\n\n\n\n  Compiler output:\n\n",
            "cuda::nvcc_broken",
            "smallest",
        ),
        (
            "CMake Error at ggml/src/CMakeLists.txt:400 (message):\n  CUDA not found\n",
            "cuda::toolkit_not_found",
            "no CUDA toolkit",
        ),
        (
            "-- Could not find `nvcc` executable in any searched paths, please set CUDAToolkit_ROOT\nCMake Error at C:1 (message):\n  CUDA Toolkit not found\n",
            "cuda::no_nvcc",
            "no nvcc",
        ),
        (
            "CMake Error at FindCUDAToolkit.cmake:965 (message):\n  Could not find `nvcc` executable in any searched paths, please set\n  CUDAToolkit_ROOT\n",
            "cuda::no_nvcc",
            "no nvcc",
        ),
        (
            "-- Could not find `nvcc` executable in path specified by variable CUDAToolkit_ROOT=/opt/nope\n",
            "cuda::no_nvcc",
            "`/opt/nope`, which CUDAToolkit_ROOT names",
        ),
        (
            "CMake Error at x.cmake:9 (message):\n  Could not find nvcc executable in path specified by environment variable\n  CUDAToolkit_ROOT=/opt/nope\n",
            "cuda::no_nvcc",
            "`/opt/nope`",
        ),
        (
            "CMake Error at x.cmake:104 (message):\n  Failed to find nvcc.\n\n  Compiler requires the CUDA toolkit.  Please set the CUDAToolkit_ROOT\n  variable.\n",
            "cuda::no_nvcc",
            "no nvcc",
        ),
        (
            "CMake Error at x.cmake:30 (message):\n  Could not find the compiler specified in the environment variable CUDACXX:\n\n  /opt/x/nvcc.\n",
            "cuda::no_nvcc",
            "`/opt/x/nvcc`",
        ),
        (
            "CMake Error at x.cmake:30 (message):\n  Could not find the compiler specified in the variable\n  CMAKE_CUDA_HOST_COMPILER:\n\n    g++-99\n",
            "cuda::host_compiler_missing",
            "`g++-99`",
        ),
    ] {
        check(Configure, log, code, &[fact]);
    }
}

#[test]
fn parts_of_toolkits() {
    for (log, code, fact) in [
        ("make: nvcc: No such file or directory\n", "cuda::no_nvcc", "nvcc"),
        ("sh: 1: cicc: not found\n", "cuda::toolkit_incomplete", "cicc"),
        ("/opt/cuda/bin/crt/../nvcc: ptxas: not found\n", "cuda::toolkit_incomplete", "ptxas"),
        (
            "a.cu:1:10: fatal error: cuda_runtime.h: No such file or directory\n",
            "cuda::header_missing",
            "`cuda_runtime.h`",
        ),
        (
            "ggml/common.cuh(12): catastrophic error: cannot open source file \"cublas_v2.h\"\n",
            "cuda::header_missing",
            "`cublas_v2.h`",
        ),
        (
            "/opt/cuda/include/cuda_fp16.h:4090:10: fatal error: nv/target: No such file or directory\n",
            "cuda::header_missing",
            "target",
        ),
        (
            "/opt/cuda/include/cccl/cuda/std/__cccl/toolkit.h:41:6: error: #error \"CUDA compiler and CUDA toolkit headers are incompatible, please check your include paths\"\n",
            "cuda::mixed_toolkits",
            "mixed",
        ),
        (
            "ptxas /tmp/a.ptx, line 9; fatal   : Unsupported .version 8.6; current version is '8.4'\n",
            "cuda::mixed_toolkits",
            "mixed",
        ),
        (
            "CMake Error in ggml/src/ggml-cuda/CMakeLists.txt:\n  Target \"ggml-cuda\" requires the language dialect \"CUDA17\" (with compiler\n  extensions).  But the current compiler \"NVIDIA\" does not support this, or\n  CMake does not know the flags to enable it.\n",
            "cuda::toolkit_too_old",
            "`17`",
        ),
        ("nvcc fatal   : Unknown option '-compress-mode=size'\n", "cuda::toolkit_too_old", "compress-mode=size"),
        ("nvcc fatal   : Value 'c++17' is not defined for option 'std'\n", "cuda::toolkit_too_old", "`17`"),
        (
            "nvcc error   : 'cudafe++' died due to signal 11 (Invalid memory reference)\n",
            "build::compiler_crashed",
            "cudafe++",
        ),
        ("nvcc error   : 'ptxas' died due to signal 4 (Illegal instruction)\n", "build::compiler_crashed", "ptxas"),
    ] {
        check(Build, log, code, &[fact]);
    }
}

#[test]
fn a_gpu_that_is_silently_lost() {
    let old = "-- Could not find nvcc, please set CUDAToolkit_ROOT.\nCMake Warning at ggml/src/CMakeLists.txt:400 (message):\n  CUDA not found\n\n\n-- Configuring done\n-- Generating done\n";
    check(Configure, old, "cuda::no_nvcc", &["no nvcc"]);
    check(
        Configure,
        "CMake Warning at CMakeLists.txt:258 (message):\n  cuBLAS not found\n\n\n-- Configuring done\n",
        "cuda::lost",
        &[],
    );
}

#[test]
fn running_without_a_gpu() {
    for (log, code) in [
        (
            "llama-server: error while loading shared libraries: libcuda.so.1: cannot open shared object file: No such file or directory\n",
            "cuda::no_driver",
        ),
        (
            "llama-server: error while loading shared libraries: libcublas.so.13: cannot open shared object file: No such file or directory\n",
            "build::library_missing",
        ),
        ("ggml_cuda_init: failed to initialize CUDA: no CUDA-capable device is detected\n", "cuda::no_device"),
        (
            "ggml_cuda_init: failed to initialize CUDA: CUDA driver version is insufficient for CUDA runtime version\n",
            "cuda::driver_too_old",
        ),
        ("CUDA error: no kernel image is available for execution on the device\n", "cuda::no_kernel_image"),
        ("CUDA error: the provided PTX was compiled with an unsupported toolchain.\n", "cuda::driver_too_old"),
        (
            "llama-server: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by llama-server)\n",
            "build::libc_too_old",
        ),
        ("ggml_cuda_init: failed to initialize CUDA: system not yet initialized\n", "cuda::fabric_not_ready"),
        ("ggml_cuda_init: failed to initialize CUDA: unknown error\n", "cuda::driver_failed"),
        ("CUDA error: CUDA-capable device(s) is/are busy or unavailable\n", "cuda::device_busy"),
        ("Illegal instruction (core dumped)\n", "build::illegal_instruction"),
    ] {
        check(Run, log, code, &[]);
    }
    // While building, a missing library is the compiler's own.
    check(
        Build,
        "cc1plus: error while loading shared libraries: libisl.so.23: cannot open shared object file\n",
        "build::no_compiler",
        &["cc1plus", "libisl.so.23"],
    );
    unknown(Build, "test: no CUDA-capable device is detected\n");
}
