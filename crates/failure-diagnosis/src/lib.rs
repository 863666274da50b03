//! Explains why a fetch, configure, build, run or container failed, from what the programs printed.
//!
//! The rules are one table (`rules.rs`), tried in its order; a rule is the stable core of a message, without versions,
//! paths or line breaks. A failure that no rule knows gives `None`; [`relevant_lines`] then shows what matters, and
//! [`notices`] what is a warning or only an effect. All are pure: they take any text, never panic, and their time is
//! bounded by a window over the log's start and end.
//!
//! ```
//! use failure_diagnosis::{Phase, diagnose};
//!
//! let log = "FAILED: a.cu.o\nnvcc -c a.cu\nnvcc fatal   : Unsupported gpu architecture 'compute_120'\n";
//! let found = diagnose(Phase::Build, log).ok_or("no rule knows it")?;
//! assert_eq!(found.code, "cuda::arch_unsupported");
//! assert!(found.cause.contains("compute_120"), "{}", found.cause);
//! assert_eq!(diagnose(Phase::Build, "[1/2] Building CXX object a.o\n"), None);
//! # Ok::<(), &str>(())
//! ```

mod excerpt;
mod guess;
mod matching;
mod notices;
mod pattern;
mod phase;
mod prefix;
mod read;
mod rules;
mod text;

use exec::Redactor;
use serde::Serialize;

pub use guess::guess_phase;
pub use notices::{Notice, NoticeKind, notices};
pub use phase::Phase;
pub use read::read_log;

use matching::Found;
use rules::Rule;
use text::Log;

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

/// Finds the failure that `log`, the whole output of a failed `phase`, is about; `None` where no rule knows it.
pub fn diagnose(phase: Phase, log: &str) -> Option<Diagnosis> {
    let log = Log::read(log);
    let Found { rule, captures, lines } = matching::first(phase, &log)?;
    let Rule { code, cause, remedy, .. } = rule;
    let redactor = Redactor::new();
    let fill = |template| redactor.text(&pattern::fill(template, &captures)).into_owned();
    Some(Diagnosis { code, cause: fill(cause), remedy: fill(remedy), lines: excerpt::around(&log, lines) })
}

/// What a code of a [`Diagnosis`] means, in general.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Meaning {
    /// What happens, with `…` for what a log tells.
    pub cause: String,
    /// What to do about it.
    pub remedy: String,
}

/// Every code that [`diagnose`] can give, each once, in the order of the table.
pub fn codes() -> Vec<&'static str> {
    let mut codes = Vec::new();
    for rule in rules::TABLE.iter().flat_map(|part| part.iter()) {
        if !codes.contains(&rule.code) {
            codes.push(rule.code);
        }
    }
    codes
}

/// What a code means: one entry for each of its rules, or none where [`diagnose`] never gives it.
pub fn meanings(code: &str) -> Vec<Meaning> {
    let rules = rules::TABLE.iter().flat_map(|part| part.iter()).filter(|rule| rule.code == code);
    let mut meanings: Vec<Meaning> = Vec::new();
    for rule in rules {
        let meaning = Meaning { cause: pattern::outline(rule.cause), remedy: pattern::outline(rule.remedy) };
        if !meanings.contains(&meaning) {
            meanings.push(meaning);
        }
    }
    meanings
}

/// The lines of a log that say what went wrong, for a failure that [`diagnose`] does not know: the first error with its
/// context, not the thousand lines after it; the end of the log if nothing in it complains. Redacted.
pub fn relevant_lines(log: &str) -> Vec<String> {
    let log = Log::read(log);
    excerpt::first_complaint(&log)
}
