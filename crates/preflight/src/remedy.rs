//! What to type so that nothing is missing any more.

use std::collections::HashSet;

use crate::distribution::Distribution;
use crate::tool::Tool;

/// One line for all of `tools` together: the distribution's command, or the list of programs where the distribution
/// is not known. A tool that the distribution has no package for is named after the command.
pub fn remedy(tools: &[Tool], distribution: &Distribution) -> String {
    let (command, by_hand) = parts(tools, distribution);
    let by_hand = (!by_hand.is_empty()).then(|| format!("install {}", by_hand.join(", ")));
    command.into_iter().chain(by_hand).collect::<Vec<_>>().join("; then ")
}

/// The same for a person, who may have to be root; one line for each thing to do.
pub(crate) fn sentence(tools: &[Tool], distribution: &Distribution) -> String {
    let (command, by_hand) = parts(tools, distribution);
    let run = command.map(|command| match distribution.manager() {
        Some(manager) if manager.as_root => format!("run as root: {command}"),
        _ => format!("run: {command}"),
    });
    let known = distribution.manager().is_some();
    let note = if known { ", which this distribution does not package" } else { " and see that `PATH` leads there" };
    let by_hand = (!by_hand.is_empty()).then(|| format!("install {}{note}", by_hand.join(", ")));
    run.into_iter().chain(by_hand).collect::<Vec<_>>().join("\n")
}

/// The command that installs packages, and what has no package.
fn parts(tools: &[Tool], distribution: &Distribution) -> (Option<String>, Vec<String>) {
    let manager = distribution.manager();
    let mut packages: Vec<&str> = Vec::new();
    let mut by_hand = Vec::new();
    for tool in tools {
        // Either of two is got by the preferred one.
        let preferred = tool.choices().first().unwrap_or(tool);
        let known = manager.and_then(|manager| manager.packages.iter().find(|(packaged, _)| packaged == preferred));
        match known {
            Some((_, names)) => packages.extend(*names),
            None => by_hand.push(tool.to_string()),
        }
    }
    let mut seen = HashSet::new();
    packages.retain(|package| seen.insert(*package));
    let command = manager.filter(|_| !packages.is_empty());
    (command.map(|manager| format!("{} {}", manager.install, packages.join(" "))), by_hand)
}
