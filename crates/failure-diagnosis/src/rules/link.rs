//! What only the linker sees.

use super::{BUILDING, Rule};
use crate::pattern::said;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "link::too_large",
        phases: BUILDING,
        any: &[
            said("relocation truncated to fit: {what}"),
            said("relocation {what} out of range"),
            said("relocation overflow"),
            said("final link failed: file truncated"),
        ],
        cause: "the program is too large to link[ ({what})]: it holds code for many CUDA architectures",
        remedy: "build for the cards at hand only: -DCMAKE_CUDA_ARCHITECTURES=90 and -DBUILD_SHARED_LIBS=ON in \
                 `provisioning.source.build.cmake_flags`",
    },
    Rule {
        code: "link::not_pic",
        phases: BUILDING,
        any: &[said("recompile with -fPIC"), said("recompile with -fPIE")],
        cause: "code that is not position independent is to go into a shared library",
        remedy: "put -DCMAKE_POSITION_INDEPENDENT_CODE=ON into `provisioning.source.build.cmake_flags`",
    },
    Rule {
        code: "link::wrong_architecture",
        phases: BUILDING,
        any: &[
            said("{what}: cannot execute binary file"),
            said("{what}: Exec format error"),
            said("file in wrong format"),
            said("file not recognized: {what*}"),
            said("skipping incompatible {what} when searching"),
            said("is incompatible with elf"),
            said("{what} file format not recognized"),
            said("unknown linker script token"),
            said("{what}: unknown file type"),
            said("{what}: file too short"),
            said("bytecode stream in file '{what}' generated with LTO version"),
        ],
        cause: "a program, library or object is of another architecture or compiler, or damaged[: {what}]",
        remedy: "take libraries of this machine's architecture (`uname -m`; `file` shows a library's), and LIBRARY_PATH and \
                 cross compilers out of the way",
    },
    Rule {
        code: "link::library_missing",
        phases: BUILDING,
        any: &[
            said("cannot find -l{library}"),
            said("unable to find library -l{library}"),
            said("fatal: library not found: {library}"),
        ],
        cause: "the linker finds no library `{library}`[, linking `{target}`]",
        remedy: "install its development package: `apt-file search lib{library}.so`, `pacman -F lib{library}.so`, \
                 `dnf provides '*/lib{library}.so'`",
    },
    Rule {
        code: "link::libstdcxx_mismatch",
        phases: BUILDING,
        any: &[said("undefined reference to '{symbol*}@GLIBC{version}'"), said("version 'GLIBC{version}' not found")],
        cause: "a library was built with newer C or C++ libraries than the ones that are linked (GLIBC{version})",
        remedy: "take one set of libraries: no conda or other SDK in PATH, LIBRARY_PATH and LD_LIBRARY_PATH; or update the compiler",
    },
    Rule {
        code: "link::twice_defined",
        phases: BUILDING,
        any: &[said("multiple definition of '{symbol}'"), said("error: duplicate symbol: {symbol}")],
        cause: "`{symbol}` is defined twice[, linking `{target}`]",
        remedy: "start again with a fresh tree; if it stays, this release and these options do not fit: take another release",
    },
    Rule {
        code: "link::undefined_symbol",
        phases: BUILDING,
        any: &[
            said("undefined reference to '{symbol}'"),
            said("undefined reference to symbol '{symbol}'"),
            said("undefined symbol: {symbol*}"),
            said("undefined reference: {symbol*}"),
            said("undefined reference due to --no-allow-shlib-undefined: {symbol*}"),
            said("undefined reference to {symbol*}"),
        ],
        cause: "the libraries that are linked lack `{symbol}`[, linking `{target}`]",
        remedy: "a symbol of llama.cpp: start again with a fresh tree, without options of another release; one of a library: \
                 install its development package in the version of its headers",
    },
    Rule {
        code: "source::file_missing",
        phases: BUILDING,
        any: &[
            said("cannot find {file}: No such file or directory"),
            said("ld: error: cannot open {file}: No such file or directory"),
            said("mold: fatal: cannot open {file}: No such file or directory"),
            said("error: no such file or directory: '{file}'"),
            said("fatal : Could not open input file '{file}'"),
        ],
        cause: "`{file}`, which a compiler or the linker is to read, is not there: the tree or build folder is not complete, or was \
                changed during the build",
        remedy: "start again with a fresh tree and an empty build folder; if it stays, take another reference of the repository",
    },
    Rule {
        code: "build::library_missing",
        phases: BUILDING,
        any: &[
            said("{program}: error while loading shared libraries: {library}: {why*}"),
            said("{program}: symbol lookup error: {library}: {why*}"),
        ],
        cause: "`{program}`, which the build runs, cannot load `{library}`: {why}",
        remedy: "install the package that brings `{library}` (`apt-file search {library}`, `pacman -F {library}`, \
                 `dnf provides '*/{library}'`), and take other versions of it out of LD_LIBRARY_PATH",
    },
];
