//! A failed installation: what went wrong, and everything that was said.

use std::fmt;

use miette::Diagnostic;
use serde::Serialize;

use super::trouble::Trouble;

/// Why packages were not installed. Nothing in it holds a secret: what pacman said is redacted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InstallError {
    /// What went wrong.
    pub trouble: Trouble,
    /// The packages that were to be installed.
    pub packages: Vec<String>,
    /// The lines that say so, pacman's own where it was run.
    pub detail: String,
    /// The command line; empty where nothing was run.
    pub command: String,
    /// All that pacman printed.
    pub transcript: String,
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not install {}: {}", self.packages.join(", "), self.trouble)?;
        self.detail.lines().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

impl std::error::Error for InstallError {}

impl Diagnostic for InstallError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.trouble.code()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let command = if self.command.is_empty() { String::new() } else { format!("\nit was: {}", self.command) };
        self.trouble.help().map(|help| Box::new(format!("{help}{command}")) as Box<dyn fmt::Display>)
    }
}
