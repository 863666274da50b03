//! What a check found, as plain data.

use std::path::PathBuf;

use distro::Distribution;
use exec::Limit;
use serde::Serialize;

use super::tool::Tool;
use super::version::Version;
use crate::error::PreflightError;

/// The outcome for everything that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The tools that serve.
    pub found: Vec<Found>,
    /// The tools that are not there or do not run.
    pub missing: Vec<Missing>,
    /// The tools that are there in too old a version only.
    pub outdated: Vec<Outdated>,
    /// What else is worth telling, in sentences.
    pub notes: Vec<String>,
    /// A limit that kept a program from being asked. Tools that it hides are neither found nor missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Refused>,
}

/// A program that the system did not start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The first one.
    pub program: PathBuf,
    /// The limit that was reached.
    pub limit: Limit,
}

/// A tool that serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Which tool: Ninja or Make where either was asked for.
    pub tool: Tool,
    /// The program's absolute path, under which it is to be run.
    pub path: PathBuf,
    /// The file the path leads to.
    pub real_path: PathBuf,
    /// Its version, where it told one.
    pub version: Option<Version>,
    /// The line in which it told its version; empty where it did not.
    pub version_line: String,
}

/// A tool that is not there or does not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Which tool.
    pub tool: Tool,
    /// What it is needed for.
    pub why: String,
    /// What will do: program names, and the oldest version.
    pub need: String,
    /// A program that is there but does not run, and how it failed.
    pub broken: Option<String>,
    /// How this plan would have it got where the distribution has no package for it.
    pub by_hand: Option<String>,
}

/// A tool that is there in too old a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outdated {
    /// Which tool.
    pub tool: Tool,
    /// The program's absolute path.
    pub path: PathBuf,
    /// Its version.
    pub have: Version,
    /// The oldest version that will do.
    pub need: Version,
    /// What it is needed for.
    pub why: String,
}

impl Report {
    /// The program found for a tool; for [`Tool::NinjaOrMake`], the one of the two that was found.
    pub fn get(&self, tool: Tool) -> Option<&Found> {
        self.found.iter().find(|found| tool.choices().contains(&found.tool))
    }

    /// Whether nothing is missing or too old.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.outdated.is_empty() && self.limit.is_none()
    }

    /// The tools that are missing or too old.
    pub fn lacking(&self) -> Vec<Tool> {
        self.missing.iter().map(|missing| missing.tool).chain(self.outdated.iter().map(|old| old.tool)).collect()
    }

    /// The error of a limit that kept programs from being asked; it comes before what is missing, which it may be the
    /// reason for.
    pub(crate) fn limit(&self) -> Option<PreflightError> {
        let Refused { program, limit } = self.limit.clone()?;
        Some(PreflightError::Limit { program, limit })
    }

    /// Itself when nothing is missing or too old, otherwise one error that names everything and what to type.
    pub fn require(self, distribution: &Distribution) -> Result<Self, PreflightError> {
        match self.limit() {
            Some(error) => Err(error),
            None if self.is_complete() => Ok(self),
            None => Err(PreflightError::tools_missing(self, distribution, None)),
        }
    }
}
