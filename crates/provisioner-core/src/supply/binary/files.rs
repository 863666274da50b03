//! The files of an entry that was an archive: its own below `files`, and what was found out of them beside.

use std::fs::File;
use std::path::Path;

use artifact_fit::{Member, Needs, needs, read_file};
use serde::Serialize;

use crate::supply::binary::Wish;

/// The folder of the archive's own files: none of them can take the place of a document.
pub(crate) const FILES: &str = "files";
/// The fit record.
pub(crate) const FIT: &str = "fit.json";
/// Where the archive is from.
pub(crate) const PROVENANCE: &str = "provenance.json";
/// What the program prints for `--help`.
pub(crate) const HELP: &str = "help.txt";

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

/// The version that llama-server prints: the rest of its line `version: 6673 (7039193)`. Both streams: releases differ in
/// which one they print to.
pub(crate) fn version(said: &str) -> Option<String> {
    let line = said.lines().find_map(|line| line.strip_prefix("version:"))?.trim();
    (!line.is_empty() && line.len() < 200).then(|| line.to_owned())
}

/// The commit in a version such as `6673 (7039193)`.
pub(crate) fn commit(version: &str) -> Option<String> {
    let inside = version.rsplit_once('(')?.1.strip_suffix(')')?;
    (inside.len() >= 7 && inside.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| inside.to_owned())
}

/// Whether a list of devices names an NVIDIA GPU: a line of its own, not a word in a log line.
pub(crate) fn lists_cuda(said: &str) -> bool {
    let is_device = |line: &str| {
        let rest = line.trim_start().strip_prefix("CUDA")?;
        let (number, name) = rest.split_once(':')?;
        Some(
            line.starts_with(' ')
                && !number.is_empty()
                && number.bytes().all(|b| b.is_ascii_digit())
                && !name.is_empty(),
        )
    };
    said.lines().any(|line| is_device(line) == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EP-15: what llama.cpp's releases print.
    #[test]
    fn versions_commits_and_devices_are_read() {
        let said = "load_backend: loaded CPU backend from /x\nversion: 6673 (7039193)\nbuilt with cc for x86_64\n";
        assert_eq!(version(said).as_deref(), Some("6673 (7039193)"));
        assert_eq!(commit("6673 (7039193)").as_deref(), Some("7039193"));
        assert_eq!((version("usage: x"), version("version: \n"), commit("0.9 (beta)")), (None, None, None));
        assert!(lists_cuda("Available devices:\n  CUDA0: NVIDIA H100 80GB HBM3 (81089 MiB, 80000 MiB free)\n"));
        for said in [
            "Available devices:\n",
            "ggml_cuda_init: found 0 CUDA devices:\n",
            "CUDA0: x\n",
            "  CUDA: no\n",
            "  Vulkan0: x\n",
        ] {
            assert!(!lists_cuda(said), "{said:?}");
        }
    }
}
