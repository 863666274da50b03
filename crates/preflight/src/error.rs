//! What stops a build before it starts.

use std::path::PathBuf;

use distro::Distribution;
use durable::DurableError;
use exec::Limit;
use miette::Diagnostic;
use thiserror::Error;

use crate::pacman::InstallError;
use crate::tools::{Missing, Outdated, Report, sentence};

/// Tools that are missing, or an answer that could not be kept.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum PreflightError {
    /// Programs are missing or too old; all of them are named.
    #[error("{}", tools_missing_text(missing, outdated))]
    #[diagnostic(code(preflight::tools_missing), help("{remedy}"))]
    ToolsMissing {
        /// What is not there or does not run.
        missing: Vec<Missing>,
        /// What is there in too old a version.
        outdated: Vec<Outdated>,
        /// What to type.
        remedy: String,
    },
    /// A limit of the system keeps programs from being started, so that it cannot be told which tools are here.
    #[error("could not run `{}` to ask for its version: {limit} is reached", program.display())]
    #[diagnostic(code(preflight::limit), help("{}", limit.remedy()))]
    Limit {
        /// The first program that was not started.
        program: PathBuf,
        /// Which limit.
        limit: Limit,
    },
    /// Packages may be installed, but not on a system of this kind. No package manager was run.
    #[error(
        "{}, and packages are installed on Arch-like systems only, by pacman: this is {distribution}",
        tools_missing_text(missing, outdated)
    )]
    #[diagnostic(code(preflight::install_unsupported), help("{remedy}"))]
    CannotInstall {
        /// What is not there or does not run.
        missing: Vec<Missing>,
        /// What is there in too old a version.
        outdated: Vec<Outdated>,
        /// What the system calls itself, and why it takes no packages although it is Arch-like.
        distribution: String,
        /// What to type.
        remedy: String,
    },
    /// pacman did not install what is missing. Its code tells why.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Install(#[from] Box<InstallError>),
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
    /// `why` says why installing did not help, where it was tried.
    pub(crate) fn tools_missing(report: Report, distribution: &Distribution, why: Option<&str>) -> Self {
        let mut remedy = help(&report, distribution);
        if let Some(why) = why {
            remedy = format!("{why}\n{remedy}");
        }
        Self::ToolsMissing { missing: report.missing, outdated: report.outdated, remedy }
    }

    pub(crate) fn cannot_install(report: Report, distribution: &Distribution) -> Self {
        let remedy = help(&report, distribution);
        let fixed = if distribution.is_arch_like() { ", whose own folders are not changed in place" } else { "" };
        let distribution = format!("{}{fixed}", distribution.title());
        Self::CannotInstall { missing: report.missing, outdated: report.outdated, distribution, remedy }
    }
}

impl From<InstallError> for PreflightError {
    fn from(error: InstallError) -> Self {
        Self::Install(Box::new(error))
    }
}

fn help(report: &Report, distribution: &Distribution) -> String {
    let mut remedy = sentence(report, distribution);
    if !report.outdated.is_empty() {
        remedy.push_str("\nwhere the distribution's own version is too old, install a newer one first on `PATH`");
    }
    remedy
}

fn tools_missing_text(missing: &[Missing], outdated: &[Outdated]) -> String {
    format!("{} on this host:{}", count(missing.len() + outdated.len()), lines(missing, outdated))
}

fn count(number: usize) -> String {
    if number == 1 { "1 tool is missing or too old".into() } else { format!("{number} tools are missing or too old") }
}

/// One line for each tool.
fn lines(missing: &[Missing], outdated: &[Outdated]) -> String {
    let missing = missing.iter().map(|Missing { tool, why, need, broken, by_hand: _ }| match broken {
        Some(broken) => format!("\n  {tool}: {broken} (needed: {need}; {why})"),
        None => format!("\n  {tool}: not found (needed: {need}; {why})"),
    });
    let outdated = outdated.iter().map(|Outdated { tool, path, have, need, why }| {
        format!("\n  {tool}: `{}` is version {have} (needed: {need} or newer; {why})", path.display())
    });
    missing.chain(outdated).collect()
}
