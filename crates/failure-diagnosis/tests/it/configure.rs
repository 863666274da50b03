//! What CMake says, of versions 3.18 to 4.x.

use failure_diagnosis::Phase::{Build, Configure};

use crate::support::{check, unknown};

#[test]
fn versions_of_cmake() {
    check(
        Configure,
        "CMake Error at CMakeLists.txt:1 (cmake_minimum_required):\n  CMake 3.28...3.31 or higher is required.  You are running version 3.16.3\n",
        "cmake::too_old",
        &["3.16.3"],
    );
    check(
        Configure,
        "CMake Error at x/CMakeLists.txt:4 (cmake_minimum_required):\n  Compatibility with CMake < 3.5 has been removed from CMake.\n\n  Update the VERSION argument <min> value.\n",
        "cmake::too_new",
        &["before 3.5"],
    );
    check(
        Configure,
        "CMake Error at CMakeLists.txt:9 (cmake_policy):\n  Policy \"CMP0194\" is not known to this version of CMake.\n",
        "cmake::too_old",
        &["CMP0194"],
    );
    check(
        Configure,
        "CMake Error: Could not find CMAKE_ROOT !!!\nCMake has most likely not been installed correctly.\n",
        "cmake::broken_install",
        &[],
    );
}

#[test]
fn tools() {
    let missing = "CMake Error: CMake was unable to find a build program corresponding to \"Unix Makefiles\".  CMAKE_MAKE_PROGRAM is not set.\n";
    check(Configure, missing, "cmake::no_build_program", &["Unix Makefiles"]);
    let unset = "CMake Error at CMakeLists.txt:2 (project):\n  The CMAKE_CXX_COMPILER:\n\n    g++-99\n\n  is not a full path and was not found in the PATH.\n";
    check(Configure, unset, "build::no_compiler", &["CXX", "g++-99"]);
    let broken = "CMake Error at /usr/share/cmake-3.18/Modules/CMakeTestCCompiler.cmake:66 (message):\n  The C compiler\n\n    \"/usr/bin/cc\"\n\n  is not able to compile a simple test program.\n\n  It fails with the following output:\n\n    Change Dir: /b/CMakeFiles/CMakeTmp\n";
    check(Configure, broken, "build::compiler_broken", &["C compiler `/usr/bin/cc`"]);
    // The reason inside the same message is better than the message.
    check(
        Configure,
        &format!("{broken}    /usr/bin/ld: cannot find crt1.o: No such file or directory\n"),
        "build::no_c_headers",
        &[],
    );
    check(Configure, &format!("{broken}    /tmp/cc1.s: No space left on device\n"), "build::no_space", &[]);
    check(
        Configure,
        "gcc: fatal error: cannot execute ‘cc1plus’: execvp: Datei oder\n  Verzeichnis nicht gefunden\n",
        "build::no_compiler",
        &["cc1plus"],
    );
    check(Build, "/bin/sh: 1: /usr/bin/c++: not found\n", "build::no_compiler", &["/usr/bin/c++"]);
}

#[test]
fn packages() {
    let fphsa = "CMake Error at /usr/share/cmake-3.29/Modules/FindPackageHandleStandardArgs.cmake:230 (message):\n  Could NOT find";
    check(Configure, &format!("{fphsa} CURL (missing: CURL_LIBRARY CURL_INCLUDE_DIR)\n"), "build::no_curl", &[]);
    check(
        Configure,
        "-- Could NOT find CURL (missing: CURL_LIBRARY CURL_INCLUDE_DIR)\nCMake Error at common/CMakeLists.txt:90 (message):\n  Could NOT find CURL.  Hint: to disable this feature, set -DLLAMA_CURL=OFF\n",
        "build::no_curl",
        &[],
    );
    check(
        Configure,
        &format!(
            "{fphsa} OpenSSL, try to set the path to OpenSSL root folder in the\n  system variable OPENSSL_ROOT_DIR (missing: OPENSSL_CRYPTO_LIBRARY)\n"
        ),
        "build::no_openssl",
        &[],
    );
    check(
        Configure,
        &format!("{fphsa} Python3 (missing:\n  Python3_EXECUTABLE Interpreter)\n"),
        "build::dependency_missing",
        &["`Python3` (Python3_EXECUTABLE Interpreter)"],
    );
    check(
        Configure,
        "CMake Error at CMakeLists.txt:5 (find_package):\n  Could not find a package configuration file provided by \"hip\" with any of\n  the following names:\n",
        "build::dependency_missing",
        &["`hip`"],
    );
    check(
        Build,
        "fatal: unable to access 'https://example.org/x.git/': Could not resolve host: example.org\n",
        "build::download_failed",
        &["example.org"],
    );
    // Not found and not needed.
    unknown(
        Configure,
        "-- Could NOT find NCCL (missing: NCCL_LIBRARY NCCL_INCLUDE_DIR)\n-- Could NOT find CURL (missing: CURL_LIBRARY)\n",
    );
    unknown(
        Configure,
        "CMake Warning at common/CMakeLists.txt:90 (message):\n  Could NOT find CURL.  Hint: x\n\n\n-- Configuring incomplete, errors occurred!\n",
    );
}

#[test]
fn trees() {
    check(
        Configure,
        "CMake Error at CMakeLists.txt:8 (add_subdirectory):\n  The source directory\n\n    /s/kompute\n\n  does not contain a CMakeLists.txt file.\n",
        "source::submodule_missing",
        &["/s/kompute"],
    );
    check(
        Configure,
        "CMake Error at CMakeLists.txt:8 (add_subdirectory):\n  add_subdirectory given source \"ggml\" which is not an existing directory.\n",
        "source::submodule_missing",
        &["ggml"],
    );
    check(
        Configure,
        "CMake Error: The source directory \"/a b/c\" does not appear to contain CMakeLists.txt.\n",
        "source::missing",
        &["/a b/c"],
    );
    check(
        Build,
        "ninja: error: '/s/a.cpp', needed by 'a.o', missing and no known rule to make it\n",
        "source::file_missing",
        &["/s/a.cpp"],
    );
    check(
        Build,
        "make[2]: *** No rule to make target '/s/a.cpp', needed by 'a.o'.  Stop.\n",
        "source::file_missing",
        &["/s/a.cpp"],
    );
    check(
        Build,
        "make: *** No rule to make target 'llama-server'.  Stop.\n",
        "build::no_such_target",
        &["llama-server"],
    );
    check(
        Configure,
        "CMake Error at CMakeLists.txt:3 (add_library):\n  Cannot find source file:\n\n    unicode.cpp\n\n  Tried extensions .c .C\n",
        "source::file_missing",
        &["unicode.cpp"],
    );
    check(
        Configure,
        "fatal: detected dubious ownership in repository at '/s/llama.cpp'\n",
        "source::dubious_ownership",
        &["/s/llama.cpp"],
    );
    check(Build, "ninja: error: loading 'build.ninja': No such file or directory\n", "build::not_configured", &[]);
    check(Build, "Error: not a CMake build directory (missing CMakeCache.txt)\n", "build::not_configured", &[]);
    check(Build, "make: *** No targets specified and no makefile found.  Stop.\n", "build::not_configured", &[]);
}

#[test]
fn options() {
    check(
        Configure,
        "CMake Error at CMakeLists.txt:95 (message):\n  LLAMA_CUBLAS is deprecated and will be removed in the future.\n\n  Use GGML_CUDA instead\n\n",
        "cmake::deprecated_option",
        &["GGML_CUDA", "LLAMA_CUBLAS"],
    );
    check(
        Configure,
        "CMake Error at ggml/src/CMakeLists.txt:20 (message):\n  GGML_BACKEND_DL requires BUILD_SHARED_LIBS\n",
        "cmake::options_conflict",
        &["GGML_BACKEND_DL"],
    );
    check(
        Configure,
        "CMake Error at CMakeLists.txt:95 (message):\n  LLAMA_MPI is no longer supported\n",
        "cmake::deprecated_option",
        &["LLAMA_MPI"],
    );
    unknown(
        Configure,
        "CMake Warning at CMakeLists.txt:95 (message):\n  LLAMA_CUDA is deprecated and will be removed in the future.\n\n  Use GGML_CUDA instead\n\nCall Stack (most recent call first):\n  CMakeLists.txt:101 (llama_option_depr)\n",
    );
}

#[test]
fn git() {
    for (log, code, fact) in [
        (
            "remote: Repository not found.\nfatal: repository 'https://example.org/x.git/' not found\n",
            "source::access_denied",
            "https://example.org/x.git/",
        ),
        (
            "git@example.org: Permission denied (publickey).\nfatal: Could not read from remote repository.\n",
            "source::access_denied",
            "",
        ),
        (
            "fatal: could not read Username for 'https://example.org': terminal prompts disabled\n",
            "source::access_denied",
            "https://example.org",
        ),
        (
            "fatal: unable to access 'https://example.org/x.git/': SSL certificate problem: certificate has expired\n",
            "build::certificate_refused",
            "certificate has expired",
        ),
        ("fatal: couldn't find remote ref b9999\n", "source::ref_not_found", "b9999"),
        (
            "error: object file .git/objects/ab/cd is empty\nfatal: loose object abcd (stored in .git/objects/ab/cd) is corrupt\n",
            "source::damaged",
            ".git/objects/ab/cd",
        ),
        (
            "error: RPC failed; HTTP 500 curl 22 The requested URL returned error: 500\nfatal: early EOF\n",
            "build::download_failed",
            "HTTP 500",
        ),
        (
            "error: file write error: No space left on device\nfatal: unable to write loose object file\n",
            "build::no_space",
            "",
        ),
    ] {
        check(Configure, log, code, &[fact]);
    }
}

#[test]
fn an_unknown_failure_is_unknown() {
    unknown(
        Configure,
        "CMake Error at CMakeLists.txt:7 (message):\n  the moon is in the wrong phase\n\n\n-- Configuring incomplete, errors occurred!\n",
    );
    unknown(Build, "ninja: error: something new\n");
}
