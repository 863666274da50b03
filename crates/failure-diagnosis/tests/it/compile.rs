//! What gcc, clang and the assembler say.

use failure_diagnosis::Phase::{Build, Configure};
use failure_diagnosis::diagnose;

use crate::support::{check, unknown};

#[test]
fn compilers() {
    for (log, code, fact) in [
        ("a.cpp:9:1: internal compiler error: Segmentation fault\n", "build::compiler_crashed", "Segmentation fault"),
        (
            "c++: fatal error: Segmentation fault signal terminated program cc1plus\n",
            "build::compiler_crashed",
            "cc1plus",
        ),
        (
            "during RTL pass: expand\na.cpp:9:1: internal compiler error: in expand_expr, at expr.cc:1\n",
            "build::compiler_crashed",
            "in expand_expr",
        ),
        (
            "PLEASE submit a bug report to https://x/ and include the crash backtrace\nclang++: error: clang frontend command failed with exit code 139\n",
            "build::compiler_crashed",
            "",
        ),
        (
            "c++: error: unrecognized command-line option ‘-std=gnu++20’; did you mean ‘-std=gnu++2a’?\n",
            "build::compiler_too_old",
            "-std=gnu++20",
        ),
        ("cc1: error: bad value (‘znver5’) for ‘-march=’ switch\n", "build::compiler_too_old", "znver5"),
        ("cc1: error: bad value 'sapphirerapids' for '-march=' switch\n", "build::compiler_too_old", "sapphirerapids"),
        (
            "/tmp/ccXY.s:1234: Error: no such instruction: `vpdpbusd %ymm0,%ymm1,%ymm2'\n",
            "build::compiler_too_old",
            "vpdpbusd",
        ),
        (
            "libggml.so: undefined reference to `vtable for std::filesystem::__cxx11::filesystem_error'\n",
            "build::compiler_too_old",
            "std::filesystem",
        ),
        (
            "libggml.so: undefined reference to `std::filesystem::status(std::filesystem::__cxx11::path const&)'\n",
            "build::compiler_too_old",
            "std::filesystem",
        ),
        (
            "CMake Error at s/xxd.cmake:10 (file):\n  file failed to open for reading (No such file or directory):\n\n    s/public/bundle.css\n\n",
            "source::file_missing",
            "s/public/bundle.css",
        ),
        (
            "CMake Error at ui.cmake:10 (message):\n  UI: HF download failed: missing required asset(s): loading.html\n",
            "build::no_ui_assets",
            "",
        ),
        (
            "CMake Error in CMakeLists.txt:\n  Target \"llama\" requires the language dialect \"CXX17\" (with compiler\n  extensions).\n",
            "build::compiler_too_old",
            "CXX17",
        ),
        (
            "/usr/lib/gcc/x86_64-linux-gnu/12/include/fmaintrin.h:63:1: error: inlining failed in call to ‘always_inline’ ‘_mm256_fmadd_ps’: target specific option mismatch\n",
            "build::cpu_features",
            "_mm256_fmadd_ps",
        ),
    ] {
        check(Build, log, code, &[fact]);
    }
}

#[test]
fn headers_and_sources() {
    for (log, code, fact) in [
        (
            "a.cpp:1:10: fatal error: iostream: No such file or directory\n    1 | #include <iostream>\n      |          ^~~~~~~~~~\ncompilation terminated.\n",
            "build::no_cxx_headers",
            "",
        ),
        (
            "In file included from a.cpp:1:\n/usr/include/c++/13/cstdint:38:10: fatal error: bits/c++config.h: No such file or directory\n",
            "build::no_cxx_headers",
            "",
        ),
        ("a.cpp:1:10: fatal error: 'vector' file not found\n", "build::no_cxx_headers", ""),
        (
            "/usr/include/features.h:490: fatal error: sys/cdefs.h: No such file or directory\n",
            "build::no_c_headers",
            "",
        ),
        ("a.cpp:2:10: fatal error: curl/curl.h: No such file or directory\n", "build::no_curl", ""),
        ("a.cpp:2:10: fatal error: openssl/ssl.h: No such file or directory\n", "build::no_openssl", ""),
        (
            "a.cpp:2:10: fatal error: vulkan/vulkan.hpp: No such file or directory\n",
            "build::header_missing",
            "vulkan/vulkan.hpp",
        ),
        ("cc1plus: all warnings being treated as errors\n", "build::warnings_as_errors", ""),
        (
            "a.cpp:2:3: error: unused variable 'x' [-Werror=unused-variable]\n",
            "build::warnings_as_errors",
            "unused-variable",
        ),
        (
            "/müll/ä/a.cpp:2:3: error: ‘foo’ was not declared in this scope\n",
            "build::compile_error",
            "/müll/ä/a.cpp:2:3: 'foo' was not declared in this scope",
        ),
        ("a.cpp:1:10: fatal error: functional: No such file or directory\n", "build::no_cxx_headers", "`functional`"),
        ("a.c:1:10: fatal error: stdlib.h: No such file or directory\n", "build::no_c_headers", ""),
        (
            "/usr/include/features.h:1:10: fatal error: asm/types.h: No such file or directory\n",
            "build::no_c_headers",
            "",
        ),
        ("a.cpp:1:10: fatal error: string_view: No such file or directory\n", "build::compiler_too_old", "C++17"),
        (
            "a.c:2:5: error: unknown type name '__m512bh'; did you mean '__m512h'?\n",
            "build::compiler_too_old",
            "__m512bh",
        ),
        ("cc1: error: invalid feature modifier 'i8mm' in '-mcpu=native+i8mm'\n", "build::compiler_too_old", "i8mm"),
        (
            "CMake Error at CMakeLists.txt:4 (target_compile_features):\n  The compiler feature \"cxx_std_17\" is not known to CXX compiler\n\n  \"GNU\"\n",
            "build::compiler_too_old",
            "cxx_std_17",
        ),
        ("a.cpp:3:9: error: '__builtin_ia32_x' needs target feature avx2\n", "build::cpu_features", "__builtin_ia32_x"),
        ("a.h:35:2: error: #error \"C++17 or later required\"\n", "build::compile_error", "C++17 or later required"),
    ] {
        check(Build, log, code, &[fact]);
    }
}

#[test]
fn warnings_and_echoes_are_not_failures() {
    unknown(Build, "a.cpp:2:3: warning: undefined reference to 'x' [-Wfoo]\n");
    unknown(Build, "a.cpp:2:3: note: fatal error: Killed signal terminated program cc1plus\n");
    unknown(Build, "   12 |   say(\"No space left on device\");\n      |   ^~~ No space left on device\n");
    unknown(Build, "FAILED: a.o\nc++ '-DX=No space left on device' -c a.cpp\n");
    unknown(
        Configure,
        "CMake Warning (dev) at CMakeLists.txt:1 (message):\n  CMAKE_CUDA_ARCHITECTURES must be non-empty if set.\n\nThis warning is for project developers.  Use -Wno-dev to suppress it.\n",
    );
    unknown(
        Configure,
        "CMake Deprecation Warning at CMakeLists.txt:1 (cmake_minimum_required):\n  Compatibility with CMake < 3.10 will be removed from a future version of\n  CMake.\n",
    );
    unknown(
        Build,
        "nvcc warning : Support for offline compilation for architectures prior to '<compute/sm/lto>_75' will be removed\n",
    );
}

#[test]
fn the_failing_target_is_named() {
    let log = "FAILED: a.o\nc++ -c a.cpp\n[2/9] Building CXX object b.o\nFAILED: b.o\nc++ -c b.cpp\nb.cpp:1:10: fatal error: foo.h: No such file or directory\n";
    check(Build, log, "build::header_missing", &["foo.h", "`b.o`"]);
    let make = "b.cpp:1:10: fatal error: foo.h: No such file or directory\ncompilation terminated.\nmake[2]: *** [src/CMakeFiles/b.dir/build.make:76: src/CMakeFiles/b.dir/b.cpp.o] Error 1\nmake[1]: *** [CMakeFiles/Makefile2:100: all] Error 2\n";
    check(Build, make, "build::header_missing", &["`src/CMakeFiles/b.dir/b.cpp.o`"]);
}

#[test]
fn the_lines_leave_commands_and_floods_out() {
    let later = "a.cpp:9:1: error: later\n".repeat(1000);
    let log = format!(
        "[1/2] Building\nFAILED: a.o\nc++ -DLONG -c a.cpp\na.cpp:1:1: error: first\n    1 | x\n      | ^\n{later}"
    );
    let lines = diagnose(Build, &log).unwrap().lines;
    assert_eq!(&lines[..2], ["FAILED: a.o", "a.cpp:1:1: error: first"]);
    assert!(lines.len() < 6, "{lines:?}");
}

#[test]
fn secrets_are_not_repeated() {
    let log = "fatal: unable to access 'https://user:hunter2hunter2@example.org/x.git/': Could not resolve host: example.org\n";
    let found = diagnose(Build, log).unwrap();
    assert!(!format!("{found:?}").contains("hunter2"), "{found:?}");
}
