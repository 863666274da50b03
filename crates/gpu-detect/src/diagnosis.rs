//! All that is known of a host and what would come of it, as one document: for `doctor`, and for people who help others.

use serde::Serialize;

use exec::ProbeCache;

use crate::detect::detect_with;
use crate::error::GpuError;
use crate::host::Host;
use crate::report::GpuReport;
use crate::solver::{Conflict, CudaChoice, choose};
use crate::toolkit::host_compilers;

/// Facts and verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// The facts.
    pub report: GpuReport,
    /// What a CUDA build here would use, or why there can be none.
    pub verdict: Verdict,
}

/// What would come of a CUDA build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It would use this, with these CMake definitions.
    Choice {
        /// The choice.
        choice: Box<CudaChoice>,
        /// Its CMake definitions.
        cmake: Vec<(String, String)>,
        /// The environment of the build.
        env: Vec<(String, String)>,
    },
    /// There can be none.
    Refusal {
        /// The stable code.
        code: String,
        /// The facts, in words.
        message: String,
        /// What to do.
        help: Option<String>,
        /// Every toolkit, and what stands in its way, where it is toolkits that do not fit.
        conflict: Option<Box<Conflict>>,
    },
}

/// Everything about a host, for a pool that asks for these `devices`.
pub fn diagnose(host: &Host, devices: &[u32]) -> Diagnosis {
    let cache = ProbeCache::default();
    let mut report = detect_with(host, &cache);
    if report.toolkits.is_empty() {
        report.host_compilers = host_compilers(host, &cache);
    }
    let verdict = Verdict::of(choose(&report, devices, host));
    Diagnosis { report, verdict }
}

impl Verdict {
    /// An outcome of [`choose`] as plain data.
    pub fn of(outcome: Result<CudaChoice, GpuError>) -> Self {
        match outcome {
            Ok(choice) => {
                Self::Choice { cmake: choice.cmake_definitions(), env: choice.env(), choice: Box::new(choice) }
            }
            Err(error) => Self::Refusal {
                code: error.code().map(|code| code.to_string()).unwrap_or_default(),
                message: error.to_string(),
                help: error.help().map(|help| help.to_string()),
                conflict: match error {
                    GpuError::Conflict(conflict) => Some(conflict),
                    _ => None,
                },
            },
        }
    }
}
