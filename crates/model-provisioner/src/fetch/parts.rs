//! The beginnings of files that an ended download left, kept so that the next one goes on behind them.
//!
//! `hf` from huggingface_hub 2 downloads each file to a name of its own for each run, and removes it when it fails: by
//! itself it starts over every time. While it runs, each of its unfinished files therefore gets a second name here, by
//! its digest; the next fetch brings the rest with a ranged request, and the digest decides whether the whole is the
//! file. <https://github.com/huggingface/huggingface_hub/pull/4228>

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use exec::{CommandSpec, Exit};

use crate::CommitId;
use crate::hub::command::HfCommand;
use crate::hub::space::written;
use crate::place::Place;
use crate::presence::HubFile;

/// What brings the rest of a file.
const SCRIPT: &str = include_str!("../hub/resume.py");
/// A beginning shorter than this is not worth a program of its own, in bytes.
const SHORTEST: u64 = 1 << 20;

/// A file of which the beginning is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) path: PathBuf,
    pub(super) file: HubFile,
    size: u64,
}

/// Gives every unfinished file of the command a second name. Two links of one file cost nothing.
pub(super) fn keep(place: &Place) {
    let mut found = Vec::new();
    unfinished(&own_folder(place), 0, &mut found);
    if found.is_empty() || fs::create_dir_all(&place.parts).is_err() {
        return;
    }
    for path in found {
        let Some(kept) = digest(&path).map(|digest| place.parts.join(digest)) else { continue };
        let (Ok(new), old) = (fs::metadata(&path), fs::metadata(&kept)) else { continue };
        let same = old.as_ref().is_ok_and(|old| (old.dev(), old.ino()) == (new.dev(), new.ino()));
        let longer = old.map_or(new.len() > 0, |old| written(&new) > written(&old));
        if !same && longer {
            fs::remove_file(&kept).ok();
            fs::hard_link(&path, &kept).ok();
        }
    }
}

/// Takes over what an earlier run of the command left, under the lock: its own names go, ours stay.
pub(super) fn adopt(place: &Place) {
    keep(place);
    let mut found = Vec::new();
    unfinished(&own_folder(place), 0, &mut found);
    for path in found {
        fs::remove_file(path).ok();
    }
}

/// The files whose beginning is there, has no holes and is worth it.
pub(super) fn usable(place: &Place, files: &[HubFile]) -> Vec<Part> {
    let part = |file: &HubFile| {
        let (sha256, size) = (file.sha256.as_ref()?, file.size?);
        let path = place.parts.join(sha256);
        let meta = fs::metadata(&path).ok()?;
        let whole = (SHORTEST..=size).contains(&meta.len()) && written(&meta) == meta.len();
        let absent = !place.file(&file.path).exists();
        (whole && absent).then(|| Part { path, file: file.clone(), size })
    };
    files.iter().filter_map(part).collect()
}

/// The command that brings the rest of a part.
pub(super) fn command(
    hf: &HfCommand,
    python: &[OsString],
    repo: &str,
    commit: &CommitId,
    part: &Part,
    deadline: std::time::Duration,
) -> Option<CommandSpec> {
    let (program, options) = python.split_first()?;
    let spec = hf.spec(program, deadline).args(options.iter().cloned());
    let spec = spec.args(["-c", SCRIPT, repo, commit.as_str(), part.file.path.as_str()]);
    Some(spec.arg(&part.path).arg(part.size.to_string()))
}

/// Puts a part that was finished in its place, if its digest is the announced one; otherwise it goes.
pub(super) fn finish(place: &Place, part: &Part, exit: Exit) -> bool {
    if exit != Exit::Code(0) {
        return false;
    }
    let actual = durable::sha256(&part.path).ok().map(|(_, sha256)| sha256);
    let target = place.file(&part.file.path);
    let placed = actual == part.file.sha256
        && target.parent().is_some_and(|folder| fs::create_dir_all(folder).is_ok())
        && fs::rename(&part.path, &target).is_ok();
    if !placed {
        tracing::debug!(path = %part.path.display(), "the beginning of a file was not the file's");
        fs::remove_file(&part.path).ok();
    }
    placed
}

/// Removes all of them: the model is whole.
pub(super) fn forget(place: &Place) {
    fs::remove_dir_all(&place.parts).ok();
}

/// Where the command keeps what it did not finish.
fn own_folder(place: &Place) -> PathBuf {
    place.folder.join(".cache/huggingface/download")
}

fn unfinished(folder: &Path, depth: u8, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, kind) = (entry.path(), entry.file_type());
        if kind.as_ref().is_ok_and(fs::FileType::is_dir) && depth < 32 {
            unfinished(&path, depth + 1, found);
        } else if kind.is_ok_and(|kind| kind.is_file()) && path.extension().is_some_and(|end| end == "incomplete") {
            found.push(path);
        }
    }
}

/// The SHA-256 in `HASH.SHA256[.RUN].incomplete`; files outside of large file storage have none, and are small.
fn digest(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let digest = name.split('.').nth(1)?;
    let valid = digest.len() == 64 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    valid.then(|| digest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_unfinished_files() {
        let sha256 = "ab".repeat(32);
        let check =
            |name: String, expected: Option<&str>| assert_eq!(digest(Path::new(&name)).as_deref(), expected, "{name}");
        check(format!("Hx9=.{sha256}.0a1b2c3d.incomplete"), Some(&sha256));
        check(format!("Hx9=.{sha256}.incomplete"), Some(&sha256));
        check(format!("Hx9=.{}.incomplete", "ab".repeat(20)), None);
        check(format!("{sha256}.incomplete"), None);
        check("..incomplete".into(), None);
    }
}
