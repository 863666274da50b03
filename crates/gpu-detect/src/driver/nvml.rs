//! Asks NVML, the driver's management library, for the driver and its GPUs.

use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use nvml_wrapper::Nvml;
use nvml_wrapper::error::NvmlError;
use serde::{Deserialize, Serialize};

use super::nvml_gpu;
use super::problem::{Problem, ProblemKind};
use crate::gpu::Gpu;
use crate::report::Driver;
use crate::source::Source;

/// What the first library that works says, or the first reason that one gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) driver: Option<Driver>,
    pub(crate) devices: Vec<Gpu>,
    pub(crate) problem: Option<Problem>,
    /// Each library that was tried, and what came of it.
    pub(crate) tried: Vec<(PathBuf, String)>,
}

/// Asks the libraries in order.
///
/// A library that opens and then fails does not end the search: under WSL a driver installed for plain Linux by
/// mistake fails, and the working library comes later. The first reason given by a library is the one kept.
pub(crate) fn ask(libraries: &[PathBuf]) -> Answer {
    let mut answer = Answer::default();
    for library in libraries {
        let outcome = if missing(library) {
            Err(Problem { kind: ProblemKind::NoLibrary, library: None, text: "not there".into() })
        } else {
            ask_one(library)
        };
        match outcome {
            Ok((driver, devices, problem)) => {
                let mut found = format!("driver {}, {} usable GPU(s)", driver.version, devices.len());
                found.extend(problem.iter().flat_map(|problem| ["; ", &problem.text]));
                answer.tried.push((library.clone(), found));
                let tried = answer.tried;
                return Answer { driver: Some(driver), devices, problem, tried };
            }
            Err(why) => {
                answer.tried.push((library.clone(), why.text.clone()));
                if why.kind != ProblemKind::NoLibrary {
                    answer.problem.get_or_insert(why);
                }
            }
        }
    }
    let none = || Problem { kind: ProblemKind::NoLibrary, library: None, text: "no NVML library found".into() };
    answer.problem.get_or_insert_with(none);
    answer
}

/// Whether a library that is named by its path is not there. A bare name is for the loader to look up.
pub(crate) fn missing(library: &Path) -> bool {
    library.is_absolute() && !library.exists()
}

type Facts = (Driver, Vec<Gpu>, Option<Problem>);

/// Everything one library says.
fn ask_one(library: &Path) -> Result<Facts, Problem> {
    let nvml = open(library)?;
    let problem = |error: &NvmlError| Problem {
        kind: ProblemKind::of(error),
        library: Some(library.into()),
        text: error.to_string(),
    };
    let source = Source::Nvml(library.into());
    let version = nvml.sys_driver_version().map_err(|error| problem(&error))?;
    let mut trouble = None;
    let cuda = match nvml.sys_cuda_driver_version() {
        Ok(number) => cuda_version(number),
        Err(error) => {
            let kind = match error {
                NvmlError::LibraryNotFound | NvmlError::FunctionNotFound => ProblemKind::NoCudaLibrary,
                ref other => ProblemKind::of(other),
            };
            trouble = Some(Problem { kind, ..problem(&error) });
            None
        }
    };
    let mut devices = Vec::new();
    for index in 0..nvml.device_count().map_err(|error| problem(&error))? {
        match nvml.device_by_index(index).and_then(|device| nvml_gpu::describe(index, &device, &source)) {
            Ok(found) => devices.push(found),
            Err(error) => {
                let text = format!("GPU {index}: {error}");
                trouble.get_or_insert(Problem { text, ..problem(&error) });
            }
        }
    }
    devices.sort_by_key(|(bus, _)| *bus);
    let devices = devices.into_iter().map(|(_, gpu)| gpu).collect();
    Ok((Driver { version, cuda, source }, devices, trouble))
}

/// An initialised NVML that can also be shut down: the wrapper's `Drop` panics where `nvmlShutdown` is missing.
pub(crate) fn open(library: &Path) -> Result<Nvml, Problem> {
    let nvml = Nvml::builder().lib_path(library.as_os_str()).init().map_err(|error| Problem {
        kind: match error {
            NvmlError::LibloadingError(_) if !library.is_absolute() => ProblemKind::NoLibrary,
            ref other => ProblemKind::of(other),
        },
        library: Some(library.into()),
        text: match error {
            // The loader repeats the name: `libnvidia-ml.so.1: cannot open shared object file: …`.
            NvmlError::LibloadingError(why) => {
                let why = why.to_string();
                why.strip_prefix(&format!("{}: ", library.display())).map(str::to_owned).unwrap_or(why)
            }
            other => other.to_string(),
        },
    })?;
    if let Err(error) = &nvml.lib().nvmlShutdown {
        let text = format!("function symbol failed to load: {error}");
        let _never_shut_down = ManuallyDrop::new(nvml);
        return Err(Problem { kind: ProblemKind::LibraryUnusable, library: Some(library.into()), text });
    }
    Ok(nvml)
}

/// NVML writes CUDA 12.8 as 12080; a number that is no plausible version counts as unknown.
fn cuda_version(number: i32) -> Option<(u32, u32)> {
    let number = u32::try_from(number).ok()?;
    Some((number / 1000, number % 1000 / 10)).filter(|(major, _)| (1..100).contains(major))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuda_versions() {
        assert_eq!(cuda_version(12080), Some((12, 8)));
        assert_eq!(cuda_version(13000), Some((13, 0)));
        assert_eq!(cuda_version(0), None);
        assert_eq!(cuda_version(-1), None);
        assert_eq!(cuda_version(i32::MAX), None);
    }
}
