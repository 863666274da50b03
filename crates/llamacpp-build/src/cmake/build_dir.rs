//! Whether a build folder that CMake worked in before can be gone on with: a pure decision over its cache.
//!
//! It is wiped where CMake would go on with what it found first, whatever it is told now:
//!
//! - there is no cache, or it is of another version of CMake;
//! - it is of another source folder or another generator: CMake refuses;
//! - the C, C++ or CUDA compiler is another one: CMake starts over by itself and loses options (with another CUDA
//!   compiler it ends with status 0 and `GGML_CUDA=OFF`);
//! - an option is set that the build does not define any more: a deprecated `LLAMA_CUBLAS` would go on to act.
//!
//! It is configured again where a definition (the architectures are one) has another value: an option on the command
//! line replaces the one in the cache. Otherwise it is as it should be. The version of the recipe is in the build's
//! key, and a folder is only ever considered for the key it was made for.

use std::path::Path;

use crate::CmakeCache;
use crate::cmake::definition::is_on;

/// What to do with a build folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildDir {
    /// Go on with it.
    Fresh,
    /// Run CMake in it once more.
    Reconfigure(String),
    /// Start over without it.
    Wipe(String),
}

/// What the build wants.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The source folder.
    pub source: &'a Path,
    /// CMake's name of the generator.
    pub generator: &'a str,
    /// Major, minor and patch version of CMake, as `3.25.1`, where they are known.
    pub cmake: Option<&'a str>,
    /// The definitions, by name.
    pub definitions: &'a [(&'a str, &'a str)],
}

const COMPILERS: [&str; 3] = ["CMAKE_C_COMPILER", "CMAKE_CXX_COMPILER", "CMAKE_CUDA_COMPILER"];

impl BuildDir {
    /// Decides.
    pub fn decide(cache: &CmakeCache, wanted: &Wanted<'_>) -> Self {
        let value = |name: &str| cache.get(name).map(|(_, value)| value);
        let Some(home) = value("CMAKE_HOME_DIRECTORY") else { return Self::Wipe("it has no CMakeCache.txt".into()) };
        if Path::new(home) != wanted.source {
            return Self::Wipe(format!("it is of the source folder `{home}`"));
        }
        let generator = value("CMAKE_GENERATOR").unwrap_or_default();
        if generator != wanted.generator {
            return Self::Wipe(format!("it is for {generator}, not {}", wanted.generator));
        }
        let parts = ["MAJOR", "MINOR", "PATCH"].map(|part| value(&format!("CMAKE_CACHE_{part}_VERSION")).unwrap_or(""));
        if let Some(cmake) = wanted.cmake.filter(|cmake| *cmake != parts.join(".")) {
            return Self::Wipe(format!("it was made by CMake {}, not {cmake}", parts.join(".")));
        }
        let other = |compilers: bool| {
            let mut wishes = wanted.definitions.iter().filter(|(name, _)| COMPILERS.contains(name) == compilers);
            wishes.find(|(name, wish)| value(name).is_none_or(|have| !same(name, have, wish))).map(|(name, _)| *name)
        };
        if let Some(name) = other(true) {
            return Self::Wipe(format!("{name} is another"));
        }
        let defined = |name: &str| wanted.definitions.iter().any(|(other, _)| *other == name);
        // The project's own options have a help text and the type BOOL; one that was forced on it has neither.
        let stray = cache.iter().find(|(name, kind, value)| {
            name.starts_with("LLAMA_") && *kind == "UNINITIALIZED" && is_on(value) && !defined(name)
        });
        if let Some((name, ..)) = stray {
            return Self::Wipe(format!("{name} is set in it and not wanted any more"));
        }
        match other(false) {
            Some(name) => Self::Reconfigure(format!("{name} is another")),
            None => Self::Fresh,
        }
    }
}

/// Equal, or the same switch: CMake keeps what it was told, however it was written.
fn same(name: &str, have: &str, wish: &str) -> bool {
    let switch = name.starts_with("GGML_") || name.starts_with("LLAMA_");
    have == wish || (switch && is_on(have) && is_on(wish))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CACHE: &str = "CMAKE_HOME_DIRECTORY:INTERNAL=/s/src\nCMAKE_GENERATOR:INTERNAL=Ninja\n\
        CMAKE_CACHE_MAJOR_VERSION:INTERNAL=3\nCMAKE_CACHE_MINOR_VERSION:INTERNAL=25\nCMAKE_CACHE_PATCH_VERSION:INTERNAL=1\n\
        CMAKE_CXX_COMPILER:FILEPATH=/usr/bin/c++\nCMAKE_CUDA_COMPILER:FILEPATH=/cuda/bin/nvcc\n\
        CMAKE_CUDA_ARCHITECTURES:STRING=86;90\nGGML_CUDA:BOOL=ON\nLLAMA_BUILD_SERVER:BOOL=ON\n";

    #[test]
    fn each_trigger_and_no_other() {
        let definitions = [
            ("CMAKE_CXX_COMPILER", "/usr/bin/c++"),
            ("CMAKE_CUDA_COMPILER", "/cuda/bin/nvcc"),
            ("CMAKE_CUDA_ARCHITECTURES", "86;90"),
            ("GGML_CUDA", "1"),
            ("LLAMA_BUILD_SERVER", "ON"),
        ];
        let wanted = Wanted {
            source: Path::new("/s/src"),
            generator: "Ninja",
            cmake: Some("3.25.1"),
            definitions: &definitions,
        };
        let check = |from: &str, to: &str, expected: &str| {
            assert!(CACHE.contains(from), "{from}");
            let said = match BuildDir::decide(&CmakeCache::parse(&CACHE.replace(from, to)), &wanted) {
                BuildDir::Fresh => "fresh".to_owned(),
                BuildDir::Reconfigure(why) => format!("reconfigure: {why}"),
                BuildDir::Wipe(why) => format!("wipe: {why}"),
            };
            assert_eq!(said, expected, "{from} -> {to}");
        };
        check("", "", "fresh");
        check("=/s/src", "=/s/other", "wipe: it is of the source folder `/s/other`");
        check("CMAKE_HOME", "CMAKE_", "wipe: it has no CMakeCache.txt");
        check("=Ninja", "=Unix Makefiles", "wipe: it is for Unix Makefiles, not Ninja");
        check("=25", "=31", "wipe: it was made by CMake 3.31.1, not 3.25.1");
        check("/usr/bin/c++", "/opt/c++", "wipe: CMAKE_CXX_COMPILER is another");
        check("/cuda/bin", "/cuda-11/bin", "wipe: CMAKE_CUDA_COMPILER is another");
        check("86;90", "90", "reconfigure: CMAKE_CUDA_ARCHITECTURES is another");
        check("GGML_CUDA:BOOL=ON", "GGML_CUDA:BOOL=OFF", "reconfigure: GGML_CUDA is another");
        check("LLAMA_BUILD_SERVER:BOOL=ON\n", "", "reconfigure: LLAMA_BUILD_SERVER is another");
        check(
            "GGML_CUDA:",
            "LLAMA_CUBLAS:UNINITIALIZED=ON\nGGML_CUDA:",
            "wipe: LLAMA_CUBLAS is set in it and not wanted any more",
        );
        check("GGML_CUDA:", "LLAMA_CUBLAS:UNINITIALIZED=OFF\nGGML_CUDA:", "fresh");
        check("GGML_CUDA:", "LLAMA_BUILD_TOOLS:BOOL=ON\nGGML_CUDA:", "fresh");
    }
}
