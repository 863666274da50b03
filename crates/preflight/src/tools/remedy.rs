//! What to type so that nothing is missing any more.

use std::collections::HashSet;

use distro::{Distribution, Family, Install};

use super::report::Report;
use super::tool::Tool;

/// One line for all of `tools` together: the distribution's command, or the list of programs where the distribution
/// is not known. A tool that the distribution has no package for is named after the command.
pub fn remedy(tools: &[Tool], distribution: &Distribution) -> String {
    let lacking: Vec<Lacking<'_>> = tools.iter().map(|tool| (*tool, None)).collect();
    line(&Advice::new(&lacking, distribution))
}

/// The same for all that a report lacks, in the words of its plan.
pub(crate) fn remedy_for(report: &Report, distribution: &Distribution) -> String {
    line(&Advice::new(&lacking(report), distribution))
}

/// The same for a person, who may have to be root; one line for each thing to do.
pub(crate) fn sentence(report: &Report, distribution: &Distribution) -> String {
    let advice = Advice::new(&lacking(report), distribution);
    let known = distribution.family().is_some();
    let as_root = |install: &Install| if install.as_root { " as root" } else { "" };
    let run = advice.install.as_ref().map(|install| format!("run{}: {}", as_root(install), install.command));
    let note = if known {
        ", for which no package of this distribution is known here"
    } else {
        " and see that `PATH` leads there"
    };
    let without = (!advice.without.is_empty()).then(|| format!("install {}{note}", advice.without.join(", ")));
    let then = advice.install.and_then(|install| install.then).map(str::to_owned);
    run.into_iter().chain(then).chain(without).chain(advice.by_hand).collect::<Vec<_>>().join("\n")
}

fn line(advice: &Advice) -> String {
    let without = (!advice.without.is_empty()).then(|| format!("install {}", advice.without.join(", ")));
    let command = advice.install.iter().map(|install| install.command.clone());
    let parts: Vec<String> = command.chain(without).chain(advice.by_hand.clone()).collect();
    parts.join("; then ")
}

/// A tool, and how the plan would have it got where there is no package.
type Lacking<'a> = (Tool, Option<&'a str>);

fn lacking(report: &Report) -> Vec<Lacking<'_>> {
    let missing = report.missing.iter().map(|missing| (missing.tool, missing.by_hand.as_deref()));
    missing.chain(report.outdated.iter().map(|old| (old.tool, None))).collect()
}

/// The distribution's own packages for these tools, each once, and the tools it has none for.
pub(crate) fn packages(tools: &[Tool], distribution: &Distribution) -> (Vec<String>, Vec<Tool>) {
    let mut names = Vec::new();
    let mut without = Vec::new();
    for tool in tools {
        match distribution.family().and_then(|family| packages_of(*tool, family)) {
            Some(packages) => names.extend(packages.iter().cloned()),
            None => without.push(*tool),
        }
    }
    let mut seen = HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    (names, without)
}

/// A family's packages for a tool; for either of two tools, those of the one that the family prefers.
fn packages_of(tool: Tool, family: &Family) -> Option<&[String]> {
    std::iter::once(&tool).chain(tool.choices()).find_map(|tool| family.packages(tool.key()))
}

struct Advice {
    install: Option<Install>,
    /// What there is no package for.
    without: Vec<String>,
    /// What is to be done about the rest, in the plan's words.
    by_hand: Vec<String>,
}

impl Advice {
    fn new(lacking: &[Lacking<'_>], distribution: &Distribution) -> Self {
        let tools: Vec<Tool> = lacking.iter().map(|(tool, _)| *tool).collect();
        let (names, without) = packages(&tools, distribution);
        let family = distribution.family();
        let mut advice = Self { install: distribution.install(&names), without: Vec::new(), by_hand: Vec::new() };
        for (tool, words) in lacking.iter().filter(|(tool, _)| without.contains(tool)) {
            let users = family.and_then(|family| family.user_packages.get(tool.key())).map(|names| names.join(" "));
            match (words, users) {
                (Some(words), Some(users)) => {
                    advice.by_hand.push(format!("{words} (the AUR has older releases, such as `{users}`)"));
                }
                (Some(words), None) => advice.by_hand.push((*words).to_owned()),
                (None, Some(users)) => advice.without.push(format!("{tool} (from the AUR: `{users}`)")),
                (None, None) => {
                    advice.without.push(tool.facts().by_hand.map_or_else(|| tool.to_string(), str::to_owned));
                }
            }
        }
        advice
    }
}
