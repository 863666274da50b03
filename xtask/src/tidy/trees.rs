//! How many crates a program takes on that depends on one of ours: a number that only grows unless it is checked.

use std::collections::BTreeSet;
use std::time::Duration;

use exec::Env;

use super::Finding;
use super::manifests::Member;
use crate::failure::Result;
use crate::proc;

/// Crates that are meant to be embedded, and the largest number of crates in their normal dependency tree, with default
/// features, themselves included.
const LIMITS: &[(&str, usize)] = &[("provisioner-core", 100)];

/// Asks cargo for each tree. `cargo metadata` would not do: its features are those of the whole workspace.
pub(super) fn findings(members: &[Member]) -> Result<Vec<Finding>> {
    let env = Env::current();
    let mut findings = Vec::new();
    for (name, limit) in LIMITS {
        let words = ["tree", "--package", name, "--edges", "normal", "--prefix", "none", "--no-dedupe", "--locked"];
        let spec = proc::command(&env, proc::cargo(&env)?, Duration::from_mins(1)).args(words);
        let tree = proc::capture(&spec)?.stdout_text().into_owned();
        let member = members.iter().find(|member| member.name == *name);
        findings.extend(member.and_then(|member| judge(member, *limit, &tree)));
    }
    Ok(findings)
}

fn judge(member: &Member, limit: usize, tree: &str) -> Option<Finding> {
    let count = count(tree);
    (count > limit).then(|| {
        let what = format!("`{}` depends on {count} crates, itself included; at most {limit}", member.name);
        member.finding("[dependencies]", what)
    })
}

/// The different packages of a tree: `name version`, without what cargo says of them in brackets (a path, `proc-macro`).
fn count(tree: &str) -> usize {
    let packages = tree.lines().filter_map(|line| line.split(" (").next()).filter(|package| !package.is_empty());
    packages.collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "a v0.1.0 (/src/a)\nb v1.0.0\nc v1.0.0 (proc-macro)\nd v1.0.0\nb v1.0.0\nb v2.0.0\n\n";

    #[test]
    fn packages_count_once_and_versions_of_one_count_apart() {
        assert_eq!(count(TREE), 5);
        assert_eq!(count(""), 0);
    }

    #[test]
    fn a_tree_above_its_limit_is_found() {
        let text = "[package]\nname = \"a\"\n\n[dependencies]\n".to_owned();
        let member =
            Member { name: "a".into(), manifest: "crates/a/Cargo.toml".into(), text, dependencies: Vec::new() };
        assert_eq!(judge(&member, 5, TREE), None);
        let found = judge(&member, 4, TREE).map(|finding| finding.to_string());
        let expected = "crates/a/Cargo.toml:4: `a` depends on 5 crates, itself included; at most 4";
        assert_eq!(found.as_deref(), Some(expected));
    }

    #[test]
    fn every_limit_is_that_of_a_member() {
        let root = std::fs::read_to_string(proc::root().join("Cargo.toml")).unwrap();
        for (name, _) in LIMITS {
            assert!(root.contains(&format!("\n{name} = {{ path = ")), "{name}");
        }
    }
}
