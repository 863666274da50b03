//! What a release of llama.cpp needs of the host that builds it: the one answer, as plain data.
//!
//! Of a release that is named by its tag, its number tells; of a branch or a commit nothing is known before it is fetched, and
//! then its own CMake files tell ([`declares`](crate::declares)). What is not known is not demanded: a compiler that is too
//! old is reported by its own words.

use crate::Definition;

/// A program of the build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum BuildTool {
    /// CMake.
    Cmake,
    /// The C++ compiler.
    Cxx,
}

/// A version below which a program does not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Floor {
    /// Which program.
    pub tool: BuildTool,
    /// Major, minor and patch.
    pub version: (u32, u32, u32),
    /// Why, as a clause.
    pub because: &'static str,
}

/// A library whose headers a definition asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Library {
    /// libcurl, which old releases fetch models with.
    Curl,
    /// OpenSSL, for HTTPS.
    Openssl,
}

/// Headers that have to be installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headers {
    /// Whose.
    pub library: Library,
    /// The definition that asks for them.
    pub definition: &'static str,
}

/// What a build needs beyond git, CMake, ninja or make and the compilers themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirements {
    /// Lowest versions.
    pub floors: Vec<Floor>,
    /// Headers. No build needs any by itself: libcurl and OpenSSL are there to fetch models, which is done before the start.
    pub headers: Vec<Headers>,
}

/// What the release that `reference` names needs for these definitions. `declares_curl` is asked only where the definitions
/// say `LLAMA_CURL` and the reference is no release that tells: whether the tree has the option, if that is known. A tree that
/// no longer has it ignores it.
///
/// ```
/// use llamacpp_build::{Definition, Library, requirements};
///
/// let asked = [Definition::parse("-DLLAMA_CURL=ON")?];
/// let needs = requirements("b7735", false, &asked, || None);
/// assert_eq!(needs.floors[0].version, (8, 0, 0));
/// assert_eq!(needs.headers[0].library, Library::Curl);
/// assert!(requirements("b7736", false, &asked, || None).headers.is_empty());
/// # Ok::<(), llamacpp_build::BuildError>(())
/// ```
pub fn requirements(
    reference: &str,
    cuda: bool,
    definitions: &[Definition],
    declares_curl: impl FnOnce() -> Option<bool>,
) -> Requirements {
    let mut needs = Requirements::default();
    if cuda {
        // <https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml-cuda/CMakeLists.txt>
        let because = "CUDA architectures are known to it from that version on";
        needs.floors.push(Floor { tool: BuildTool::Cmake, version: (3, 18, 0), because });
    }
    if is_written_in_cxx17(reference) {
        // <https://gcc.gnu.org/projects/cxx-status.html#cxx17>; its library has <filesystem> since 8.
        let because = "llama.cpp is written in C++17";
        needs.floors.push(Floor { tool: BuildTool::Cxx, version: (8, 0, 0), because });
    }
    let is_on = |name: &str| definitions.iter().rev().find(|d| d.name == name).is_some_and(Definition::is_on);
    if is_on("LLAMA_CURL") && release_has_curl(reference).or_else(declares_curl).unwrap_or(false) {
        needs.headers.push(Headers { library: Library::Curl, definition: "LLAMA_CURL" });
    }
    // Without the headers an old tree stops, and a newer one continues without what was asked for.
    if let Some(definition) = ["LLAMA_OPENSSL", "LLAMA_SERVER_SSL"].into_iter().find(|name| is_on(name)) {
        needs.headers.push(Headers { library: Library::Openssl, definition });
    }
    needs
}

/// The first release that is written in C++17.
const CXX17_SINCE: u32 = 4753;

/// The first release without libcurl (discussed in <https://github.com/ggml-org/llama.cpp/issues/18922>).
const CURL_DROPPED_AT: u32 = 7736;

/// Whether a release is known to be: `b4753` and later, and those of the form `v0.5.0`.
fn is_written_in_cxx17(reference: &str) -> bool {
    build_number(reference).is_some_and(|number| number >= CXX17_SINCE)
        || short(reference).strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether the release named by a tag such as `b7735` still has an option to build with libcurl; `None` for any other name.
fn release_has_curl(reference: &str) -> Option<bool> {
    build_number(reference).map(|number| number < CURL_DROPPED_AT)
}

/// The number in a release's tag, `b7735`. A commit may start like one.
fn build_number(reference: &str) -> Option<u32> {
    let number = short(reference).strip_prefix('b')?;
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())?
}

fn short(reference: &str) -> &str {
    reference.strip_prefix("refs/tags/").unwrap_or(reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only the tags of releases are numbers of builds; a commit may start as one.
    #[test]
    fn only_release_tags_tell() {
        for (name, curl, cxx17) in [
            ("b7735", Some(true), true),
            ("b7736", Some(false), true),
            ("refs/tags/b9999", Some(false), true),
            ("b4752", Some(true), false),
            ("b4753", Some(true), true),
            ("v0.5.0", None, true),
        ] {
            assert_eq!((release_has_curl(name), is_written_in_cxx17(name)), (curl, cxx17), "{name}");
        }
        for name in ["b", "b7735-fix", "b+1", "7735", "bdeadbeef", "b99999999999", "B7735", "", "master", "vulkan"] {
            assert_eq!((release_has_curl(name), is_written_in_cxx17(name)), (None, false), "{name}");
        }
    }

    #[test]
    fn cuda_needs_a_cmake_that_knows_architectures() {
        let tools = |cuda| requirements("b4753", cuda, &[], || None).floors.iter().map(|f| f.tool).collect::<Vec<_>>();
        assert_eq!(tools(true), [BuildTool::Cmake, BuildTool::Cxx]);
        assert_eq!(tools(false), [BuildTool::Cxx]);
    }
}
