//! Compilers that are too old, incomplete or broken.

use super::super::pattern::{cmake, said, warned};
use super::cmake::COMPILER;
use super::{BUILDING, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "build::compiler_crashed",
        phases: BUILDING,
        any: &[
            said("internal compiler error: {what*}"),
            said("{program} died due to signal {signal#}"),
            said("fatal error: {what} signal terminated program {program}"),
            said("signal terminated program {program}"),
            said("PLEASE submit a bug report to"),
            said("error: unable to execute command: Segmentation fault"),
            said("clang frontend command failed"),
            said("Internal error: assertion failed"),
            said("terminated with signal 11"),
            said("{target}] Segmentation fault"),
            said("{target}] Error 139"),
            said("FAILED: [code=139]"),
        ],
        cause: "the compiler crashed[: {what}][ ({program})][, building `{target}`]",
        remedy: "try again with `provisioning.source.build.jobs = 1`; if it stays at the same file, install another version of the \
                 compiler; if it moves about, test the memory (`sudo memtester 1G 1`)",
    },
    Rule {
        code: "build::ccache",
        phases: BUILDING,
        any: &[
            said("ccache: error: {what*}"),
            said("ccache: FATAL: {what*}"),
            said("sccache: error: {what*}"),
            said("sccache: encountered fatal error"),
        ],
        cause: "ccache failed, not the compiler[: {what}]",
        remedy: "put -DGGML_CCACHE=OFF into `provisioning.source.build.cmake_flags`, or clear it: `ccache --clear`",
    },
    Rule {
        code: "build::no_cxx_headers",
        phases: BUILDING,
        any: &[
            said("fatal error: bits/c++config.h: No such file"),
            said("cannot open source file \"bits/c++config.h\""),
            said("fatal error: algorithm: No such file"),
            said("fatal error: 'algorithm' file not found"),
            said("fatal error: array: No such file"),
            said("fatal error: 'array' file not found"),
            said("fatal error: atomic: No such file"),
            said("fatal error: 'atomic' file not found"),
            said("fatal error: cstdint: No such file"),
            said("fatal error: 'cstdint' file not found"),
            said("fatal error: cstddef: No such file"),
            said("fatal error: 'cstddef' file not found"),
            said("fatal error: iostream: No such file"),
            said("fatal error: 'iostream' file not found"),
            said("fatal error: string: No such file"),
            said("fatal error: 'string' file not found"),
            said("fatal error: vector: No such file"),
            said("fatal error: 'vector' file not found"),
            said("cannot find -lstdc++"),
            said("unable to find library -lstdc++"),
        ],
        cause: "the C++ standard library's development files are missing, or of another gcc than the compiler uses",
        remedy: "install them: `sudo apt install g++ libstdc++-14-dev` (the newest gcc that `ls /usr/lib/gcc/*` shows), \
                 `sudo pacman -S gcc`, `sudo dnf install gcc-c++ libstdc++-devel`",
    },
    Rule {
        code: "build::no_c_headers",
        phases: BUILDING,
        any: &[
            said("cannot find crt1.o"),
            said("cannot find Scrt1.o"),
            said("cannot find crti.o"),
            said("cannot find -lc\n"),
            said("cannot find -lc:"),
            said("cannot find -lm\n"),
            said("fatal error: sys/cdefs.h: No such file"),
            said("fatal error: bits/libc-header-start.h: No such file"),
            said("fatal error: linux/limits.h: No such file"),
            said("fatal error: gnu/stubs-"),
        ],
        cause: "the C library's development files are missing",
        remedy: "install them: `sudo apt install libc6-dev linux-libc-dev`, `sudo pacman -S glibc linux-api-headers`, \
                 `sudo dnf install glibc-devel kernel-headers`",
    },
    Rule {
        code: "build::compiler_too_old",
        phases: BUILDING,
        any: &[
            said("error: unrecognized command line option '{what}'"),
            said("error: unrecognized command-line option '{what}'"),
            said("error: unknown argument: '{what}'"),
            said("error: bad value ('{what}') for '-m"),
            said("error: bad value '{what}' for '-m"),
            said("error: invalid value '{what}' in '-std"),
            said("error: unknown target CPU '{what}'"),
            said("error: unknown value '{what}' for '-m"),
            // The assembler: only its `Error:` is in the language of the user.
            said("no such instruction: '{what}"),
            said("unsupported instruction '{what}'"),
            said("suffix or operands invalid for '{what}'"),
            said("operand type mismatch for '{what}'"),
            said("operand size mismatch for '{what}'"),
            said("unknown architectural extension '{what}'"),
            said("Error: unknown mnemonic '{what}"),
            said("Error: selected processor does not support '{what}'"),
            cmake("requires the language dialect \"{what}\""),
        ],
        cause: "the compiler or assembler[ ({cxx})] does not know `{what}`: it is too old for these sources or this CPU",
        remedy: "install a newer one (gcc 11 or later, and its binutils): `sudo apt install g++-12`, \
                 `sudo dnf install gcc-toolset-13`; or put -DGGML_NATIVE=OFF into `provisioning.source.build.cmake_flags`",
    },
    Rule {
        code: "build::compiler_too_old",
        phases: BUILDING,
        any: &[
            said("undefined reference to 'std::filesystem::"),
            said("undefined reference to 'vtable for std::filesystem::"),
            said("undefined reference to 'typeinfo for std::filesystem::"),
            said("fatal error: filesystem: No such file"),
            said("fatal error: charconv: No such file"),
            said("fatal error: 'filesystem' file not found"),
        ],
        cause: "the compiler[ ({cxx})], or the libstdc++ that is linked, is too old for C++17's std::filesystem",
        remedy: "install gcc 9 or later and let nothing older (conda, another SDK) stand before it in PATH: \
                 `sudo apt install g++-12`, `sudo dnf install gcc-toolset-13`",
    },
    Rule {
        code: "build::cpu_features",
        phases: BUILDING,
        any: &[
            said("inlining failed in call to 'always_inline' '{what}': target specific option mismatch"),
            said("inlining failed in call to always_inline '{what}': target specific option mismatch"),
            said("error: always_inline function '{what}' requires target feature"),
            said("implicit declaration of function '_mm{what}'"),
            said("'_mm{what}' was not declared in this scope"),
        ],
        cause: "the CPU features that the build assumes are not those that the compiler is told (`{what}`), as happens in virtual \
                machines that hide some",
        remedy: "put -DGGML_NATIVE=OFF into `provisioning.source.build.cmake_flags`, with the features that `lscpu` shows, such as \
                 -DGGML_AVX2=OFF",
    },
    Rule {
        code: "build::warnings_as_errors",
        phases: BUILDING,
        any: &[
            said("[-Werror={warning}]"),
            said("[-Werror,-W{warning}]"),
            said("all warnings being treated as errors"),
            warned("[-Werror={warning}]"),
        ],
        cause: "a warning is treated as an error[: {warning}]",
        remedy: "put -DLLAMA_FATAL_WARNINGS=OFF into `provisioning.source.build.cmake_flags`, and take -Werror out of CFLAGS and CXXFLAGS",
    },
    Rule {
        code: "build::header_missing",
        phases: BUILDING,
        any: &[
            said("fatal error: {header}: No such file or directory"),
            said("fatal error: '{header}' file not found"),
            said("cannot open source file \"{header}\""),
        ],
        cause: "the header `{header}` is missing[, building `{target}`]",
        remedy: "install the development package that has it: `apt-file search {header}`, `pacman -F {header}`, \
                 `dnf provides '*/{header}'`; a header of llama.cpp itself: start again with a fresh tree",
    },
    Rule {
        code: "build::no_compiler",
        phases: BUILDING,
        any: &[
            said("{compiler@}: command not found"),
            said("{compiler@}: Command not found"),
            said("{compiler@}: not found"),
            said("{compiler@}: No such file or directory"),
        ],
        cause: "`{compiler}`, which the build calls, does not exist",
        remedy: COMPILER,
    },
];
