//! The rules of this repository that neither the compiler nor clippy knows. Each finding names file and line.

mod folders;
mod layers;
mod manifests;
mod sources;
mod trees;

use std::fmt;
use std::time::Duration;

use cargo_metadata::{Metadata, MetadataCommand};
use exec::Env;

use crate::failure::{Failure, Result};
use crate::{proc, source_files};

/// One broken rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// Prints every finding; success means that there is none.
pub(crate) fn run() -> Result<()> {
    let findings = findings()?;
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        n => Err(Failure::new(format!("tidy: {n} findings"))),
    }
}

fn findings() -> Result<Vec<Finding>> {
    let members = manifests::read(&metadata()?)?;
    let mut findings = layers::findings(&members);
    findings.extend(manifests::findings(&members));
    findings.extend(trees::findings(&members)?);
    let files = source_files::all()?;
    findings.extend(folders::findings(&files));
    findings.extend(files.iter().flat_map(sources::findings));
    findings.sort();
    Ok(findings)
}

/// What the manifests declare, without resolving anything: needs no network and no lock file.
fn metadata() -> Result<Metadata> {
    let env = Env::current();
    let spec = proc::command(&env, proc::cargo(&env)?, Duration::from_mins(1));
    let spec = spec.args(["metadata", "--no-deps", "--format-version=1", "--offline"]);
    Ok(MetadataCommand::parse(proc::capture(&spec)?.stdout_text())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_repository_is_tidy() {
        let findings = findings().unwrap();
        let lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
        assert!(lines.is_empty(), "\n{}", lines.join("\n"));
    }
}
