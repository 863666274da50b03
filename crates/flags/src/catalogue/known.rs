//! What no help says of a flag: a hand-written table, and phrases of the help that mean something.

use std::collections::{HashMap, HashSet};

use crate::catalogue::renames;
use crate::catalogue::role::Role;
use crate::catalogue::spec::{Arity, FlagSpec};
use crate::catalogue::values::Values;
use crate::engine::{Engine, per_engine};

/// The flag that says how many layers go to the GPU, by the name every release's parser takes.
pub(crate) const LAYER_FLAG: &str = "--n-gpu-layers";

/// Its spellings; `--ngl` is what people write and no engine takes.
pub(crate) const LAYERS: &[&str] = &["--n-gpu-layers", "--gpu-layers", "-ngl", "--ngl"];

/// Spellings of secrets that a value may be stuck to by mistake (`-hftVALUE`).
pub(crate) const STUCK: &[&str] = &["--api-key", "--hf-token", "-hft"];

/// The one secret that may be given several times, each adding a key; others are overwritten.
pub(crate) const API_KEY: &str = "--api-key";

/// The key that names the model.
const MODEL_KEY: &str = "provisioning.model.ref";

/// In the help of every flag that picks a model by itself (`--gpt-oss-20b-default` sets model, port and context).
const PRESET_HELP: &str = "can download weights from the internet";

/// How the help of older releases says that each occurrence counts (`can be repeated to use multiple adapters`).
pub(crate) const ADDS_HELP: &[&str] = &["can be repeated", "multiple times", "more than once"];

#[derive(Clone, Copy, Default)]
struct Known {
    role: Role,
    adds: bool,
    pair: bool,
    value: bool,
    values: Option<&'static str>,
    env: Option<&'static str>,
}

per_engine!(table -> HashMap<&'static str, Known> = read);

fn read(engine: Engine) -> HashMap<&'static str, Known> {
    let lines = engine.data().0.lines();
    let mut known = HashMap::new();
    for line in lines.filter(|l| l.starts_with('-')) {
        let mut words = line.split_whitespace();
        let Some(name) = words.next() else { continue };
        let mut facts = Known::default();
        for word in words {
            match word {
                "adds" => facts.adds = true,
                "pair" => facts.pair = true,
                "value" => facts.value = true,
                _ if word.starts_with("values:") => facts.values = word.strip_prefix("values:"),
                _ if word.starts_with("env:") => facts.env = word.strip_prefix("env:"),
                _ => facts.role = Role::parse(word).unwrap_or_default(),
            }
        }
        known.insert(name, facts);
    }
    // A renamed flag is what its other names are. A name counts in the first group that has it.
    let listed = known.clone();
    let mut grouped = HashSet::new();
    for names in renames::plain(engine).map(Iterator::collect::<Vec<_>>) {
        let facts = names.iter().find_map(|name| listed.get(name)).copied();
        for name in names.into_iter().filter(|name| grouped.insert(*name)) {
            if let Some(facts) = facts {
                known.entry(name).or_insert(facts);
            }
        }
    }
    known
}

/// What the table says of the first of these names that it knows, by that name or another of the flag's.
fn known<'a>(engine: Engine, mut spellings: impl Iterator<Item = &'a str>) -> Option<&'static Known> {
    let table = table(engine);
    spellings.find_map(|spelling| table.get(spelling))
}

/// Adds to a flag what the table says of any of its names.
pub(crate) fn complete(engine: Engine, spec: &mut FlagSpec) {
    if let Some(&Known { role, adds, pair, value, env, .. }) = known(engine, spec.positive()) {
        spec.adds |= adds;
        spec.pair |= pair;
        spec.env = spec.env.take().or_else(|| env.map(str::to_owned));
        if value && spec.value == Arity::None {
            spec.value = Arity::One;
        }
        if role != Role::Free {
            spec.role = role;
        }
    }
}

/// Narrows the numbers a flag takes to what the table says, unless the help says that it was otherwise in this release.
pub(crate) fn narrow(engine: Engine, spec: &mut FlagSpec, help: &str) {
    let table = known(engine, spec.positive()).and_then(|k| k.values).map(Values::parse);
    let otherwise = |v: &Values| {
        spec.default.as_deref().is_some_and(|d| !v.accept(d)) || (help.contains("-1 =") && !v.accept("-1"))
    };
    if let Some(values) = table.filter(|v| spec.values.is_numeric() && !otherwise(v)) {
        spec.values = values;
    }
}

/// What the table says of a name that the engine does not list.
pub(crate) fn role(engine: Engine, name: &str) -> Role {
    known(engine, std::iter::once(name)).map_or(Role::Free, |k| k.role)
}

/// What the description alone says.
pub(crate) fn role_by_help(help: &str) -> Role {
    if help.contains(PRESET_HELP) { Role::Owned(MODEL_KEY) } else { Role::Free }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_table_is_understood() {
        for (engine, line) in Engine::ALL.into_iter().flat_map(|e| e.data().0.lines().map(move |l| (e, l))) {
            if line.starts_with('#') || line.is_empty() {
                continue;
            }
            assert!(line.starts_with("--"), "{line}");
            let name = line.split_whitespace().next().unwrap();
            let same = |l: &&str| l.split_whitespace().next() == Some(name);
            assert_eq!(engine.data().0.lines().filter(same).count(), 1, "each name once: {line}");
            for word in line.split_whitespace().skip(1) {
                let plain = matches!(word, "adds" | "pair" | "value")
                    || word.starts_with("values:")
                    || word.starts_with("env:");
                assert!(plain || Role::parse(word).is_some(), "{line}");
            }
        }
    }
}
