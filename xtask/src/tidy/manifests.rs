//! Each member inherits lints, version, edition and licence, so that they are decided in one place.

use std::fs;

use cargo_metadata::{DependencyKind, Metadata};

use super::Finding;
use crate::failure::Result;
use crate::proc;

/// One member of the workspace, as its manifest declares it.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    /// Relative to the repository.
    pub(super) manifest: String,
    pub(super) text: String,
    pub(super) dependencies: Vec<(String, DependencyKind)>,
}

impl Member {
    /// A finding at the first line that mentions `word`.
    pub(super) fn finding(&self, word: &str, what: String) -> Finding {
        let line = self.text.lines().position(|line| line.contains(word)).map_or(1, |at| at + 1);
        Finding { file: self.manifest.clone(), line, what }
    }
}

pub(super) fn read(metadata: &Metadata) -> Result<Vec<Member>> {
    let mut members = Vec::new();
    for package in &metadata.packages {
        let path = package.manifest_path.as_std_path();
        let manifest = path.strip_prefix(proc::root()).unwrap_or(path).to_string_lossy().into_owned();
        let dependencies = package.dependencies.iter().map(|d| (d.name.clone(), d.kind)).collect();
        members.push(Member {
            name: package.name.to_string(),
            manifest,
            text: fs::read_to_string(path)?,
            dependencies,
        });
    }
    Ok(members)
}

pub(super) fn findings(members: &[Member]) -> Vec<Finding> {
    members.iter().flat_map(of_member).collect()
}

fn of_member(member: &Member) -> Vec<Finding> {
    let has = |wanted: &str| member.text.lines().any(|line| line.trim() == wanted);
    let mut findings: Vec<_> = ["version", "edition", "rust-version", "license"]
        .into_iter()
        .filter(|key| !has(&format!("{key}.workspace = true")))
        .map(|key| member.finding("[package]", format!("`{key}.workspace = true` is missing")))
        .collect();
    let mut lines = member.text.lines().map(str::trim).skip_while(|line| *line != "[lints]").skip(1);
    if lines.next() != Some("workspace = true") {
        findings.push(member.finding("[lints]", "`[lints]` with `workspace = true` is missing".into()));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[package]\nname = \"x\"\nversion.workspace = true\nedition.workspace = true\n\
        rust-version.workspace = true\nlicense.workspace = true\n\n[lints]\nworkspace = true\n";

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let member = Member { name: "x".into(), manifest: "m".into(), text: text.into(), dependencies: Vec::new() };
        let found: Vec<_> = findings(&[member]).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_decided_for_all_is_inherited() {
        check(GOOD, &[]);
        check(
            &GOOD.replace("edition.workspace = true", "edition = \"2021\""),
            &["m:1: `edition.workspace = true` is missing"],
        );
        let own_lints = GOOD.replace("[lints]\nworkspace = true", "[lints]\nrust.unsafe_code = \"allow\"");
        check(&own_lints, &["m:8: `[lints]` with `workspace = true` is missing"]);
        check(&GOOD.replace("[lints]", "[lib]"), &["m:1: `[lints]` with `workspace = true` is missing"]);
    }
}
