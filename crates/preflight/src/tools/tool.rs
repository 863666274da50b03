//! The programs that can be asked for: their names, the oldest version that will do, and what they are for.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::version::Version;

/// A program, or headers, that somebody needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Tool {
    /// Fetches sources.
    Git,
    /// Configures builds.
    Cmake,
    /// Runs builds: Ninja, which is preferred, or Make. A report names the one that was found.
    NinjaOrMake,
    /// Ninja and nothing else.
    Ninja,
    /// Make and nothing else.
    Make,
    /// Compiles C.
    Cc,
    /// Compiles C++.
    Cxx,
    /// Finds libraries for builds that ask for them.
    PkgConfig,
    /// libcurl's headers, which the C compiler is asked for.
    CurlHeaders,
    /// OpenSSL's headers, which the C compiler is asked for.
    OpensslHeaders,
    /// A CUDA compiler of any version. Which one serves depends on the host's GPUs and is `gpu-detect`'s matter: ask
    /// for this where that found none, so that it stands in the same list as everything else.
    Nvcc,
    /// A CUDA 12 compiler, for GPUs that CUDA 13 dropped. Ask for it, too, only where `gpu-detect` found none.
    Nvcc12,
    /// Links faster than the compiler's own linker: mold.
    Mold,
    /// Links faster than the compiler's own linker: LLVM's.
    Lld,
    /// The linker that compilers use where none is asked for.
    Ld,
    /// Keeps what compilers made.
    Ccache,
    /// Fetches models from Hugging Face.
    HfCli,
    /// Runs containers: Podman, which is preferred, or Docker. A report names the one that was found.
    PodmanOrDocker,
    /// Podman and nothing else.
    Podman,
    /// Docker and nothing else.
    Docker,
}

/// What is known about a tool.
pub(crate) struct Facts {
    pub(crate) name: &'static str,
    /// Names of programs in order of preference.
    pub(crate) programs: &'static [&'static str],
    /// The header that stands for all of them, where it is headers and no program.
    pub(crate) header: Option<&'static str>,
    /// Where it is put outside `PATH`.
    pub(crate) folders: &'static [&'static str],
    /// The oldest version that will do, whatever the plan.
    pub(crate) minimum: Option<Version>,
    /// What makes it print its version; `None` where no version matters.
    pub(crate) ask: Option<&'static str>,
    /// What it is needed for, where the plan does not say.
    pub(crate) why: &'static str,
    /// What to do where a distribution has no package for it.
    pub(crate) by_hand: Option<&'static str>,
}

const PLAIN: Facts = Facts {
    name: "",
    programs: &[],
    header: None,
    folders: &[],
    minimum: None,
    ask: Some("--version"),
    why: "",
    by_hand: None,
};
const RUNS_BUILD: &str = "it runs the build that CMake configures";
const RUNS_CONTAINERS: &str = "it runs the engine's container";
const COMPILES: &str = "it compiles the engine";
const LINKS: &str = "it links faster";
const CUDA: &str = "it compiles the engine's code for the GPU";
/// Arch's package and NVIDIA's own installers put the toolkit there, and a running shell's `PATH` does not know.
const CUDA_FOLDERS: &[&str] = &["/opt/cuda/bin", "/usr/local/cuda/bin"];

impl Tool {
    /// What a llama.cpp server is built with.
    pub const SOURCE_BUILD: [Self; 5] = [Self::Git, Self::Cmake, Self::NinjaOrMake, Self::Cc, Self::Cxx];

    /// What makes a build faster where it is there, and what links it where nothing does; a plan does without.
    pub const HELPERS: [Self; 4] = [Self::Mold, Self::Lld, Self::Ld, Self::Ccache];

    /// The tools that satisfy this one, in order of preference.
    pub(crate) fn choices(self) -> &'static [Self] {
        match self {
            Self::NinjaOrMake => &[Self::Ninja, Self::Make],
            Self::PodmanOrDocker => &[Self::Podman, Self::Docker],
            Self::Git => &[Self::Git],
            Self::Cmake => &[Self::Cmake],
            Self::Ninja => &[Self::Ninja],
            Self::Make => &[Self::Make],
            Self::Cc => &[Self::Cc],
            Self::Cxx => &[Self::Cxx],
            Self::PkgConfig => &[Self::PkgConfig],
            Self::CurlHeaders => &[Self::CurlHeaders],
            Self::OpensslHeaders => &[Self::OpensslHeaders],
            Self::Nvcc => &[Self::Nvcc],
            Self::Nvcc12 => &[Self::Nvcc12],
            Self::Mold => &[Self::Mold],
            Self::Lld => &[Self::Lld],
            Self::Ld => &[Self::Ld],
            Self::Ccache => &[Self::Ccache],
            Self::HfCli => &[Self::HfCli],
            Self::Podman => &[Self::Podman],
            Self::Docker => &[Self::Docker],
        }
    }

    /// Its name in `distro`'s table of packages, which is also its word in reports.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Git => "git",
            Self::Cmake => "cmake",
            Self::NinjaOrMake => "ninja_or_make",
            Self::Ninja => "ninja",
            Self::Make => "make",
            Self::Cc => "cc",
            Self::Cxx => "cxx",
            Self::PkgConfig => "pkg_config",
            Self::CurlHeaders => "curl_headers",
            Self::OpensslHeaders => "openssl_headers",
            Self::Nvcc => "nvcc",
            Self::Nvcc12 => "nvcc12",
            Self::Mold => "mold",
            Self::Lld => "lld",
            Self::Ld => "ld",
            Self::Ccache => "ccache",
            Self::HfCli => "hf_cli",
            Self::PodmanOrDocker => "podman_or_docker",
            Self::Podman => "podman",
            Self::Docker => "docker",
        }
    }

    pub(crate) fn facts(self) -> Facts {
        match self {
            // `git rev-parse --end-of-options`, without which a branch name can be read as an option, is in 2.30.
            Self::Git => Facts {
                name: "git",
                programs: &["git"],
                minimum: Some(Version::new(2, 30, 0)),
                why: "it fetches the engine's sources",
                ..PLAIN
            },
            // 3.14 is the oldest that llama.cpp's own CMakeLists.txt accepts.
            Self::Cmake => Facts {
                name: "CMake",
                programs: &["cmake", "cmake3"],
                minimum: Some(Version::new(3, 14, 0)),
                why: "it configures the build",
                ..PLAIN
            },
            Self::NinjaOrMake => Facts { name: "Ninja or Make", why: RUNS_BUILD, ..PLAIN },
            // `ninja-build` is older Fedora's name, `samu` is Alpine's Ninja; CMake knows all three.
            Self::Ninja => {
                Facts { name: "Ninja", programs: &["ninja", "ninja-build", "samu"], why: RUNS_BUILD, ..PLAIN }
            }
            Self::Make => Facts { name: "Make", programs: &["make", "gmake"], why: RUNS_BUILD, ..PLAIN },
            Self::Cc => Facts { name: "a C compiler", programs: &["cc", "gcc", "clang"], why: COMPILES, ..PLAIN },
            Self::Cxx => Facts { name: "a C++ compiler", programs: &["c++", "g++", "clang++"], why: COMPILES, ..PLAIN },
            Self::PkgConfig => Facts {
                name: "pkg-config",
                programs: &["pkg-config", "pkgconf"],
                why: "it finds the libraries that the build asks for",
                ..PLAIN
            },
            Self::CurlHeaders => Facts {
                name: "libcurl's headers",
                header: Some("curl/curl.h"),
                why: "this version of llama.cpp is to be built with libcurl",
                ..PLAIN
            },
            Self::OpensslHeaders => Facts {
                name: "OpenSSL's headers",
                header: Some("openssl/ssl.h"),
                why: "llama.cpp is to be built with OpenSSL",
                ..PLAIN
            },
            Self::Mold => Facts { name: "mold", programs: &["mold"], why: LINKS, ..PLAIN },
            Self::Lld => Facts { name: "lld", programs: &["ld.lld"], why: LINKS, ..PLAIN },
            Self::Ld => Facts { name: "ld", programs: &["ld"], why: "the compilers link with it", ..PLAIN },
            Self::Ccache => Facts {
                name: "ccache",
                programs: &["ccache"],
                why: "what was compiled once is not compiled again",
                ..PLAIN
            },
            Self::Nvcc => Facts {
                name: "the CUDA compiler (`nvcc`)",
                programs: &["nvcc"],
                folders: CUDA_FOLDERS,
                why: CUDA,
                by_hand: Some("NVIDIA's CUDA toolkit, from developer.nvidia.com/cuda-downloads"),
                ..PLAIN
            },
            Self::Nvcc12 => Facts {
                name: "a CUDA 12 compiler (`nvcc`)",
                programs: &["nvcc"],
                folders: CUDA_FOLDERS,
                why: CUDA,
                by_hand: Some("NVIDIA's CUDA 12 toolkit, from developer.nvidia.com/cuda-toolkit-archive"),
                ..PLAIN
            },
            Self::HfCli => Facts {
                name: "the Hugging Face CLI (`hf`)",
                programs: &["hf", "huggingface-cli"],
                ask: None,
                why: "it fetches models named `hf:…`",
                by_hand: Some("the Hugging Face CLI (`pipx install huggingface_hub` gives `hf`)"),
                ..PLAIN
            },
            Self::PodmanOrDocker => Facts { name: "Podman or Docker", why: RUNS_CONTAINERS, ..PLAIN },
            Self::Podman => Facts { name: "Podman", programs: &["podman"], why: RUNS_CONTAINERS, ..PLAIN },
            Self::Docker => Facts { name: "Docker", programs: &["docker"], why: RUNS_CONTAINERS, ..PLAIN },
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.facts().name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every name in the table is a tool, and each tool is found by its own word.
    #[test]
    fn the_table_and_the_tools_use_the_same_names() {
        for family in distro::families() {
            for name in family.packages.keys().chain(family.user_packages.keys()) {
                let tool: Tool = serde_json::from_value(name.as_str().into()).unwrap();
                assert_eq!(tool.key(), name, "{}", family.name);
            }
        }
        for tool in Tool::SOURCE_BUILD.into_iter().chain(Tool::HELPERS) {
            assert_eq!(serde_json::to_value(tool).unwrap(), tool.key());
        }
    }
}
