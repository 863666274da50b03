//! What this host has of what programs need: read from its loader's cache and its libraries.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use artifact_fit::{Elf, FitError, Host, Machine, Needs, judge, ld_cache, read_file};

/// Where loaders look without a cache.
const FOLDERS: [&str; 6] = ["lib64", "usr/lib64", "lib", "usr/lib", "lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"];

/// No cache is larger, in bytes.
const LARGEST: u64 = 64 << 20;

/// Everything that `program` needs and this host lacks. `gpus` are the architectures of the pool's GPUs.
pub(crate) fn lacks(root: &Path, program: &str, needs: &Needs, gpus: &[u32], cuda: bool) -> Vec<FitError> {
    let at = |path: &str| root.join(path.trim_start_matches('/'));
    let machine = nix::sys::utsname::uname().ok();
    let machine = machine.and_then(|name| name.machine().to_str().map(Machine::parse)).unwrap_or(Machine::Other);
    let cache = durable::read_regular(&at("etc/ld.so.cache"), LARGEST).ok().flatten().unwrap_or_default();
    let mut known: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for (name, path) in ld_cache(&cache) {
        known.entry(name).or_default().push(at(&path));
    }
    let library = |name: &str| -> Option<Elf> {
        let cached = known.get(name).into_iter().flatten().cloned();
        let plain = FOLDERS.iter().map(|folder| root.join(folder).join(name));
        // A name may be there for other machines, too.
        let read = |path: PathBuf| read_file(&File::open(path).ok()?).filter(|elf| elf.machine == needs.machine);
        cached.chain(plain).find_map(read)
    };
    let host = Host { machine, has_file: &|path| at(path).is_file(), library: &library, gpus, cuda };
    judge(program, needs, &host)
}
