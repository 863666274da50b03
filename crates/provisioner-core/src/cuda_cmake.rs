//! A CUDA build needs a newer CMake than any other: 3.18, the first that knows `CMAKE_CUDA_ARCHITECTURES`.
//! <https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml-cuda/CMakeLists.txt>

use preflight::{Outdated, Report, Tool, Version};

const OLDEST: Version = Version::new(3, 18, 0);

/// The report with a CMake that is too old for CUDA counted as too old. One that did not tell its version stays.
pub(crate) fn demand(mut report: Report) -> Report {
    let too_old = |tool: Tool, have: Option<Version>| tool == Tool::Cmake && have.is_some_and(|have| have < OLDEST);
    if let Some(at) = report.found.iter().position(|found| too_old(found.tool, found.version)) {
        let found = report.found.remove(at);
        let have = found.version.unwrap_or(OLDEST);
        let why = "it configures the build, and CUDA architectures are known to it from that version on".into();
        report.outdated.push(Outdated { tool: Tool::Cmake, path: found.path, have, need: OLDEST, why });
    }
    report
}

#[cfg(test)]
mod tests {
    use miette::Diagnostic;
    use preflight::{Found, distribution};

    use super::*;

    #[track_caller]
    fn check(version: Option<Version>, blocked: bool) {
        let path = std::path::PathBuf::from("/usr/bin/cmake");
        let cmake =
            Found { tool: Tool::Cmake, path: path.clone(), real_path: path, version, version_line: String::new() };
        let report = demand(Report { found: vec![cmake], ..Report::default() });
        match report.require(&distribution("/".as_ref())) {
            Ok(report) => assert!(!blocked && report.get(Tool::Cmake).is_some(), "{version:?}"),
            Err(error) => {
                assert!(blocked && error.to_string().contains("3.18"), "{error}");
                assert_eq!(error.code().unwrap().to_string(), "preflight::tools_missing");
            }
        }
    }

    /// EP-20
    #[test]
    fn an_old_cmake_is_told_before_anything_runs() {
        check(Some(Version::new(3, 17, 5)), true);
        check(Some(Version::new(3, 18, 0)), false);
        check(Some(Version::new(4, 1, 0)), false);
        check(None, false);
    }
}
