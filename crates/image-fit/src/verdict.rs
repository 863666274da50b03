//! What was decided about an image, and by which rule.

use serde::{Deserialize, Serialize};

use crate::{ImageError, Rule, Version};

/// What becomes of an image on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It runs.
    Run,
    /// It runs only with the image's compat libraries, which must not be hidden.
    RunCompat,
    /// It runs, and must not find the image's compat libraries.
    MaskCompat,
    /// It does not run.
    Refuse,
    /// It is not known; it is reported and not refused.
    Undecided,
}

/// A decision, with what it is based on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// What was decided.
    pub outcome: Outcome,
    /// The rule that decided; `None` where no rule applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// The variable of the image, or the part of its name, that was decisive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
    /// The CUDA version that the image asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<Version>,
    /// The CUDA version that the driver provides. A refusal by the driver is answered by an image built on this one or an older one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_cuda: Option<Version>,
    /// The driver's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// The first branch of drivers that provides what the image asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver_needed: Option<u32>,
    /// The reason, as a sentence without a full stop.
    pub why: String,
    /// The folder of the compat libraries in the image, where it may have any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compat_path: Option<String>,
    /// Variables that the container needs for this outcome, with their values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set: Vec<(String, String)>,
    /// What a refusal becomes where the operator overrides it; `None` where nothing could make the image run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_overridden: Option<Outcome>,
    /// Whether the operator overrode a refusal.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_overridden: bool,
}

impl Verdict {
    /// The error for a refusal; `None` for every other outcome. `image` is how messages name the image.
    pub fn refusal(&self, image: &str) -> Option<ImageError> {
        (self.outcome == Outcome::Refuse).then(|| ImageError::of(self, image))
    }

    /// The verdict where the operator takes the risk: a refusal that can be overridden becomes what then has the best
    /// chance; rule, variable and reason stay. Other verdicts are unchanged.
    #[must_use]
    pub fn overridden(self) -> Self {
        match self.if_overridden.filter(|_| self.outcome == Outcome::Refuse) {
            Some(outcome) => Self { outcome, is_overridden: true, if_overridden: None, ..self },
            None => self,
        }
    }
}
