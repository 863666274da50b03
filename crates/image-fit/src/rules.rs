//! The rules in the order in which they are asked; the first that answers decides.

mod cuda;
mod platform;

use serde::{Deserialize, Serialize};

use crate::claim::Claim;
use crate::{Gpu, Host, ImageConfig, Outcome, Verdict, Version};

/// A rule. R5 is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Rule {
    /// The driver's CUDA version is at least the image's.
    R1,
    /// An older driver that the image lists, on a GPU with forward compatibility.
    R2,
    /// An older driver that the image lists, on a GPU without forward compatibility.
    R3,
    /// The same major version, and the image does not list brand or branch.
    R4,
    /// An older major version that is not listed, and what has no list.
    R6,
    /// No code for the GPU.
    R7,
    /// Jetsons and Arm servers.
    R8,
    /// Images for other accelerators, and images that say nothing.
    R9,
    /// Another machine or system.
    R10,
}

/// One image, one host, one of its GPUs.
#[derive(Debug)]
pub(crate) struct Case<'a> {
    pub(crate) config: &'a ImageConfig,
    pub(crate) reference: &'a str,
    pub(crate) host: &'a Host,
    pub(crate) gpu: &'a Gpu,
    pub(crate) ceiling: Option<Version>,
    pub(crate) claim: Option<Claim>,
}

/// What a rule answers; `None` where it does not apply.
pub(crate) type Ask = fn(&Case<'_>) -> Option<Verdict>;

/// All rules, in order.
pub(crate) const RULES: [(Rule, Ask); 9] = [
    (Rule::R10, platform::machine),
    (Rule::R9, platform::accelerator),
    (Rule::R8, platform::jetson),
    (Rule::R7, platform::code),
    (Rule::R1, cuda::new_enough),
    (Rule::R2, cuda::forward_compatible),
    (Rule::R3, cuda::listed_consumer),
    (Rule::R4, cuda::same_major),
    (Rule::R6, cuda::older_major),
];

impl Case<'_> {
    /// A verdict with the facts of this case.
    pub(crate) fn verdict(&self, outcome: Outcome, rule: Option<Rule>, why: impl Into<String>) -> Verdict {
        let needs = self.claim.as_ref().and_then(|claim| claim.needs);
        let compat = matches!(outcome, Outcome::RunCompat | Outcome::MaskCompat) || outcome == Outcome::Refuse;
        let path = || self.config.var("_CUDA_COMPAT_PATH").unwrap_or("/usr/local/cuda/compat").to_owned();
        // vLLM's images from 0.15 on switch their compat libraries off by default.
        let switched_off = outcome == Outcome::RunCompat && self.config.var(VLLM_COMPAT) == Some("0");
        Verdict {
            outcome,
            rule,
            variable: self.claim.as_ref().map(|claim| claim.variable.clone()),
            needs,
            host_cuda: self.ceiling,
            driver: self.host.driver.clone(),
            driver_needed: needs.and_then(crate::driver_for_cuda),
            why: why.into(),
            compat_path: compat.then(path),
            set: if switched_off { vec![(VLLM_COMPAT.into(), "1".into())] } else { Vec::new() },
            if_overridden: None,
            is_overridden: false,
        }
    }
}

const VLLM_COMPAT: &str = "VLLM_ENABLE_CUDA_COMPATIBILITY";
