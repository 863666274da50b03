//! What NVML reports of memory and processes of single GPUs or MIG instances, asked by UUID and for nothing else.

use std::path::{Path, PathBuf};

use nvml_wrapper::Nvml;
use nvml_wrapper::error::NvmlError;
use serde::{Deserialize, Serialize};

use super::nvml::{missing, open};
use super::nvml_gpu;
use super::problem::{Problem, ProblemKind};
use super::usage::DeviceUsage;

/// What the first library that works reports, or the first reason that one gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UsageAnswer {
    pub(crate) devices: Vec<DeviceUsage>,
    pub(crate) problem: Option<Problem>,
}

/// Asks the libraries in order, as [`super::nvml::ask`] does.
pub(crate) fn ask(libraries: &[PathBuf], uuids: &[String]) -> UsageAnswer {
    let mut first = None;
    for library in libraries.iter().filter(|library| !missing(library)) {
        match ask_one(library, uuids) {
            Ok(devices) => return UsageAnswer { devices, problem: None },
            Err(why) if why.kind == ProblemKind::NoLibrary => {}
            Err(why) => {
                first.get_or_insert(why);
            }
        }
    }
    let none = || Problem { kind: ProblemKind::NoLibrary, library: None, text: "no NVML library found".into() };
    UsageAnswer { devices: Vec::new(), problem: Some(first.unwrap_or_else(none)) }
}

fn ask_one(library: &Path, uuids: &[String]) -> Result<Vec<DeviceUsage>, Problem> {
    let nvml = open(library)?;
    Ok(uuids.iter().map(|uuid| of(&nvml, uuid)).collect())
}

fn of(nvml: &Nvml, uuid: &str) -> DeviceUsage {
    let mut usage = DeviceUsage { uuid: uuid.to_owned(), used_bytes: None, processes: None, problem: None };
    match nvml.device_by_uuid(uuid) {
        Ok(device) => {
            usage.used_bytes = device.memory_info().ok().map(|memory| memory.used);
            usage.processes = nvml_gpu::processes(&device);
        }
        Err(error) => usage.problem = Some(said(&error)),
    }
    usage
}

fn said(error: &NvmlError) -> String {
    match error {
        NvmlError::NotFound => "no GPU has this UUID".to_owned(),
        other => other.to_string(),
    }
}
