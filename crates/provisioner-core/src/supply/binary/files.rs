//! The files of an entry that was an archive: its own below `files`, and what was found out of them beside.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use artifact_fit::{Member, Needs, needs, read_file};
use serde::Serialize;
use unpack::ProgramError;

use crate::supply::binary::Wish;

/// The folder of the archive's own files: none of them can take the place of a document.
pub(crate) const FILES: &str = "files";
/// The fit record.
pub(crate) const FIT: &str = "fit.json";
/// Where the archive is from.
pub(crate) const PROVENANCE: &str = "provenance.json";
/// What the program prints for `--help`.
pub(crate) const HELP: &str = "help.txt";

/// The one file that may be executed among several of the program's name: packages have completions of that name, too.
///
/// # Errors
/// The error that was given, where that is none or several.
pub(crate) fn only_executable(dir: &Path, error: ProgramError) -> Result<String, ProgramError> {
    let ProgramError::Several(paths) = &error else { return Err(error) };
    let mode = |path: &str| dir.join(path).metadata().map_or(0, |meta| meta.permissions().mode());
    let mut executable = paths.iter().filter(|path| mode(path) & 0o111 != 0);
    match (executable.next(), executable.next()) {
        (Some(only), None) => Ok(only.clone()),
        _ => Err(error),
    }
}

/// What the files need of a host.
pub(crate) fn needs_of(dir: &Path, files: &[String], program: &str, cuda: bool) -> Needs {
    let member = |path: &String| {
        let elf = read_file(&File::open(dir.join(path)).ok()?)?;
        Some(Member { path: path.clone(), elf })
    };
    let members: Vec<Member> = files.iter().filter_map(member).collect();
    needs(&members, files, program, cuda)
}

/// Where an engine is from.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Provenance<'a> {
    schema: u32,
    kind: &'static str,
    /// Without its query.
    url: String,
    archive: String,
    strip: u32,
    program: &'a str,
    version: &'a str,
}

impl<'a> Provenance<'a> {
    pub(crate) fn of(wish: &Wish, program: &'a str, version: &'a str) -> Self {
        let archive = wish.digest.map(|digest| digest.to_string()).unwrap_or_default();
        Self { schema: 1, kind: "archive", url: wish.source.to_string(), archive, strip: wish.strip, program, version }
    }
}
