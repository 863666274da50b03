//! Looks for the libraries that a stored build needs, by the dynamic sections of its program and of the libraries beside it.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use gpu_detect::CudaChoice;

use super::{Gone, Libraries};

/// Libraries of the toolkit, and NCCL: what a build with CUDA is linked with and no distribution has to bring.
const OF_TOOLKIT: [&str; 9] = [
    "libcudart",
    "libcublas",
    "libcublasLt",
    "libnvrtc",
    "libnvJitLink",
    "libcurand",
    "libcufft",
    "libcusparse",
    "libnccl",
];
/// Where loaders look without a cache.
const FOLDERS: [&str; 6] = ["lib64", "usr/lib64", "lib", "usr/lib", "lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"];
/// No cache of a loader is larger, in bytes.
const LARGEST: u64 = 64 << 20;

/// Looks at the program of a stored build. `named` are the folders that the pool's `LD_LIBRARY_PATH` names.
pub(crate) fn of(program: &Path, choice: &CudaChoice, root: &Path, named: &[PathBuf]) -> Libraries {
    let beside = program.parent().and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten();
    let libraries = beside
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.contains(".so")));
    let needed: Vec<Needed> =
        std::iter::once(program.to_owned()).chain(libraries).flat_map(|path| of_file(&path)).collect();
    if needed.is_empty() {
        return Libraries::Found;
    }
    let at = |path: &str| root.join(path.trim_start_matches('/'));
    let mut folders: Vec<PathBuf> = named.to_vec();
    folders.extend(choice.driver_folder.clone());
    folders.extend(FOLDERS.iter().map(|folder| root.join(folder)));
    let cached = |name: &str| {
        let bytes = durable::read_regular(&at("etc/ld.so.cache"), LARGEST).ok().flatten().unwrap_or_default();
        artifact_fit::ld_cache(&bytes).iter().any(|(known, path)| known == name && at(path).exists())
    };
    judge(&needed, &folders, &choice.library_folders(), Path::exists, cached)
}

fn of_file(path: &Path) -> Vec<Needed> {
    let elf = File::open(path).ok().and_then(|file| artifact_fit::read_dynamic(&file)).unwrap_or_default();
    let is_of_toolkit = |name: &&String| OF_TOOLKIT.contains(&name.split(".so").next().unwrap_or_default());
    let need =
        |library: &String| Needed { file: path.to_owned(), library: library.clone(), search: elf.search.clone() };
    elf.needed.iter().filter(is_of_toolkit).map(need).collect()
}

/// A library that a file needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Needed {
    pub(crate) file: PathBuf,
    pub(crate) library: String,
    /// The file's own search path, with `$ORIGIN` in it.
    pub(crate) search: Vec<String>,
}

/// Decides where the libraries are. `folders` are those that a loader searches besides the files' own, `cached` whether its
/// cache has a library, and `toolkit` the folders of the chosen toolkit.
pub(crate) fn judge(
    needed: &[Needed],
    folders: &[PathBuf],
    toolkit: &[PathBuf],
    exists: impl Fn(&Path) -> bool,
    cached: impl Fn(&str) -> bool,
) -> Libraries {
    let is_there = |need: &Needed| {
        let origin = need.file.parent().unwrap_or_else(|| Path::new("/")).display().to_string();
        let own = need.search.iter().map(|part| part.replace("${ORIGIN}", &origin).replace("$ORIGIN", &origin));
        let mut all = own.map(PathBuf::from).chain(need.file.parent().map(Path::to_owned)).chain(folders.to_vec());
        all.any(|folder| exists(&folder.join(&need.library))) || cached(&need.library)
    };
    let gone: Vec<&Needed> = needed.iter().filter(|need| !is_there(need)).collect();
    let Some(first) = gone.first() else { return Libraries::Found };
    let names: BTreeSet<&str> = gone.iter().map(|need| need.library.as_str()).collect();
    let has_all = |folder: &&PathBuf| names.iter().all(|name| exists(&folder.join(name)));
    match toolkit.iter().find(has_all) {
        Some(folder) => Libraries::In(folder.clone()),
        None => Libraries::Gone(Gone {
            file: first.file.clone(),
            library: first.library.clone(),
            searched: first.search.clone(),
        }),
    }
}

#[cfg(test)]
mod tests;
