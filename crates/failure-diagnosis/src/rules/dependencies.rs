//! Libraries that llama.cpp asks for.

use super::{BUILDING, Rule};
use crate::pattern::{cmake, said};

const CURL: &str = "install it: `sudo apt install libcurl4-openssl-dev` (Debian, Ubuntu), `sudo dnf install libcurl-devel` (Fedora), \
    `sudo pacman -S curl` (Arch); or put -DLLAMA_CURL=OFF into `provisioning.source.build.cmake_flags`: the server that is built \
    here needs no curl";

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "build::no_curl",
        phases: BUILDING,
        any: &[
            cmake("Could NOT find CURL"),
            cmake("Could not find CURL"),
            said("fatal error: {header=curl/}: No such file"),
            said("fatal error: '{header=curl/}' file not found"),
            said("cannot find -lcurl"),
            said("undefined reference to 'curl_"),
        ],
        cause: "the development files of libcurl are missing",
        remedy: CURL,
    },
    Rule {
        code: "build::no_openssl",
        phases: BUILDING,
        any: &[
            cmake("Could NOT find OpenSSL"),
            said("fatal error: openssl/{header}: No such file"),
            said("fatal error: 'openssl/{header}' file not found"),
            said("cannot find -lssl"),
            said("cannot find -lcrypto"),
            said("undefined reference to 'SSL_"),
            said("undefined reference to 'OPENSSL_"),
        ],
        cause: "the development files of OpenSSL are missing, too old, or not linked",
        remedy: "install them: `sudo apt install libssl-dev` (Debian, Ubuntu), `sudo dnf install openssl-devel` (Fedora), \
                 `sudo pacman -S openssl` (Arch); or put -DLLAMA_OPENSSL=OFF into `provisioning.source.build.cmake_flags`",
    },
    Rule {
        code: "build::no_openmp",
        phases: BUILDING,
        any: &[
            cmake("Could NOT find OpenMP"),
            said("fatal error: omp.h: No such file"),
            said("fatal error: 'omp.h' file not found"),
            said("cannot find -lgomp"),
            said("cannot find -lomp"),
        ],
        cause: "the compiler has no OpenMP",
        remedy: "install it (`sudo apt install libgomp1 libomp-dev`, `sudo pacman -S openmp`), or put -DGGML_OPENMP=OFF into \
                 `provisioning.source.build.cmake_flags`",
    },
    Rule {
        code: "build::no_threads",
        phases: BUILDING,
        any: &[cmake("Could NOT find Threads")],
        cause: "CMake cannot link a program with threads: the C compiler or the C library's development files are broken",
        remedy: "reinstall them: `sudo apt install --reinstall gcc g++ libc6-dev`, `sudo pacman -S gcc glibc`, \
                 `sudo dnf reinstall gcc gcc-c++ glibc-devel`",
    },
    Rule {
        code: "cmake::no_git",
        phases: BUILDING,
        any: &[
            cmake("Could NOT find Git"),
            cmake("could not find git for clone of"),
            cmake("error: could not find git"),
        ],
        cause: "CMake wants git, and finds none",
        remedy: "install it: `sudo apt install git`, `sudo pacman -S git`, `sudo dnf install git`",
    },
    Rule {
        code: "build::no_ui_assets",
        phases: BUILDING,
        any: &[
            said("UI: no assets available"),
            said("UI: HF download failed"),
            said("UI: failed to download"),
            said("missing required asset(s): {what*}"),
            said("llama-ui-embed failed"),
        ],
        cause: "the files of the web interface are neither in the tree nor could be built or downloaded[: {what}]",
        remedy: "put -DLLAMA_BUILD_UI=OFF into `provisioning.source.build.cmake_flags` (the API stays), or let this host reach \
                 the place that the log names",
    },
    Rule {
        code: "build::download_failed",
        phases: BUILDING,
        any: &[
            said("Could not resolve host: {host}"),
            said("Could not resolve hostname {host*}: "),
            said("fatal: unable to access '{host}': {why*}"),
            cmake("HASH mismatch for file: {host}"),
            cmake("cannot compute hash on failed download"),
            cmake("Failed to clone repository: '{host}'"),
            said("Each download failed!"),
            said("error: RPC failed; {why*}"),
            said("fatal: early EOF"),
            said("fatal: protocol error: {why*}"),
            said("fatal: fetch-pack: {why*}"),
            said("The remote end hung up unexpectedly"),
            said("Could not read from remote repository"),
            said("fatal: clone of '{host}' into submodule path"),
            said("error: cannot run ssh: {why*}"),
            said("ssh: connect to host {host} port"),
            said("status_string: \"{why}\""),
            said("error: downloading '{host}' failed"),
        ],
        cause: "the build wants to download something, and could not[: {host}][: {why}]",
        remedy: "put -DFETCHCONTENT_FULLY_DISCONNECTED=ON or the option that switches this part off into \
                 `provisioning.source.build.cmake_flags`, or let this host reach it; a proxy is taken from https_proxy",
    },
];
