//! R7 to R10: machine, accelerator, Jetsons, and code for the GPU.

use super::{Case, Rule};
use crate::architectures::has_code;
use crate::evidence::{ArmKind, arm_kind, other_accelerator};
use crate::{Accelerator, Outcome, Verdict};

/// R10: the machine and the system are the host's.
pub(super) fn machine(case: &Case<'_>) -> Option<Verdict> {
    let (image, host) = (&case.config.architecture, &case.host.architecture);
    let system = &case.config.os;
    let why = if image != host {
        format!("it is made for {image}, and this host is {host}")
    } else if !system.is_empty() && system != "linux" {
        format!("it is made for {system}")
    } else {
        return None;
    };
    let variable = Some("architecture".into());
    Some(Verdict { variable, ..case.verdict(Outcome::Refuse, Some(Rule::R10), why) })
}

/// R9: without CUDA there is no verdict about CUDA, and an image that says nothing about CUDA is undecided.
pub(super) fn accelerator(case: &Case<'_>) -> Option<Verdict> {
    let rule = Some(Rule::R9);
    if case.host.accelerator != Accelerator::Cuda {
        return Some(case.verdict(Outcome::Run, rule, "the pool does not use CUDA, so there is no verdict about it"));
    }
    if case.claim.is_some() {
        return None;
    }
    Some(match other_accelerator(case.config, case.reference) {
        Some((name, evidence)) => Verdict {
            variable: Some(evidence.clone()),
            ..case.verdict(Outcome::Refuse, rule, format!("{evidence} shows that it is for {name}"))
        },
        None => case.verdict(Outcome::Undecided, rule, "no variable of the image says anything about CUDA"),
    })
}

/// Compute capabilities of Jetson Thor, whose CUDA is that of Arm servers
/// (<https://developer.nvidia.com/blog/whats-new-in-cuda-toolkit-13-0-for-jetson-thor-unified-arm-ecosystem-and-more/>).
const UNIFIED: [(u32, u32); 2] = [(10, 1), (11, 0)];

/// R8: a Jetson needs an image made for one, up to Orin; other hosts cannot use such an image.
pub(super) fn jetson(case: &Case<'_>) -> Option<Verdict> {
    let (kind, evidence) = arm_kind(case.config, case.reference);
    let is_unified = case.gpu.architecture.is_some_and(|architecture| UNIFIED.contains(&architecture));
    let (outcome, why) = match (case.host.is_jetson, kind) {
        (true, ArmKind::Server) if !is_unified => {
            (Outcome::Refuse, format!("{evidence} shows that it is for Arm servers, and this host is a Jetson"))
        }
        (true, ArmKind::Unknown) if !is_unified => {
            (Outcome::Undecided, "nothing shows whether it is made for a Jetson, which this host is".to_owned())
        }
        (true, ArmKind::Jetson) => {
            (Outcome::Run, format!("{evidence} shows that it is for a Jetson, and it takes the driver of the host"))
        }
        (false, ArmKind::Jetson) => {
            (Outcome::Undecided, format!("{evidence} shows that it is for a Jetson, which this host is not"))
        }
        _ => return None,
    };
    let variable = (!evidence.is_empty()).then_some(evidence);
    Some(Verdict { variable, ..case.verdict(outcome, Some(Rule::R8), why) })
}

/// R7: there is code for the GPU, whatever the driver.
pub(super) fn code(case: &Case<'_>) -> Option<Verdict> {
    let (major, minor) = case.gpu.architecture?;
    let refuse = |variable: &str, why| Verdict {
        variable: Some(variable.to_owned()),
        if_overridden: Some(Outcome::Run),
        ..case.verdict(Outcome::Refuse, Some(Rule::R7), why)
    };
    let list = case.config.var("TORCH_CUDA_ARCH_LIST").unwrap_or_default();
    if has_code(list, (major, minor)) == Some(false) {
        let shown: String = list.chars().take(120).collect();
        let why = format!("TORCH_CUDA_ARCH_LIST is `{shown}`, and the GPU's compute capability is {major}.{minor}");
        return Some(refuse("TORCH_CUDA_ARCH_LIST", why));
    }
    let claim = case.claim.as_ref().filter(|claim| claim.only_arch_unmet)?;
    let shown: String = claim.value.chars().take(120).collect();
    let why = format!("{} is `{shown}`, and the GPU's compute capability is {major}.{minor}", claim.variable);
    Some(refuse(&claim.variable, why))
}
