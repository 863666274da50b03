//! Checks the names of packages that people are advised to install, as far as this machine's package manager knows them.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use exec::Env;
use serde_json::Value;

use crate::failure::{Failure, Result};
use crate::{packages, proc};

const TABLE: &str = "crates/distro/src/packages.json";

/// Debian's names, against apt's own lists. What other distributions have cannot be asked here, and is said to be so.
pub(crate) fn run() -> Result<()> {
    let env = Env::current();
    if !packages::is_debian(&fs::read_to_string("/etc/os-release").unwrap_or_default()) {
        return Err(Failure::missing("the names are checked by apt, on Debian or Ubuntu"));
    }
    let table: Value = serde_json::from_slice(&fs::read(proc::root().join(TABLE))?)?;
    let families: Vec<(&str, BTreeSet<&str>)> = table.as_array().into_iter().flatten().filter_map(family).collect();
    let debian = families.iter().find(|(name, _)| *name == "Debian");
    let names =
        debian.map(|(_, names)| names).ok_or_else(|| Failure::new(format!("{TABLE} has no family `Debian`")))?;
    let ask = || -> Result<BTreeSet<String>> {
        let apt = proc::command(&env, proc::find(&env, "apt-cache")?, Duration::from_mins(2)).env("LC_ALL", "C");
        Ok(candidates(&proc::capture(&apt.args(["policy", "--"]).args(names))?.stdout_text()))
    };
    let mut known = ask()?;
    if known.is_empty() {
        // Images of containers come without lists.
        proc::with_terminal(&proc::find(&env, "apt-get")?, &["update", "-qq"], &[])?;
        known = ask()?;
    }
    let unknown: Vec<&str> = names.iter().copied().filter(|name| !known.contains(*name)).collect();
    if !unknown.is_empty() {
        return Err(Failure::new(format!("apt has no package {}, which {TABLE} names", unknown.join(", "))));
    }
    let others = families.iter().map(|(name, _)| *name).filter(|name| *name != "Debian");
    println!("Debian: apt has all {} packages: {}", names.len(), names.iter().copied().collect::<Vec<_>>().join(" "));
    println!("not asked, for want of their package managers: {}", others.collect::<Vec<_>>().join(", "));
    Ok(())
}

/// A family's name, and all packages that it names.
fn family(family: &Value) -> Option<(&str, BTreeSet<&str>)> {
    let packages = family.get("packages")?.as_object()?;
    let names = packages.values().filter_map(Value::as_array).flatten().filter_map(Value::as_str).collect();
    Some((family.get("name")?.as_str()?, names))
}

/// The packages in the words of `apt-cache policy` that can be installed.
fn candidates(policy: &str) -> BTreeSet<String> {
    let mut name = "";
    let mut known = BTreeSet::new();
    for line in policy.lines() {
        match line.strip_suffix(':').filter(|start| !start.starts_with(' ')) {
            Some(start) => name = start,
            None if line.trim_start().starts_with("Candidate:") && !line.ends_with("(none)") => {
                known.insert(name.to_owned());
            }
            None => {}
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_without_candidate_is_none() {
        let policy = "git:\n  Installed: 1:2.39.5-0+deb12u2\n  Candidate: 1:2.39.5-0+deb12u3\n  Version table:\n     \
                      1:2.39.5 500\nnvidia-cuda-toolkit:\n  Installed: (none)\n  Candidate: (none)\n";
        assert_eq!(candidates(policy).into_iter().collect::<Vec<_>>(), ["git"]);
        assert!(candidates("").is_empty());
    }
}
