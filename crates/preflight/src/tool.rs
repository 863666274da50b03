//! The programs that can be asked for: their names, the oldest version that will do, and what they are for.

use std::fmt;

use serde::Serialize;

use crate::version::Version;

/// A program that somebody needs.
///
/// nvcc is not among them: which of a host's CUDA compilers serves depends on its GPUs and is `gpu-detect`'s matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
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
    /// Fetches models from Hugging Face.
    HfCli,
}

/// What is known about a tool.
pub(crate) struct Facts {
    pub(crate) name: &'static str,
    /// Names of programs in order of preference.
    pub(crate) programs: &'static [&'static str],
    /// The oldest version that will do.
    pub(crate) minimum: Option<Version>,
    /// What makes it print its version; `None` where no version matters.
    pub(crate) ask: Option<&'static str>,
    /// What it is needed for.
    pub(crate) why: &'static str,
}

impl Tool {
    /// What a llama.cpp server is built with.
    pub const SOURCE_BUILD: [Self; 5] = [Self::Git, Self::Cmake, Self::NinjaOrMake, Self::Cc, Self::Cxx];

    /// The tools that satisfy this one, in order of preference.
    pub(crate) fn choices(self) -> &'static [Self] {
        match self {
            Self::NinjaOrMake => &[Self::Ninja, Self::Make],
            Self::Git => &[Self::Git],
            Self::Cmake => &[Self::Cmake],
            Self::Ninja => &[Self::Ninja],
            Self::Make => &[Self::Make],
            Self::Cc => &[Self::Cc],
            Self::Cxx => &[Self::Cxx],
            Self::HfCli => &[Self::HfCli],
        }
    }

    pub(crate) fn facts(self) -> Facts {
        let ask = Some("--version");
        match self {
            Self::Git => Facts {
                name: "git",
                programs: &["git"],
                // `git rev-parse --end-of-options`, without which a branch name can be read as an option, is in 2.30.
                minimum: Some(Version::new(2, 30, 0)),
                ask,
                why: "it fetches the engine's sources",
            },
            Self::Cmake => Facts {
                name: "CMake",
                programs: &["cmake", "cmake3"],
                // The oldest that llama.cpp's own CMakeLists.txt accepts.
                minimum: Some(Version::new(3, 14, 0)),
                ask,
                why: "it configures the build",
            },
            Self::NinjaOrMake => Facts { name: "Ninja or Make", programs: &[], minimum: None, ask, why: RUNS_BUILD },
            // `ninja-build` is older Fedora's name, `samu` is Alpine's Ninja; CMake knows all three.
            Self::Ninja => Facts {
                name: "Ninja",
                programs: &["ninja", "ninja-build", "samu"],
                minimum: None,
                ask,
                why: RUNS_BUILD,
            },
            Self::Make => Facts { name: "Make", programs: &["make", "gmake"], minimum: None, ask, why: RUNS_BUILD },
            Self::Cc => Facts {
                name: "a C compiler",
                programs: &["cc", "gcc", "clang"],
                minimum: None,
                ask,
                why: "it compiles the engine",
            },
            Self::Cxx => Facts {
                name: "a C++ compiler",
                programs: &["c++", "g++", "clang++"],
                minimum: None,
                ask,
                why: "it compiles the engine",
            },
            Self::HfCli => Facts {
                name: "the Hugging Face CLI (`hf`)",
                programs: &["hf", "huggingface-cli"],
                minimum: None,
                ask: None,
                why: "it fetches models named `hf:…`",
            },
        }
    }
}

const RUNS_BUILD: &str = "it runs the build that CMake configures";

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.facts().name)
    }
}
