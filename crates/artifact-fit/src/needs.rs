//! What the files of one archive need together: each library is looked for among them, as the loader does, and what is not
//! there must come from the host.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::cuda::{oldest_driver, runtime_of};
use crate::libraries::is_of_cuda;
use crate::{Elf, Machine};

/// One ELF file of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its path in the archive.
    pub path: String,
    /// What it says.
    pub elf: Elf,
}

/// A library that the host must bring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Its name, such as `libcurl.so.4`.
    pub library: String,
    /// The files that need it.
    pub needed_by: Vec<String>,
    /// The versions of its symbols that they need.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    /// Its place in the archive, where it is there and not found by the files that need it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreachable: Option<String>,
}

/// What a program needs of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needs {
    /// The machine it is made for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
    /// Whether it names another system than Linux.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_foreign_system: bool,
    /// Its loader; none where it is linked statically.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<String>,
    /// The libraries that are not in the archive.
    pub libraries: Vec<Missing>,
    /// Whether any file of the archive is for NVIDIA GPUs.
    pub has_cuda: bool,
    /// Architectures with machine code in the archive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cuda_code: Vec<u32>,
    /// Architectures with PTX.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cuda_ptx: Vec<u32>,
    /// Whether the list of architectures is not the whole truth.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cuda_unknown: bool,
    /// The major release of the CUDA runtime that it is linked with, such as 12; none where it cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cuda_runtime: Option<u32>,
    /// The oldest driver that runs it, such as `525.60.13`, as far as runtime and compression of the code say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cuda_driver: Option<String>,
}

/// What `program` needs, one of `members`. With `cuda`, also what the files for NVIDIA GPUs need that a program loads by
/// itself, as llama.cpp does with its backends. `files` are all files of the archive, links resolved.
pub fn needs(members: &[Member], files: &[String], program: &str, cuda: bool) -> Needs {
    let by_path: BTreeMap<&str, &Elf> = members.iter().map(|member| (member.path.as_str(), &member.elf)).collect();
    let files: BTreeSet<&str> = files.iter().map(String::as_str).collect();
    let root = by_path.get(program).copied();
    let mut needs = Needs {
        machine: root.and_then(|elf| elf.machine),
        is_foreign_system: root.is_some_and(|elf| elf.is_foreign_system),
        interpreter: root.and_then(|elf| elf.interpreter.clone()),
        ..Needs::default()
    };
    let named = members.iter().flat_map(|member| &member.elf.needed).map(String::as_str);
    needs.cuda_runtime = named.chain(files.iter().copied()).filter_map(runtime_of).max();
    needs.cuda_driver = oldest_driver(needs.cuda_runtime, members.iter().any(|member| member.elf.cuda_zstd));
    for Member { elf, .. } in members {
        needs.has_cuda |= is_for_cuda(elf);
        needs.cuda_code.extend(&elf.cuda_code);
        needs.cuda_ptx.extend(&elf.cuda_ptx);
        needs.cuda_unknown |= elf.cuda_unknown;
    }
    for list in [&mut needs.cuda_code, &mut needs.cuda_ptx] {
        list.sort_unstable();
        list.dedup();
    }
    let loaded_later =
        members.iter().filter(|member| cuda && is_for_cuda(&member.elf)).map(|member| member.path.as_str());
    let mut queue: VecDeque<&str> = std::iter::once(program).chain(loaded_later).collect();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut outside: BTreeMap<String, Missing> = BTreeMap::new();
    // What is loaded already is found by its name, wherever it was found first.
    let mut loaded: BTreeMap<String, &str> = BTreeMap::new();
    let empty = Elf::default();
    let search_of_program = root.map_or(&[][..], |elf| &elf.search);
    while let Some(path) = queue.pop_front() {
        let Some(elf) = by_path.get(path).copied().filter(|_| seen.insert(path)) else { continue };
        for library in &elf.needed {
            let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
            let own = elf.search.iter().filter_map(|part| origin(part, &folder(path)));
            let programs = search_of_program.iter().filter_map(|part| origin(part, &folder(program)));
            let found = own.chain(programs).find_map(|folder| {
                let at = if folder.is_empty() { library.clone() } else { format!("{folder}/{library}") };
                files.get(at.as_str()).copied()
            });
            if let Some(at) = found.or_else(|| loaded.get(library).copied()) {
                loaded.entry(library.clone()).or_insert(at);
                queue.push_back(at);
                continue;
            }
            let missing = outside.entry(library.clone()).or_insert_with(|| {
                let named = files.iter().find(|file| file.rsplit('/').next() == Some(library));
                let unreachable = named.map(|file| (*file).to_owned());
                Missing { library: library.clone(), needed_by: Vec::new(), versions: Vec::new(), unreachable }
            });
            missing.needed_by.push(path.to_owned());
            let versions = by_path.get(path).copied().unwrap_or(&empty).versions.iter();
            for (_, version) in versions.filter(|(from, _)| from == library) {
                if !missing.versions.contains(version) {
                    missing.versions.push(version.clone());
                }
            }
        }
    }
    outside.retain(|library, _| !loaded.contains_key(library));
    needs.libraries = outside.into_values().collect();
    needs
}

fn is_for_cuda(elf: &Elf) -> bool {
    elf.needed.iter().any(|library| is_of_cuda(library))
        || elf.cuda_unknown
        || !elf.cuda_code.is_empty()
        || !elf.cuda_ptx.is_empty()
}

/// A part of a search path as a folder of the archive; `None` for one of the host.
fn origin(part: &str, folder: &str) -> Option<String> {
    let rest = part.strip_prefix("$ORIGIN").or_else(|| part.strip_prefix("${ORIGIN}"))?;
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    let mut at: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                at.pop()?;
            }
            part => at.push(part),
        }
    }
    Some(at.join("/"))
}
