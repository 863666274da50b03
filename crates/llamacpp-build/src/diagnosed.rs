//! A failed step whose log says why: the diagnosis gives the error its code, its words and its help.

use std::fmt;
use std::path::PathBuf;

use exec::Exit;
use failure_diagnosis::{Diagnosis, Phase, diagnose};
use miette::Diagnostic;

use crate::BuildError;

/// A step that failed for a reason that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosed {
    /// Which step.
    pub phase: Phase,
    /// What could not be done.
    pub what: String,
    /// How git, CMake, ninja, make or the server ended.
    pub exit: Exit,
    /// Why.
    pub diagnosis: Diagnosis,
    /// Whether CUDA was asked for.
    pub cuda: bool,
    /// The whole log, where it was kept.
    pub log: Option<PathBuf>,
}

impl Diagnosed {
    /// The failure with its reason, where `log` tells one.
    pub(crate) fn of(phase: Phase, exit: Exit, cuda: bool, log: &str) -> Option<BuildError> {
        let what = match phase {
            Phase::Fetch => "git could not bring the sources",
            Phase::Configure => "CMake could not configure the build",
            Phase::Build => "the build failed",
            Phase::Run | Phase::Container => "the finished server does not run",
        };
        Self::told(phase, what.to_owned(), exit, cuda, log)
    }

    /// The failure of a git command with its reason, where `log` tells one.
    pub(crate) fn of_git(action: &str, repo: &str, exit: Exit, log: &str) -> Option<BuildError> {
        Self::told(Phase::Fetch, format!("could not {action} `{repo}`"), exit, false, log)
    }

    fn told(phase: Phase, what: String, exit: Exit, cuda: bool, log: &str) -> Option<BuildError> {
        let diagnosis = diagnose(phase, log)?;
        Some(BuildError::Diagnosed(Box::new(Self { phase, what, exit, diagnosis, cuda, log: None })))
    }

    /// The name of the step's log, where it has one.
    pub(crate) fn log_name(&self) -> Option<&'static str> {
        match self.phase {
            Phase::Configure => Some("configure.log"),
            Phase::Build => Some("build.log"),
            Phase::Fetch | Phase::Run | Phase::Container => None,
        }
    }
}

impl fmt::Display for Diagnosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.what, self.exit, self.diagnosis.cause)?;
        self.diagnosis.lines.iter().try_for_each(|line| write!(f, "\n{line}"))
    }
}

impl std::error::Error for Diagnosed {}

impl Diagnostic for Diagnosed {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnosis.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let log = self.log.as_ref().map(|log| format!("; the whole log is `{}`", log.display()));
        let rule = if self.cuda { "; the accelerator is cuda, so nothing is built without it" } else { "" };
        Some(Box::new(format!("{}{rule}{}", self.diagnosis.remedy, log.unwrap_or_default())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_diagnosis_is_the_error() {
        let log = "c++: fatal error: Killed signal terminated program cc1plus\ncompilation terminated.\n";
        let error = Diagnosed::of(Phase::Build, Exit::Code(1), false, log).unwrap().with_logs("/proof".as_ref());
        assert_eq!(error.code().unwrap().to_string(), "build::out_of_memory");
        assert!(error.to_string().contains("cc1plus"), "{error}");
        assert!(error.help().unwrap().to_string().contains("/proof/build.log"));
        assert!(Diagnosed::of(Phase::Build, Exit::Code(0), true, "[1/2] Building\n").is_none());
    }
}
