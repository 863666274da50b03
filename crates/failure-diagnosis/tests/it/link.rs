//! What GNU ld, gold, lld and mold say.

use failure_diagnosis::Phase::Build;

use crate::support::check;

#[test]
fn the_driver_library() {
    for log in [
        "/usr/bin/ld: warning: libcuda.so.1, needed by bin/libggml-cuda.so.0.9.4, not found (try using -rpath or -rpath-link)\n/usr/bin/ld: bin/libggml-cuda.so.0.9.4: undefined reference to `cuMemRelease'\n/usr/bin/ld: bin/libggml-cuda.so.0.9.4: undefined reference to `cuDeviceGetAttribute'\n",
        "/usr/bin/ld: cannot find -lcuda\ncollect2: error: ld returned 1 exit status\n",
        "/usr/bin/ld.gold: error: cannot find -lcuda\n",
        "ld.lld: error: unable to find library -lcuda\n",
        "ld.lld: error: undefined symbol: cuMemCreate\n>>> referenced by ggml-cuda.cu\n",
        "ld.lld: error: undefined reference due to --no-allow-shlib-undefined: cuMemCreate\n",
        "mold: fatal: library not found: cuda\n",
        "mold: error: undefined symbol: cuGetErrorString\n",
        "x: undefined reference to ‘cuInit’\n",
    ] {
        check(Build, log, "cuda::no_driver_stub", &["libcuda.so.1"]);
    }
}

#[test]
fn other_libraries() {
    for (log, code, fact) in [
        (
            "/usr/bin/ld: cannot find -lcublasLt: No such file or directory\n",
            "cuda::library_missing",
            "cublasLt is missing",
        ),
        ("/usr/bin/ld: cannot find -lcudart\n", "cuda::library_missing", "cudart is missing"),
        ("/usr/bin/ld: cannot find -lcurl\n", "build::no_curl", ""),
        ("/bin/sh: 1: ./bin/tool: Exec format error\n", "link::wrong_architecture", "./bin/tool"),
        (
            "lto1: fatal error: bytecode stream in file 'a.o' generated with LTO version 11.2 instead of the expected 12.0\n",
            "link::wrong_architecture",
            "a.o",
        ),
        ("/usr/bin/ld: cannot find -lssl: No such file or directory\n", "build::no_openssl", ""),
        ("/usr/bin/ld: cannot find -lstdc++: No such file or directory\n", "build::no_cxx_headers", ""),
        ("/usr/bin/ld: cannot find Scrt1.o: No such file or directory\n", "build::no_c_headers", ""),
        ("/usr/bin/ld: cannot find -lvulkan: No such file or directory\n", "link::library_missing", "`vulkan`"),
        (
            "ld: libggml.so: undefined reference to `cublasSetStream_v2@libcublas.so.12'\n",
            "cuda::undefined_symbol",
            "`cublasSetStream_v2@libcublas.so.12`",
        ),
        (
            "ld: libggml.so: undefined reference to `cudaGraphDestroy@libcudart.so.12'\n",
            "cuda::undefined_symbol",
            "cudaGraphDestroy",
        ),
        ("a.cpp:(.text+0x5b): undefined reference to `ggml_get_f32_1d'\n", "link::undefined_symbol", "ggml_get_f32_1d"),
        (
            "a.cpp:(.text+0x5b): undefined reference to `custom::thing(int, char)'\n",
            "link::undefined_symbol",
            "custom::thing(int, char)",
        ),
        ("/usr/bin/ld: in function `x': undefined reference to `SSL_ctrl'\n", "build::no_openssl", ""),
        (
            "/usr/bin/ld: libicu.so: undefined reference to `std::condition_variable::wait(std::unique_lock<std::mutex>&)@GLIBCXX_3.4.30'\n",
            "link::libstdcxx_mismatch",
            "GLIBCXX_3.4.30",
        ),
        ("a.o: relocation truncated to fit: R_X86_64_PC32 against `.bss'\n", "link::too_large", "R_X86_64_PC32"),
        (
            "/usr/bin/ld: libggml.a(ggml.c.o): relocation R_X86_64_32 against `.rodata' can not be used when making a shared object; recompile with -fPIC\n",
            "link::not_pic",
            "",
        ),
        ("/usr/bin/ld: /usr/lib/libz.so: error adding symbols: file in wrong format\n", "link::wrong_architecture", ""),
        (
            "/usr/bin/ld: b.o: in function `main': multiple definition of `main'; a.o: first defined here\n",
            "link::twice_defined",
            "`main`",
        ),
    ] {
        check(Build, log, code, &[fact]);
    }
}
