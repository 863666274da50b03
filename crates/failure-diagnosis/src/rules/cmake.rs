//! CMake itself: its version, its cache, the tools it drives, the tree it is given.

use super::{BUILDING, Rule};
use crate::pattern::{cmake, said};

pub(super) const COMPILER: &str = "install a compiler: `sudo apt install build-essential` (Debian, Ubuntu), `sudo pacman -S base-devel` (Arch), \
    `sudo dnf install gcc gcc-c++` (Fedora), `sudo zypper install gcc gcc-c++` (openSUSE)";
const CACHE: &str = "configure in an empty folder: builds never share one; if you made this one, remove its CMakeCache.txt and CMakeFiles";

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "cmake::too_old",
        phases: BUILDING,
        any: &[
            said("CMake {need#} or higher is required. You are running version {have}"),
            said("CMake {need#} or newer is required. You are running version {have}"),
        ],
        cause: "the sources want CMake {need} or later, and this is {have}",
        remedy: "install a newer one: `pipx install cmake`, or from your distribution's backports",
    },
    Rule {
        code: "cmake::too_new",
        phases: BUILDING,
        any: &[said("Compatibility with CMake < {old#} has been removed from CMake")],
        cause: "the sources ask for the rules of a CMake before {old}, which this CMake no longer has",
        remedy: "put -DCMAKE_POLICY_VERSION_MINIMUM={old} into `provisioning.source.build.cmake_flags`, or take a newer release",
    },
    Rule {
        code: "cmake::broken_install",
        phases: BUILDING,
        any: &[
            said("Could not find CMAKE_ROOT"),
            said("CMake has most likely not been installed correctly"),
            said("Error executing cmake::LoadCache()"),
            said("Missing variable is: CMAKE_C_"),
            said("Missing variable is: CMAKE_CXX_"),
        ],
        cause: "CMake does not find its own files",
        remedy: "reinstall it, and look which one runs: `command -v cmake; cmake --version`",
    },
    Rule {
        code: "cmake::unknown_generator",
        phases: BUILDING,
        any: &[
            said("Could not create named generator \"{generator}\""),
            said("Could not create named generator {generator*}"),
            said("CMake Error: No generator specified for -G"),
        ],
        cause: "this CMake has no generator[ `{generator}`]",
        remedy: "use `Ninja` or `Unix Makefiles`; `cmake --help` lists them",
    },
    Rule {
        code: "cmake::generator_changed",
        phases: BUILDING,
        any: &[said("generator : {new*} Does not match the generator used previously: {old*}")],
        cause: "the folder was configured for `{old}` and is now to be for `{new}`",
        remedy: CACHE,
    },
    Rule {
        code: "cmake::stale_cache",
        phases: BUILDING,
        any: &[
            said("CMakeCache.txt directory {found} is different than the directory {made}"),
            said("The source \"{found}\" does not match the source \"{made}\" used to generate cache"),
        ],
        cause: "the CMake cache is of another folder: `{found}` is not `{made}`",
        remedy: CACHE,
    },
    Rule {
        code: "cmake::bad_cache",
        phases: BUILDING,
        any: &[
            said("Parse error in cache file {file}"),
            said("Offending entry: {file}"),
            said("The current CMakeCache.txt is corrupt"),
        ],
        cause: "the CMake cache is missing or damaged[: {file}]",
        remedy: CACHE,
    },
    Rule {
        code: "cmake::deprecated_option",
        phases: BUILDING,
        any: &[
            cmake("{option} is deprecated, use {new} instead"),
            cmake("{option} is deprecated. Use {new} instead"),
            cmake("{option} is deprecated and will be removed in the future. Use {new} instead"),
            cmake("{option} has been removed, use {new} instead"),
        ],
        cause: "this release of llama.cpp has `{new}` in place of `{option}`",
        remedy: "write -D{new}=ON in `provisioning.source.build.cmake_flags` in place of -D{option}=ON, or leave it out where \
                 `provisioning.accelerator` says the same",
    },
    Rule {
        code: "cmake::deprecated_option",
        phases: BUILDING,
        any: &[
            cmake("{option} is deprecated"),
            cmake("{option} has been removed"),
            cmake("{option} is no longer supported"),
        ],
        cause: "this release of llama.cpp does not have `{option}` any more",
        remedy: "leave it out of `provisioning.source.build.cmake_flags`",
    },
    Rule {
        code: "cmake::options_conflict",
        phases: BUILDING,
        any: &[
            cmake("{option} requires GGML_{other}"),
            cmake("{option} requires LLAMA_{other}"),
            cmake("{option} requires BUILD_SHARED_LIBS"),
            cmake("{option} is not compatible with GGML_{other}"),
        ],
        cause: "the option `{option}` does not go with the values of the others",
        remedy: "correct the two in `provisioning.source.build.cmake_flags`; what is not named there is as the release sets it",
    },
    Rule {
        code: "cmake::no_toolchain_file",
        phases: BUILDING,
        any: &[cmake("Could not find toolchain file: {file}")],
        cause: "the toolchain file `{file}` does not exist",
        remedy: "correct CMAKE_TOOLCHAIN_FILE in `provisioning.source.build.cmake_flags`, or leave it out",
    },
    Rule {
        code: "source::submodule_missing",
        phases: BUILDING,
        any: &[
            cmake("The source directory {dir} does not contain a CMakeLists.txt file"),
            cmake("add_subdirectory given source \"{dir}\" which is not an existing directory"),
            cmake("add_subdirectory not given a binary directory but the given source directory \"{dir}\""),
        ],
        cause: "`{dir}` of the source tree is empty or missing: a submodule, or a part that was not copied",
        remedy: "fetch it: `git submodule update --init --recursive` in the tree; an archive of a release has no submodules",
    },
    Rule {
        code: "source::missing",
        phases: BUILDING,
        any: &[
            said("The source directory \"{dir}\" does not exist"),
            said("The source directory \"{dir}\" does not appear to contain CMakeLists.txt"),
            said("The source directory \"{dir}\" is a file"),
        ],
        cause: "`{dir}` is no source tree: it does not exist, or has no CMakeLists.txt",
        remedy: "check `provisioning.source`: the repository, the reference, and where it was checked out: `ls {dir}`",
    },
    Rule {
        code: "source::file_missing",
        phases: BUILDING,
        any: &[
            cmake("Cannot find source file: {file}"),
            cmake("failed to open for reading (No such file or directory): {file}"),
            cmake("include could not find requested file: {file}"),
            cmake("include could not find load file: {file}"),
            cmake("File {file} does not exist."),
            said("cc1: fatal error: {file}: No such file or directory"),
            said("cc1plus: fatal error: {file}: No such file or directory"),
            said("ninja: error: '{file}', needed by '{target}', missing and no known rule to make it"),
            said("No rule to make target '{file}', needed by '{target}'"),
        ],
        cause: "the source tree lacks `{file}`: it is not complete, or was changed during the build",
        remedy: "start again with a fresh tree; if it stays, take another reference of the repository",
    },
    Rule {
        code: "source::dubious_ownership",
        phases: BUILDING,
        any: &[said("detected dubious ownership in repository at '{dir}'")],
        cause: "git refuses `{dir}`, which belongs to another user",
        remedy: "run as its owner, or `git config --global --add safe.directory {dir}`",
    },
    Rule {
        code: "cmake::too_old",
        phases: BUILDING,
        any: &[
            said("Policy \"{what}\" is not known to this version of CMake"),
            said("Policy {what} is not known to this version of CMake"),
            cmake("Unknown CMake command \"{what}\""),
            cmake("if given arguments: {what*} Unknown arguments specified"),
        ],
        cause: "this CMake does not know `{what}`: it is too old for these sources, or a file of theirs is missing",
        remedy: "install a newer one: `pipx install cmake`, or from your distribution's backports",
    },
    Rule {
        code: "cmake::no_build_program",
        phases: BUILDING,
        any: &[
            said("unable to find a build program corresponding to \"{generator}\""),
            said("CMAKE_MAKE_PROGRAM is not set{generator*}"),
        ],
        cause: "the build program of the generator `{generator}` is missing",
        remedy: "install it: `sudo apt install ninja-build make`, `sudo pacman -S ninja make`, `sudo dnf install ninja-build make`",
    },
    Rule {
        code: "cmake::no_build_program",
        phases: BUILDING,
        any: &[
            cmake("Running '{program}' '--version' failed with:"),
            said("Generator: build tool execution failed, command was: {program}"),
            said("Generator: execution of make failed. Make command was: {program}"),
        ],
        cause: "the build program `{program}` does not run",
        remedy: "install it: `sudo apt install ninja-build make`, `sudo pacman -S ninja make`, `sudo dnf install ninja-build make`; and \
                 start again in an empty folder, for CMake remembers its path",
    },
    Rule {
        code: "build::no_linker",
        phases: BUILDING,
        any: &[
            said("collect2: fatal error: cannot find '{linker}'"),
            said("error: invalid linker name in argument '{linker}'"),
            said("error: invalid linker name in '{linker}'"),
            said("CMAKE_{linker=AR}-NOTFOUND "),
            said("CMAKE_{linker=RANLIB}-NOTFOUND "),
            said("CMAKE_{linker=LINKER}-NOTFOUND "),
        ],
        cause: "there is no linker, or not the one that is asked for (`{linker}`)",
        remedy: "install it: `sudo apt install binutils lld mold`, `sudo pacman -S binutils lld mold`, `sudo dnf install binutils lld mold`; \
                 or take -fuse-ld out of `provisioning.source.build.cmake_flags` and LDFLAGS",
    },
    Rule {
        code: "build::no_compiler",
        phases: BUILDING,
        any: &[
            cmake("The CMAKE_{language}_COMPILER: {compiler*} is not a full path"),
            cmake("Could not find compiler set in environment variable {language}: {compiler}"),
            cmake("Could not find the compiler specified in the environment variable {language}: {compiler}"),
            cmake("No CMAKE_{language}_COMPILER could be found"),
            cmake("CMAKE_{language}_COMPILER not set, after EnableLanguage"),
        ],
        cause: "there is no {language} compiler[: `{compiler}` does not exist]",
        remedy: COMPILER,
    },
    Rule {
        code: "build::no_compiler",
        phases: BUILDING,
        any: &[
            said("cannot execute '{program}'"),
            said("error trying to exec '{program}'"),
            said("{program@}: error while loading shared libraries: {library}"),
        ],
        cause: "a part of the compiler, `{program}`, is missing or cannot run[: it needs `{library}`]",
        remedy: "reinstall the compiler, of one version, with its C++ part: `sudo apt install --reinstall gcc g++`, \
                 `sudo pacman -S gcc`, `sudo dnf reinstall gcc gcc-c++`; nvcc uses the newest gcc, whose g++ must be there too",
    },
];
