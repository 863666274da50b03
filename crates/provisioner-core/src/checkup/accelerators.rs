//! What a build on this host could run on, where no pool says what it wants: a pure function of what was looked at.
//!
//! The rule: a pool that names no accelerator means CUDA, so a host without a usable GPU is not ready, however well it
//! builds for the CPU. Both answers are given, each with its reason.

use config_schema::Accelerator;
use gpu_detect::Verdict;
use preflight::{Report, Survey};
use serde::Serialize;

use crate::checkup::Refusal;

/// Whether a pool with this accelerator could be provisioned here.
#[derive(Clone, Debug, Serialize)]
pub struct AcceleratorCheckup {
    /// The accelerator, as a pool names it.
    pub accelerator: Accelerator,
    /// Whether it is what a pool means that names none.
    pub is_default: bool,
    /// Whether a pool could be built and started on it.
    pub ready: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

/// The accelerators, the default one first. What keeps the host from building at all is the reason for both.
pub(super) fn of_host(survey: &Survey, gpu: &Verdict) -> Vec<AcceleratorCheckup> {
    let of = |accelerator, refusal: Option<Refusal>| AcceleratorCheckup {
        accelerator,
        is_default: accelerator == Accelerator::default(),
        ready: refusal.is_none(),
        refusal,
    };
    let host = of_build(survey, &survey.tools, survey.remedy.as_deref(), true);
    let cuda = host.clone().or_else(|| of_gpu(gpu));
    vec![of(Accelerator::Cuda, cuda), of(Accelerator::Cpu, host)]
}

/// What keeps any engine from being made ready here; with `builds`, a build with these tools.
pub(super) fn of_build(survey: &Survey, found: &Report, remedy: Option<&str>, builds: bool) -> Option<Refusal> {
    let finding = survey.findings.iter().find(|finding| finding.blocking).map(|finding| Refusal {
        code: finding.code.to_string(),
        message: finding.message.clone(),
        help: Some(finding.help.clone()),
    });
    let tools = || {
        let missing = found.missing.iter().map(|tool| tool.tool.to_string());
        let outdated = found.outdated.iter().map(|tool| format!("{} (too old)", tool.tool));
        Refusal {
            code: "preflight::tools_missing".into(),
            message: format!("the build lacks {}", missing.chain(outdated).collect::<Vec<_>>().join(", ")),
            help: remedy.map(str::to_owned),
        }
    };
    finding.or_else(|| (builds && !found.is_complete()).then(tools))
}

/// What keeps a build from running on a GPU.
pub(super) fn of_gpu(gpu: &Verdict) -> Option<Refusal> {
    match gpu {
        Verdict::Choice { .. } => None,
        Verdict::Refusal { code, message, help, .. } => {
            Some(Refusal { code: code.clone(), message: message.clone(), help: help.clone() })
        }
    }
}

#[cfg(test)]
mod tests;
