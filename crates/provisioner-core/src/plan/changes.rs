//! Whether an engine that runs is the one that is wanted, and if not, in what it differs.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;

use model_provisioner::Presence;
use serde::{Deserialize, Serialize};

use crate::engine::command_line::{CommandLine, INHERITED, LIBRARY_PATH};
use crate::observe::observed::Observed;
use crate::pool::desired::Desired;
use crate::supply::Facts;

/// One thing in which a running engine differs from the wanted one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What differs.
    pub what: String,
    /// As it runs.
    pub runs: String,
    /// As it is wanted.
    pub wanted: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: runs `{}`, wanted `{}`", self.what, self.runs, self.wanted)
    }
}

/// The facts that make an engine the wanted one. They are kept in its record, so no value of a secret is among them:
/// a secret that changed does not show. What an engine inherits is not among them either: the same pool wants the same
/// engine from every shell.
pub(crate) fn fingerprint(desired: &Desired, supplied: &Facts, model_size: u64, line: &CommandLine) -> Facts {
    let mut facts = supplied.clone();
    facts.extend([
        ("accelerator".into(), desired.accelerator.to_string()),
        ("model size".into(), model_size.to_string()),
        ("flags".into(), exec::shell_line(&line.args)),
        ("secret_env".into(), line.secret_env.keys().cloned().collect::<Vec<_>>().join(",")),
    ]);
    let inherited = |name: &str| INHERITED.contains(&name) && !desired.env.contains_key(name);
    for (name, value) in line.env.iter().filter(|(name, _)| !name.to_str().is_some_and(inherited)) {
        if let Some(value) = without_toolkit(name, value, line) {
            facts.insert(format!("env {}", name.to_string_lossy()), value);
        }
    }
    facts
}

/// A variable's value without the folder of a toolkit that moved: an engine that runs has found its libraries.
fn without_toolkit(name: &OsStr, value: &OsStr, line: &CommandLine) -> Option<String> {
    let value = value.to_string_lossy();
    let folder = line.toolkit_folder.as_ref().filter(|_| name == LIBRARY_PATH).map(|folder| folder.to_string_lossy());
    match folder {
        Some(folder) if value == folder => None,
        Some(folder) => {
            let rest = value.strip_suffix(folder.as_ref()).and_then(|rest| rest.strip_suffix(':'));
            Some(rest.unwrap_or(&value).to_owned())
        }
        None => Some(value.into_owned()),
    }
}

/// The engine that runs, beside the wanted one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// None runs.
    Nothing,
    /// It is the wanted one.
    Same,
    /// It is another one, or that cannot be told yet.
    Differs(Vec<Difference>),
}

/// Compares what runs with what is wanted, as far as the host knows.
pub(crate) fn compare(desired: &Desired, observed: &Observed) -> Comparison {
    let Some(running) = &observed.running else { return Comparison::Nothing };
    let differences = match (observed.supplied.facts(), &observed.line, &observed.model) {
        (Some(facts), Some(Ok(line)), Some(Presence::Present(found))) => {
            differences(&running.facts, &fingerprint(desired, &facts, found.staged.size(), line))
        }
        // Of an engine that others run, all that is wanted is known.
        (Some(facts), _, None) => differences(&running.facts, &facts),
        (Some(_), _, Some(Presence::Fetchable(_))) => {
            let model = running.args.iter().skip_while(|arg| *arg != "--model").nth(1);
            vec![Difference {
                what: "model".into(),
                runs: model.cloned().unwrap_or_else(|| "another one".into()),
                wanted: format!("{}, which is not there yet", desired.model.reference),
            }]
        }
        // What keeps the flags or the model from being used is said by their own steps.
        (Some(_), Some(Err(_)), _) | (Some(_), _, Some(Presence::Unusable(_))) => vec![Difference {
            what: "flags or model".into(),
            runs: exec::shell_line(&running.args),
            wanted: "what cannot be used as it is configured".into(),
        }],
        _ => vec![Difference {
            what: "build".into(),
            runs: running.facts.get("build").cloned().unwrap_or_else(|| "an earlier one".into()),
            wanted: format!("{}, of which this host's cache knows no build", observed.supplied.wish()),
        }],
    };
    let silence = observed.silent.map(|after| Difference {
        what: "answer".into(),
        runs: format!("silent for {} s", after.as_secs()),
        wanted: "an engine that answers".into(),
    });
    let differences: Vec<Difference> = differences.into_iter().chain(silence).collect();
    if differences.is_empty() { Comparison::Same } else { Comparison::Differs(differences) }
}

/// In what two sets of facts differ.
pub(crate) fn differences(runs: &BTreeMap<String, String>, wanted: &BTreeMap<String, String>) -> Vec<Difference> {
    let mut names: Vec<&String> = runs.keys().chain(wanted.keys()).collect();
    names.sort();
    names.dedup();
    let absent = || "(unset)".to_owned();
    let pair = |name: &String| {
        (runs.get(name).cloned().unwrap_or_else(absent), wanted.get(name).cloned().unwrap_or_else(absent))
    };
    names
        .into_iter()
        .map(|name| (name, pair(name)))
        .filter(|(_, (a, b))| a != b)
        .map(|(name, (runs, wanted))| Difference { what: name.clone(), runs, wanted })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::command_line::{Given, command_line};

    #[test]
    fn what_differs_is_named_once() {
        let facts = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<BTreeMap<_, _>>()
        };
        let found = differences(&facts(&[("a", "1"), ("b", "2")]), &facts(&[("a", "1"), ("b", "3"), ("c", "4")]));
        let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["b: runs `2`, wanted `3`", "c: runs `(unset)`, wanted `4`"]);
    }

    /// The facts of an engine that the version before started, in its own record, are those of today: it is kept.
    #[test]
    fn the_facts_of_a_record_of_the_version_before_are_those_of_today() {
        let record = include_bytes!("../../tests/golden/schema-1/record.json");
        let record: spawner::Record = serde_json::from_slice(record).unwrap();
        let mut desired = crate::pool::sample::desired();
        desired.config_home = "/tmp/host/run/demo/config".into();
        desired.flags = vec!["--threads".into(), "1".into()];
        desired.env.insert("OMP_NUM_THREADS".into(), "1".into());
        let mut wish = crate::supply::source::sample::wish();
        wish.source.repo = "/tmp/host/engine".into();
        let supplied = crate::supply::source::artifact::facts(&wish, &record.fingerprint["build"]);
        let documents = crate::supply::Documents { release: "v0.5.0".into(), ..Default::default() };
        let profile = crate::engine::profile(config_schema::Engine::Llamacpp);
        let given = Given {
            profile,
            devices: None,
            model: "/tmp/host/tiny.gguf".as_ref(),
            port: record.port,
            documents: &documents,
            catalogue: &crate::engine::command_line::catalogue(profile.flags, &documents),
            env: &exec::Env::from_pairs([("HOME", "/tmp/host")]),
        };
        let line = command_line(&desired, given).unwrap();
        assert_eq!(differences(&record.fingerprint, &fingerprint(&desired, &supplied, 64, &line)), []);
    }

    /// An engine is given the libraries of a toolkit that moved behind all other folders, and one that runs is kept.
    #[test]
    fn a_toolkit_that_moved_makes_no_other_engine() {
        let mut desired = crate::pool::sample::desired();
        let line = |desired: &Desired, driver: Option<&str>, toolkit: Option<&str>| {
            let (driver_folder, toolkit_folder) = (driver.map(Into::into), toolkit.map(Into::into));
            let devices = crate::supply::Accelerated { driver_folder, toolkit_folder, ..Default::default() };
            let profile = crate::engine::profile(config_schema::Engine::Llamacpp);
            let documents = crate::supply::Documents { release: "v0.5.0".into(), ..Default::default() };
            let given = Given {
                profile,
                devices: Some(&devices),
                model: "/m/tiny.gguf".as_ref(),
                port: 8080,
                documents: &documents,
                catalogue: &crate::engine::command_line::catalogue(profile.flags, &documents),
                env: &exec::Env::default(),
            };
            command_line(desired, given).unwrap()
        };
        let path =
            |line: &CommandLine| line.env.get(OsStr::new(LIBRARY_PATH)).map(|path| path.to_str().unwrap().to_owned());
        for (own, driver) in
            [(None, None), (Some("/own"), None), (None, Some("/driver")), (Some("/own"), Some("/driver"))]
        {
            desired.env.remove(LIBRARY_PATH);
            desired.env.extend(own.map(|own| (LIBRARY_PATH.to_owned(), own.to_owned())));
            let (before, now) = (line(&desired, driver, None), line(&desired, driver, Some("/opt/cuda/lib64")));
            let all: Vec<&str> = driver.into_iter().chain(own).chain(["/opt/cuda/lib64"]).collect();
            assert_eq!(path(&now), Some(all.join(":")));
            let facts = |line: &CommandLine| fingerprint(&desired, &Facts::new(), 64, line);
            assert_eq!(differences(&facts(&before), &facts(&now)), []);
        }
    }
}
