//! The whole check: which specs count, which devices the GPUs are, and whether the host has what those need.

use std::path::Path;

use crate::error::{CdiError, Note};
use crate::host::{Host, WantedGpu};
use crate::names::{choose, names};
use crate::paths::{compare, has_compat_hook};
use crate::read::SpecFile;
use crate::remedy::Remedy;
use crate::spec::Spec;
use crate::support::{Dropped, dropped};

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The devices for the GPUs, such as `nvidia.com/gpu=0`; empty where a GPU has none.
    pub devices: Vec<String>,
    /// What is wrong; what to act on first comes first.
    pub problems: Vec<CdiError>,
    /// What is worth knowing beside that.
    pub notes: Vec<Note>,
}

/// A spec that was parsed.
#[derive(Debug)]
pub(crate) struct Loaded<'a> {
    pub(crate) path: &'a Path,
    pub(crate) spec: Spec,
}

/// Compares specs with a host. `files` are those of the folders that the runtime reads and of others where specs are found by mistake;
/// `kind` is that of the pool's GPUs.
pub fn check(files: &[SpecFile], kind: &str, wanted: &[WantedGpu], host: &Host<'_>) -> Report {
    let mut report = Report::default();
    let mut usable: Vec<(usize, Loaded<'_>)> = Vec::new();
    let (mut elsewhere, mut unusable, mut other_kinds) = (Vec::new(), Vec::new(), Vec::new());
    for SpecFile { path, text } in files {
        let priority = host.folders.iter().position(|folder| path.parent() == Some(folder));
        let parsed = text.clone().and_then(|text| Spec::parse(&text));
        match (parsed, priority) {
            (Ok(spec), _) if spec.kind != kind => other_kinds.push(spec.kind),
            (Ok(spec), Some(priority)) => match dropped(path, &spec, host.podman) {
                None => usable.push((priority, Loaded { path, spec })),
                Some(why) => unusable.push(unreadable(&Loaded { path, spec }, why, host)),
            },
            (Ok(spec), None) => elsewhere.push(Loaded { path, spec }),
            (Err(why), Some(_)) if is_spec(path) => {
                unusable.push(CdiError::Unreadable { spec: path.clone(), why, remedy: Remedy::first(kind, host) });
            }
            (Err(_), _) => {}
        }
    }
    if usable.is_empty() {
        report.problems = unusable;
        if report.problems.is_empty() {
            for loaded in &elsewhere {
                report.problems.push(wrong_folder(loaded, host));
                compare_all(loaded, host, &mut report);
            }
        }
        if report.problems.is_empty() {
            other_kinds.sort();
            other_kinds.dedup();
            let (kind, folders, remedy) = (kind.to_owned(), host.folders.clone(), Remedy::first(kind, host));
            report.problems.push(CdiError::Missing { kind, folders, found: other_kinds, remedy });
        }
        return report;
    }
    let specs: Vec<_> = usable.iter().map(|(priority, loaded)| (*priority, &loaded.spec)).collect();
    let names = names(&specs);
    let chosen = match choose(&names, wanted, host.gpus) {
        Ok(chosen) => chosen,
        Err(gpu) => {
            let (_, first) = &usable[0];
            let remedy = if names.conflicts.is_empty() {
                Remedy::generate(&first.spec, first.path, host)
            } else {
                Remedy::new("remove one of the two files that define it")
            };
            report.problems.push(CdiError::DeviceMissing {
                kind: kind.to_owned(),
                index: gpu.index,
                uuid: gpu.uuid.clone(),
                names: names.devices.keys().map(|name| (*name).to_owned()).collect(),
                conflicts: names.conflicts.iter().map(|name| (*name).to_owned()).collect(),
                remedy,
            });
            report.problems.extend(unusable);
            Vec::new()
        }
    };
    report.devices = chosen.iter().map(|name| format!("{kind}={name}")).collect();
    for (at, (_, loaded)) in usable.iter().enumerate() {
        let of_spec = chosen.iter().filter_map(|name| names.devices.get(name)).filter(|(spec, _)| *spec == at);
        let mut edits: Vec<_> = of_spec.map(|(_, device)| &device.container_edits).collect();
        if edits.is_empty() && !report.devices.is_empty() {
            continue;
        }
        edits.push(&loaded.spec.container_edits);
        if loaded.spec.devices().is_empty() {
            continue;
        }
        if has_compat_hook(&loaded.spec) {
            report.notes.push(Note::CompatHook);
        }
        if report.devices.is_empty() {
            compare_all(loaded, host, &mut report);
        } else {
            compare(loaded, &edits, host, &mut report.problems, &mut report.notes);
        }
    }
    report
}

/// Compares all devices of a spec.
fn compare_all(loaded: &Loaded<'_>, host: &Host<'_>, report: &mut Report) {
    let devices = loaded.spec.devices().iter().map(|device| &device.container_edits);
    let edits: Vec<_> = devices.chain([&loaded.spec.container_edits]).collect();
    compare(loaded, &edits, host, &mut report.problems, &mut report.notes);
}

fn unreadable(loaded: &Loaded<'_>, Dropped { why, is_newer }: Dropped, host: &Host<'_>) -> CdiError {
    let remedy = if is_newer {
        Remedy::new(
            "update podman, or generate the spec with an older toolkit (1.18): the same toolkit writes the same file again",
        )
    } else {
        Remedy::generate(&loaded.spec, loaded.path, host)
    };
    CdiError::Unreadable { spec: loaded.path.to_owned(), why, remedy }
}

fn wrong_folder(loaded: &Loaded<'_>, host: &Host<'_>) -> CdiError {
    let folder = loaded.path.parent().unwrap_or(loaded.path).display();
    let all: Vec<String> = host.folders.iter().map(|folder| format!("\"{}\"", folder.display())).collect();
    let all = all.join(", ");
    let remedy = Remedy::new(format!(
        "write `cdi_spec_dirs = [{all}, \"{folder}\"]` below `[engine]` in containers.conf (by hand: `podman --cdi-spec-dir={folder} run`)"
    ));
    CdiError::WrongFolder { spec: loaded.path.to_owned(), folders: host.folders.clone(), remedy }
}

/// Whether a file that cannot be parsed is meant as a spec.
fn is_spec(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "json" || end == "yaml" || end == "yml")
}
