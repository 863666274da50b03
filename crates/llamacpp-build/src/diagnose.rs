//! Says why a fetch, configure, build or run failed, from what the programs printed.
//!
//! The rules are one table (`rules.rs`), tried in the order they stand in; a rule is the stable core of a message, without
//! versions, paths or line breaks. A failure that no rule knows gives `None`; [`relevant_lines`] then shows what matters.
//! Both are pure: any text goes in, nothing panics, the time is bounded by a window of the log's start and end.

mod excerpt;
mod matching;
mod pattern;
mod prefix;
mod rules;
mod text;

use exec::Redactor;
use serde::Serialize;

use matching::Found;
use rules::Rule;
use text::Log;

/// What was going on when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// git brings the sources.
    Fetch,
    /// CMake configures and generates.
    Configure,
    /// ninja or make compiles and links.
    Build,
    /// The finished program runs, to prove itself or to serve.
    Run,
}

/// A failure that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// A stable name of the failure, such as `cuda::no_nvcc`.
    pub code: &'static str,
    /// What happened, with the versions, paths and names that the log tells.
    pub cause: String,
    /// What to do about it.
    pub remedy: String,
    /// The lines of the log that say so: at most a dozen, redacted.
    pub lines: Vec<String>,
}

/// Finds the failure that `log`, the whole output of a failed `phase`, is about.
///
/// ```
/// use llamacpp_build::{Phase, diagnose};
///
/// let log = "FAILED: a.cu.o\nnvcc -c a.cu\nnvcc fatal   : Unsupported gpu architecture 'compute_120'\n";
/// assert_eq!(diagnose(Phase::Build, log).unwrap().code, "cuda::arch_unsupported");
/// ```
pub fn diagnose(phase: Phase, log: &str) -> Option<Diagnosis> {
    let log = Log::read(log);
    let Found { rule, captures, lines } = matching::first(phase, &log)?;
    let Rule { code, cause, remedy, .. } = rule;
    let redactor = Redactor::new();
    let fill = |template| redactor.text(&pattern::fill(template, &captures)).into_owned();
    Some(Diagnosis { code, cause: fill(cause), remedy: fill(remedy), lines: excerpt::around(&log, lines) })
}

/// The lines of a log that say what went wrong, for a failure that [`diagnose`] does not know: the first error with its
/// context, not the thousand lines after it; the end of the log if nothing in it complains. Redacted.
pub fn relevant_lines(log: &str) -> Vec<String> {
    let log = Log::read(log);
    excerpt::first_complaint(&log)
}
