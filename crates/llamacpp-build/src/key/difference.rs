//! What a stored build has other than the one that is wanted: the answer to "why is it built again?".

use std::collections::BTreeMap;
use std::fmt;

use engine_store::{Store, StoreError};
use serde::Serialize;

use crate::{BuildKey, Inputs};

/// One input of the key that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Which, as it is called in `build.json`: `commit`, `tools.cxx`, `definitions.GGML_CUDA`.
    pub input: String,
    /// What the stored build has; nothing where it has no such input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored: Option<String>,
    /// What is wanted; nothing where no such input is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted: Option<String>,
}

/// The stored build that comes nearest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Near {
    /// Its key.
    pub key: BuildKey,
    /// What differs; never empty.
    pub differences: Vec<Difference>,
}

impl Inputs {
    /// Every input by name, in the order of `build.json`: for people.
    pub fn named(&self) -> Vec<(String, String)> {
        let Self { recipe, commit, submodules, backend, definitions, generator, tools, target, libc, cpu, env } = self;
        let mut named = vec![
            ("recipe".to_owned(), recipe.to_string()),
            ("commit".into(), commit.as_str().to_owned()),
            ("submodules".into(), submodules.to_string()),
            ("backend".into(), backend.clone()),
        ];
        let below = |group: &str, map: &BTreeMap<String, String>| {
            map.iter().map(|(name, value)| (format!("{group}.{name}"), value.clone())).collect::<Vec<_>>()
        };
        named.extend(below("definitions", definitions));
        named.push(("generator".into(), generator.cmake_name().into()));
        named.extend(below("tools", tools));
        named.extend([("target".into(), target.clone()), ("libc".into(), libc.clone())]);
        named.extend(cpu.iter().map(|cpu| ("cpu".into(), cpu.clone())));
        named.extend(below("env", env));
        named
    }

    /// What a stored build has other than this one.
    pub fn differences(&self, stored: &Self) -> Vec<Difference> {
        let (wanted, stored) = (self.named(), stored.named());
        let only_stored = stored.iter().filter(|(name, _)| !wanted.iter().any(|(other, _)| other == name));
        let seen = wanted.iter().chain(only_stored).map(|(name, _)| name);
        let get =
            |of: &[(String, String)], name: &str| of.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
        let pairs = seen.map(|name| (name, get(&stored, name), get(&wanted, name)));
        let different = pairs.filter(|(_, stored, wanted)| stored != wanted);
        different.map(|(name, stored, wanted)| Difference { input: name.clone(), stored, wanted }).collect()
    }
}

/// The stored build of llama.cpp that differs in the fewest inputs, the newest of several; none where the store has no other
/// one. Nothing is verified: this explains, it does not hand out. An entry of recipe 1 lacks what that recipe did not write down,
/// and differs in it.
///
/// # Errors
///
/// Where the store cannot be read.
pub fn nearest(store: &Store, wanted: &Inputs) -> Result<Option<Near>, StoreError> {
    let manifests = store.list()?.into_iter().filter_map(|stored| stored.manifest);
    let builds = manifests.filter_map(|manifest| Some((Inputs::of(&manifest)?, manifest)));
    let scored = builds.map(|(inputs, manifest)| {
        let differences = wanted.differences(&inputs);
        (differences.len(), std::cmp::Reverse(manifest.built_unix_s), manifest.key, differences)
    });
    let best = scored.filter(|(count, ..)| *count > 0).min_by(|a, b| (a.0, a.1, &a.2).cmp(&(b.0, b.1, &b.2)));
    Ok(best.map(|(_, _, key, differences)| Near { key, differences }))
}

/// Differences that are told in words; the JSON has all.
const TOLD: usize = 4;
/// A key is told by so many of its digits.
const DIGITS: usize = 8;
/// And a commit by so many.
const SHORT: usize = 12;

impl fmt::Display for Near {
    /// `76ffaea3 in tools.cxx: gcc (GCC) 12.2 → gcc (GCC) 13.1`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in ", self.key.as_str().chars().take(DIGITS).collect::<String>())?;
        for (i, difference) in self.differences.iter().take(TOLD).enumerate() {
            write!(f, "{}{difference}", if i == 0 { "" } else { "; " })?;
        }
        match self.differences.len().saturating_sub(TOLD) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { input, stored, wanted } = self;
        let (gone, new) = changed_words(stored.as_deref().unwrap_or_default(), wanted.as_deref().unwrap_or_default());
        match (stored, wanted) {
            // Hundreds of words, of which a few differ.
            _ if input == "cpu" && stored.is_some() && wanted.is_some() => {
                write!(f, "{input}:")?;
                gone.iter()
                    .map(|word| ('-', word))
                    .chain(new.iter().map(|word| ('+', word)))
                    .take(TOLD * 2)
                    .try_for_each(|(sign, word)| write!(f, " {sign}{word}"))
            }
            _ if input == "cpu" => {
                f.write_str(if wanted.is_some() { "cpu: any → this one" } else { "cpu: that one → any" })
            }
            _ if input == "commit" => {
                let short =
                    |commit: &Option<String>| commit.iter().flat_map(|id| id.chars().take(SHORT)).collect::<String>();
                write!(f, "commit: {} → {}", short(stored), short(wanted))
            }
            _ => {
                write!(f, "{input}: {} → {}", stored.as_deref().unwrap_or("none"), wanted.as_deref().unwrap_or("none"))
            }
        }
    }
}

/// The words of each that the other lacks.
fn changed_words<'a>(stored: &'a str, wanted: &'a str) -> (Vec<&'a str>, Vec<&'a str>) {
    let words = |text: &'a str| text.split([' ', ';']).filter(|word| !word.is_empty()).collect::<Vec<_>>();
    let (stored, wanted) = (words(stored), words(wanted));
    let lacks = |of: &[&'a str], other: &[&'a str]| of.iter().filter(|word| !other.contains(word)).copied().collect();
    (lacks(&stored, &wanted), lacks(&wanted, &stored))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Commit, Generator};

    fn inputs() -> Inputs {
        Inputs {
            recipe: 2,
            commit: Commit::parse(&"a".repeat(40)).unwrap(),
            submodules: false,
            backend: "cpu".into(),
            definitions: BTreeMap::from([("GGML_CUDA".into(), "OFF".into())]),
            generator: Generator::Ninja,
            tools: BTreeMap::from([("cxx".into(), "c++ 13.1".into())]),
            target: "x86_64-linux".into(),
            libc: "2.36".into(),
            cpu: Some("amx_tile avx2".into()),
            env: BTreeMap::new(),
        }
    }

    fn told(change: impl FnOnce(&mut Inputs)) -> Vec<String> {
        let (wanted, mut stored) = (inputs(), inputs());
        change(&mut stored);
        let differences = wanted.differences(&stored);
        assert_eq!(differences.is_empty(), wanted.key() == stored.key(), "a difference for each other key");
        differences.iter().map(ToString::to_string).collect()
    }

    /// Every input that makes another key is named, with both values.
    #[test]
    fn each_input_is_told() {
        assert_eq!(told(|_| ()), [""; 0]);
        let cxx = |stored: &mut Inputs| *stored.tools.get_mut("cxx").unwrap() = "c++ 12.2".into();
        assert_eq!(told(cxx), ["tools.cxx: c++ 12.2 → c++ 13.1"]);
        assert_eq!(told(|stored| stored.definitions.clear()), ["definitions.GGML_CUDA: none → OFF"]);
        assert_eq!(
            told(|stored| drop(stored.env.insert("CUDA_PATH".into(), "/c".into()))),
            ["env.CUDA_PATH: /c → none"]
        );
        let features = |stored: &mut Inputs| stored.cpu = Some("avx2 avx512f".into());
        assert_eq!(told(features), ["cpu: -avx512f +amx_tile"]);
        assert_eq!(told(|stored| stored.cpu = None), ["cpu: any → this one"]);
        for change in [
            |stored: &mut Inputs| stored.recipe = 0,
            |stored: &mut Inputs| stored.submodules = true,
            |stored: &mut Inputs| stored.backend = "cuda".into(),
            |stored: &mut Inputs| stored.generator = Generator::Make,
            |stored: &mut Inputs| stored.target = "arm".into(),
            |stored: &mut Inputs| stored.libc = "2.41".into(),
        ] {
            assert_eq!(told(change).len(), 1);
        }
    }

    #[test]
    fn many_differences_are_counted() {
        let (wanted, mut stored) = (inputs(), inputs());
        stored.definitions = (0..6).map(|i| (format!("X{i}"), "1".to_owned())).collect();
        let near = Near { key: stored.key(), differences: wanted.differences(&stored) };
        let text = near.to_string();
        assert!(text.starts_with(&stored.key().as_str()[..8]) && text.ends_with("; and 3 more"), "{text}");
    }
}
