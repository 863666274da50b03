//! By which modes an engine could get onto this host: a pure function of what was looked at.
//!
//! The rule: each mode has a verdict for each accelerator; a mode that this program does not have yet is refused like one in
//! a pool file.

use config_schema::{Accelerator, Engine, ProvisioningMode};
use exec::Env;
use gpu_detect::{Diagnosis, Verdict};
use miette::Diagnostic;
use preflight::{PackageRequest, Report, Survey, packages_supported};
use serde::Serialize;

use super::accelerators::{of_build, of_gpu};
use super::{AcceleratorCheckup, Refusal};
use crate::{Error, supply};

/// The modes, in the order in which they are shown.
const MODES: [ProvisioningMode; 5] = [
    ProvisioningMode::Source,
    ProvisioningMode::Container,
    ProvisioningMode::Binary,
    ProvisioningMode::Package,
    ProvisioningMode::External,
];

/// Whether an engine could get onto this host by a mode, and run.
#[derive(Clone, Debug, Serialize)]
pub struct ModeCheckup {
    /// The mode, as a pool names it.
    pub mode: ProvisioningMode,
    /// Whether it could on the accelerator that a pool means which names none.
    pub ready: bool,
    /// The verdict for each accelerator, the default one first.
    pub accelerators: Vec<AcceleratorCheckup>,
}

/// The modes. `tools` are those of a build from source.
pub(super) fn of_host(
    survey: &Survey,
    (tools, remedy): (&Report, Option<&str>),
    gpu: &Diagnosis,
    env: &Env,
) -> Vec<ModeCheckup> {
    let one = |mode| {
        let unsupported = (!supply::is_built(Engine::Llamacpp, mode))
            .then(|| refusal(&Error::UnsupportedMode { engine: Engine::Llamacpp, mode }));
        let source = mode == ProvisioningMode::Source;
        let package = (mode == ProvisioningMode::Package).then(|| of_packages(survey, env)).flatten();
        let host = unsupported.or(package).or_else(|| of_build(survey, tools, remedy, source));
        let of = |accelerator, refusal: Option<Refusal>| AcceleratorCheckup {
            accelerator,
            is_default: accelerator == Accelerator::default(),
            ready: refusal.is_none(),
            refusal,
        };
        let on_gpu = if source { of_gpu(&gpu.verdict) } else { of_finished(gpu) };
        let cuda = of(Accelerator::Cuda, host.clone().or(on_gpu));
        ModeCheckup { mode, ready: cuda.ready, accelerators: vec![cuda, of(Accelerator::Cpu, host)] }
    };
    MODES.into_iter().map(one).collect()
}

/// What keeps an engine from coming out of a package of this system.
fn of_packages(survey: &Survey, env: &Env) -> Option<Refusal> {
    let request = PackageRequest { name: "llama.cpp".into(), version: None, repository: None };
    packages_supported(&request, env, &survey.distribution).err().map(|error| refusal(&error.into()))
}

/// What keeps a finished engine from running on a GPU: it brings what it was compiled with, and needs the driver alone.
fn of_finished(gpu: &Diagnosis) -> Option<Refusal> {
    let usable = gpu.report.driver.is_some() && !gpu.report.devices.is_empty();
    match &gpu.verdict {
        Verdict::Refusal { code, message, help, .. } if !usable => {
            Some(Refusal { code: code.clone(), message: message.clone(), help: help.clone() })
        }
        _ => None,
    }
}

fn refusal(error: &Error) -> Refusal {
    let text = |part: Option<Box<dyn std::fmt::Display + '_>>| part.map(|part| part.to_string());
    Refusal { code: text(error.code()).unwrap_or_default(), message: error.to_string(), help: text(error.help()) }
}
