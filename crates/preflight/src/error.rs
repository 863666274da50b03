//! What stops a build before it starts.

use std::path::PathBuf;

use durable::DurableError;
use miette::Diagnostic;
use thiserror::Error;

use crate::distribution::Distribution;
use crate::remedy::sentence;
use crate::report::{Missing, Outdated};
use crate::tool::Tool;

/// Tools that are missing, or an answer that could not be kept.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum PreflightError {
    /// Programs are missing or too old; all of them are named.
    #[error("{} on this host:{}", count(missing.len() + outdated.len()), lines(missing, outdated))]
    #[diagnostic(code(preflight::tools_missing), help("{remedy}"))]
    ToolsMissing {
        /// What is not there or does not run.
        missing: Vec<Missing>,
        /// What is there in too old a version.
        outdated: Vec<Outdated>,
        /// What to type.
        remedy: String,
    },
    /// The memo could not be written; the next check asks the programs again.
    #[error("could not keep the tools' versions in `{}`", path.display())]
    #[diagnostic(
        code(preflight::memo_not_saved),
        help("checks stay right without it, they only take longer; see that the folder can be written")
    )]
    MemoNotSaved {
        /// The memo's file.
        path: PathBuf,
        /// Why.
        #[source]
        source: DurableError,
    },
}

impl PreflightError {
    pub(crate) fn tools_missing(missing: Vec<Missing>, outdated: Vec<Outdated>, distribution: &Distribution) -> Self {
        let tools: Vec<Tool> = missing.iter().map(|m| m.tool).chain(outdated.iter().map(|o| o.tool)).collect();
        let mut remedy = sentence(&tools, distribution);
        if !outdated.is_empty() {
            remedy.push_str("\nwhere the distribution's own version is too old, install a newer one first on `PATH`");
        }
        Self::ToolsMissing { missing, outdated, remedy }
    }
}

fn count(number: usize) -> String {
    if number == 1 { "1 tool is missing or too old".into() } else { format!("{number} tools are missing or too old") }
}

/// One line for each tool.
fn lines(missing: &[Missing], outdated: &[Outdated]) -> String {
    let missing = missing.iter().map(|Missing { tool, why, need, broken }| match broken {
        Some(broken) => format!("\n  {tool}: {broken} (needed: {need}; {why})"),
        None => format!("\n  {tool}: not found (needed: {need}; {why})"),
    });
    let outdated = outdated.iter().map(|Outdated { tool, path, have, need, why }| {
        format!("\n  {tool}: `{}` is version {have} (needed: {need} or newer; {why})", path.display())
    });
    missing.chain(outdated).collect()
}
