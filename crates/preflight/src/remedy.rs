//! What to type so that nothing is missing any more.

use std::collections::HashSet;

use crate::distribution::Distribution;
use crate::family::Family;
use crate::immutable::Immutable;
use crate::tool::Tool;

/// One line for all of `tools` together: the distribution's command, or the list of programs where the distribution
/// is not known. A tool that the distribution has no package for is named after the command.
pub fn remedy(tools: &[Tool], distribution: &Distribution) -> String {
    let advice = Advice::new(tools, distribution);
    let by_hand = (!advice.by_hand.is_empty()).then(|| format!("install {}", advice.by_hand.join(", ")));
    advice.command.into_iter().chain(by_hand).collect::<Vec<_>>().join("; then ")
}

/// The same for a person, who may have to be root; one line for each thing to do.
pub(crate) fn sentence(tools: &[Tool], distribution: &Distribution) -> String {
    let advice = Advice::new(tools, distribution);
    let known = distribution.family().is_some();
    let run = advice.command.map(|command| format!("run{}: {command}", if advice.as_root { " as root" } else { "" }));
    let note = if known { ", which this distribution does not package" } else { " and see that `PATH` leads there" };
    let by_hand = (!advice.by_hand.is_empty()).then(|| format!("install {}{note}", advice.by_hand.join(", ")));
    let then = advice.then.map(str::to_owned);
    run.into_iter().chain(then).chain(by_hand).collect::<Vec<_>>().join("\n")
}

/// The distribution's own packages for these tools, each once, and the tools it has none for.
pub(crate) fn packages(tools: &[Tool], distribution: &Distribution) -> (Vec<String>, Vec<Tool>) {
    let mut names = Vec::new();
    let mut without = Vec::new();
    for tool in tools {
        match distribution.family().and_then(|family| family.packages(*tool)) {
            Some(packages) => names.extend(packages.iter().cloned()),
            None => without.push(*tool),
        }
    }
    let mut seen = HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    (names, without)
}

struct Advice {
    command: Option<String>,
    as_root: bool,
    /// What has to be done after the command.
    then: Option<&'static str>,
    by_hand: Vec<String>,
}

impl Advice {
    fn new(tools: &[Tool], distribution: &Distribution) -> Self {
        let (names, without) = packages(tools, distribution);
        let family = distribution.family();
        let by_hand = without.iter().map(|tool| by_hand(*tool, family)).collect();
        let mut advice =
            Self { command: None, as_root: family.is_some_and(|family| family.as_root), then: None, by_hand };
        let Some(family) = family.filter(|_| !names.is_empty()) else { return advice };
        let names = names.join(" ");
        let in_place = format!("{} {names}", family.install);
        advice.command = Some(match (distribution.immutable, &family.image) {
            (Some(Immutable::Ostree), _) => format!("rpm-ostree install --idempotent --apply-live {names}"),
            (Some(Immutable::Transactional), _) => {
                advice.then = Some("and restart the host: the packages are in its next snapshot");
                format!("transactional-update pkg install {names}")
            }
            (Some(Immutable::Image), _) if distribution.container.is_some() => {
                advice.then = Some("in the recipe of this container's image: its file system is read-only");
                in_place
            }
            (Some(Immutable::Image), Some(image)) => {
                advice.as_root = false;
                advice.then = Some("and work in there: this system's own folders are replaced by its next update");
                let make = format!("distrobox create --name build --image {image} --additional-packages \"{names}\"");
                format!("{make} && distrobox enter build")
            }
            _ => in_place,
        });
        advice
    }
}

/// What to say of a tool that has no package.
fn by_hand(tool: Tool, family: Option<&Family>) -> String {
    match family.and_then(|family| family.user_packages.get(&tool)) {
        Some(packages) => format!("{tool} (from the AUR: `{}`)", packages.join(" ")),
        None => tool.facts().by_hand.map_or_else(|| tool.to_string(), str::to_owned),
    }
}
