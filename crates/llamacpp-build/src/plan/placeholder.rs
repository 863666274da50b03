//! What only the execution can know: named places in planned commands, of a closed set of kinds, and the values they get.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::plan::call::Call;
use crate::{BuildKey, Commit};

/// The staging folder of a build, which gets its name when it is made.
pub(crate) const STAGING: &str = "<staging>";
/// The commit that a name means, once the repository was asked.
pub(crate) const COMMIT: &str = "<commit>";
/// The key of the build, which follows from the commit.
pub(crate) const KEY: &str = "<key>";
/// git's digest of a working tree.
pub(crate) const TREE: &str = "<tree>";
/// Definitions that depend on the tree at hand.
const DEFINITIONS: &str = "<definitions>";

/// The kinds of things that a plan cannot know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceholderKind {
    /// A commit id.
    Commit,
    /// A folder that is made for this build.
    Staging,
    /// A digest of what was read or made.
    Digest,
    /// Definitions that the fetched tree does not know, or knows under another name.
    Definitions,
}

/// One place in the commands of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Placeholder {
    /// As it is written in the commands.
    pub name: &'static str,
    /// Its kind.
    pub kind: PlaceholderKind,
    /// The words that may be missing from what runs; empty where any value of the kind will do.
    pub allowed: Vec<String>,
}

impl Placeholder {
    /// The placeholders that these calls use; `definitions` are the words that depend on the tree.
    pub(crate) fn used(calls: &[Call], definitions: Vec<String>) -> Vec<Self> {
        let mentions = |name: &str| {
            calls.iter().any(|call| {
                call.argv.iter().chain(call.env.values()).any(|text| text.contains(name))
                    || call.cwd.to_string_lossy().contains(name)
            })
        };
        let kinds = [
            (STAGING, PlaceholderKind::Staging),
            (COMMIT, PlaceholderKind::Commit),
            (KEY, PlaceholderKind::Digest),
            (TREE, PlaceholderKind::Digest),
        ];
        let used = kinds.into_iter().filter(|(name, _)| mentions(name));
        let mut all: Vec<_> = used.map(|(name, kind)| Self { name, kind, allowed: Vec::new() }).collect();
        if !definitions.is_empty() {
            all.push(Self { name: DEFINITIONS, kind: PlaceholderKind::Definitions, allowed: definitions });
        }
        all
    }
}

/// How the definitions that CMake was given differ from the planned ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefinitionChanges {
    /// Planned words that were left out.
    pub dropped: Vec<String>,
    /// Words in their place: the name that this tree gives an option, a list of flags without one that does not work here.
    pub added: Vec<String>,
}

/// What the placeholders stood for in one execution.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Values {
    /// The staging folder.
    pub staging: Option<PathBuf>,
    /// The commit.
    pub commit: Option<Commit>,
    /// The key.
    pub key: Option<BuildKey>,
    /// git's digest of the working tree, where one is the source.
    pub tree: Option<String>,
    /// The definitions.
    pub definitions: DefinitionChanges,
}

impl Values {
    /// A planned call with these values in it: what must have run.
    pub fn substitute(&self, planned: &Call) -> Call {
        let staging = self.staging.as_ref().map(|dir| dir.to_string_lossy());
        let known = [
            (STAGING, staging.as_deref()),
            (COMMIT, self.commit.as_ref().map(Commit::as_str)),
            (KEY, self.key.as_ref().map(BuildKey::as_str)),
            (TREE, self.tree.as_deref()),
        ];
        let text = |text: &str| {
            known.iter().fold(text.to_owned(), |text, (name, value)| match value {
                Some(value) => text.replace(name, value),
                None => text,
            })
        };
        let argv = planned.argv.iter().map(|word| text(word)).collect();
        Call {
            argv: self.definitions.applied(argv),
            cwd: text(&planned.cwd.to_string_lossy()).into(),
            env: planned.env.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
        }
    }
}

impl DefinitionChanges {
    /// From the words that were planned to those that were used.
    pub(crate) fn between(planned: &[String], used: &[String]) -> Self {
        let lacking =
            |of: &[String], other: &[String]| of.iter().filter(|word| !other.contains(word)).cloned().collect();
        Self { dropped: lacking(planned, used), added: lacking(used, planned) }
    }

    /// Definitions are sorted by name, at the end of the line.
    fn applied(&self, argv: Vec<String>) -> Vec<String> {
        if self.dropped.is_empty() && self.added.is_empty() || !argv.iter().any(|word| name(word).is_some()) {
            return argv;
        }
        let (mut words, mut definitions): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        for word in argv {
            // The first definition is always there and not one of the sorted ones.
            if name(&word).is_some_and(|name| name != "CMAKE_MAKE_PROGRAM") {
                definitions.push(word);
            } else {
                words.push(word);
            }
        }
        definitions.retain(|word| !self.dropped.contains(word));
        definitions.extend(self.added.iter().cloned());
        definitions.sort_by(|a, b| name(a).cmp(&name(b)));
        words.extend(definitions);
        words
    }
}

/// `NAME` of `-DNAME=VALUE`.
fn name(word: &str) -> Option<&str> {
    Some(word.strip_prefix("-D")?.split_once('=')?.0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn call(argv: &[&str]) -> Call {
        Call { argv: argv.iter().map(ToString::to_string).collect(), cwd: "<staging>/x".into(), env: BTreeMap::new() }
    }

    #[test]
    fn values_take_the_place_of_placeholders() {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        let definitions = DefinitionChanges::between(
            &words(&["-DA=1", "-DA2=1", "-DA_B=1", "-DZ=1"]),
            &words(&["-DA2=1", "-DA_B=2", "-DM=1", "-DZ=1"]),
        );
        assert_eq!((definitions.dropped.len(), definitions.added.len()), (2, 2));
        let commit = Commit::parse(&"c".repeat(40));
        let values = Values { staging: Some("/c/staging/k.1".into()), commit, definitions, ..Values::default() };
        let planned = ["cmake", "-B", "<staging>/b", "-DCMAKE_MAKE_PROGRAM=/n", "-DA=1", "-DA2=1", "-DA_B=1", "-DZ=1"];
        let seen = values.substitute(&call(&planned));
        assert_eq!(
            seen.argv,
            ["cmake", "-B", "/c/staging/k.1/b", "-DCMAKE_MAKE_PROGRAM=/n", "-DA2=1", "-DA_B=2", "-DM=1", "-DZ=1"]
        );
        assert_eq!(seen.cwd.to_str(), Some("/c/staging/k.1/x"));
        assert_eq!(values.substitute(&call(&["git", "+<commit>:r"])).argv[1], format!("+{}:r", "c".repeat(40)));
        assert_eq!(values.substitute(&call(&["x", "<tree>"])).argv, ["x", "<tree>"], "no value, no change");
    }
}
