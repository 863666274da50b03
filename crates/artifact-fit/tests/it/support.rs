//! What the tests share.

use std::fs::File;
use std::path::Path;

use artifact_fit::{Elf, Host, Machine, Member, Needs, needs};

/// The ELF files among these paths below a folder.
pub(crate) fn members(dir: &Path, files: &[&str]) -> Vec<Member> {
    let read = |path: &&str| {
        let elf = artifact_fit::read_file(&File::open(dir.join(path)).unwrap())?;
        Some(Member { path: (*path).to_owned(), elf })
    };
    files.iter().filter_map(read).collect()
}

/// What a program among these files needs.
pub(crate) fn needs_of(dir: &Path, files: &[&str], program: &str, cuda: bool) -> Needs {
    let names: Vec<String> = files.iter().map(|file| (*file).to_owned()).collect();
    needs(&members(dir, files), &names, program, cuda)
}

/// The names of the libraries that are missing.
pub(crate) fn outside(needs: &Needs) -> Vec<&str> {
    needs.libraries.iter().map(|missing| missing.library.as_str()).collect()
}

/// A host that is x86-64 and has these libraries with their versions.
pub(crate) fn host<'a>(
    library: &'a dyn Fn(&str) -> Option<Elf>,
    has_file: &'a dyn Fn(&str) -> bool,
    gpus: &'a [u32],
    cuda: bool,
) -> Host<'a> {
    Host { machine: Machine::X86_64, has_file, library, gpus, cuda, driver: None }
}
