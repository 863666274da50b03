//! What this host has of what programs need: read from its loader's cache and its libraries.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use artifact_fit::{Elf, FitError, Host, Machine, Needs, judge, ld_cache, read_file};
use gpu_detect::Target;

use crate::supply::gpus::Gpus;

/// Where loaders look without a cache.
const FOLDERS: [&str; 6] = ["lib64", "usr/lib64", "lib", "usr/lib", "lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"];

/// Raised with each change of what is judged: what an earlier program found to fit is judged again.
const RULES: u32 = 1;

/// No cache is larger, in bytes.
const LARGEST: u64 = 64 << 20;

/// Everything that `program` needs and this host lacks. `gpus` are the pool's, where it runs on CUDA.
pub(crate) fn lacks(root: &Path, program: &str, needs: &Needs, gpus: Option<&Gpus>) -> Vec<FitError> {
    let at = |path: &str| root.join(path.trim_start_matches('/'));
    let machine = machine();
    let cache = durable::read_regular(&at("etc/ld.so.cache"), LARGEST).ok().flatten().unwrap_or_default();
    let mut known: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for (name, path) in ld_cache(&cache) {
        known.entry(name).or_default().push(at(&path));
    }
    let library = |name: &str| -> Option<Elf> {
        // The program is started with this folder before all others.
        let driver = gpus.and_then(Gpus::driver_folder).map(|folder| folder.join(name));
        let cached = known.get(name).into_iter().flatten().cloned();
        let plain = FOLDERS.iter().map(|folder| root.join(folder).join(name));
        // A name may be there for other machines, too.
        let read = |path: PathBuf| read_file(&File::open(path).ok()?).filter(|elf| elf.machine == needs.machine);
        driver.into_iter().chain(cached).chain(plain).find_map(read)
    };
    let architectures: Vec<u32> = gpus.map(Gpus::chosen).unwrap_or_default().iter().map(Target::architecture).collect();
    let has_file = |path: &str| at(path).is_file();
    let (cuda, driver) = (gpus.is_some(), gpus.and_then(Gpus::driver));
    let host = Host { machine, has_file: &has_file, library: &library, gpus: &architectures, cuda, driver };
    judge(program, needs, &host)
}

/// The machine that this host is.
fn machine() -> Machine {
    let machine = nix::sys::utsname::uname().ok();
    machine.and_then(|name| name.machine().to_str().map(Machine::parse)).unwrap_or(Machine::Other)
}

/// A name of the facts that [`lacks`] reads: machine, the loader's cache as its file is now, GPUs and driver. `None` where the
/// host has no such cache, so that a library that goes is seen by looking alone.
pub(crate) fn fingerprint(root: &Path, gpus: Option<&Gpus>) -> Option<String> {
    let cache = std::fs::metadata(root.join("etc/ld.so.cache")).ok()?;
    let architectures: Vec<u32> = gpus.map(Gpus::chosen).unwrap_or_default().iter().map(Target::architecture).collect();
    let (driver, folder) = (gpus.and_then(Gpus::driver), gpus.and_then(Gpus::driver_folder));
    let facts = format!(
        "{RULES} {:?} {:?} {:?} {driver:?} {folder:?} {architectures:?}",
        machine(),
        durable::Stamp::of(&cache),
        gpus.is_some()
    );
    Some(durable::sha256_of(facts.as_bytes()))
}

#[cfg(test)]
mod tests {
    use artifact_fit::Missing;

    use super::*;

    /// A driver's library counts as there where the program is started with its folder, and only then.
    #[test]
    fn the_drivers_folder_is_one_of_the_loaders() {
        let dir = tempfile::tempdir().unwrap();
        let program = std::env::current_exe().unwrap();
        let name = "libcuda.so.1";
        std::os::unix::fs::symlink(&program, dir.path().join(name)).unwrap();
        let library =
            Missing { library: name.into(), needed_by: vec!["x".into()], versions: Vec::new(), unreachable: None };
        let needs = Needs {
            machine: read_file(&File::open(program).unwrap()).unwrap().machine,
            libraries: vec![library],
            has_cuda: true,
            ..Needs::default()
        };
        let lacks = |folder: Option<PathBuf>| {
            lacks(&dir.path().join("root"), "x", &needs, Some(&Gpus::of_driver(folder))).len()
        };
        assert_eq!((lacks(Some(dir.path().into())), lacks(None)), (0, 1));
    }
}
