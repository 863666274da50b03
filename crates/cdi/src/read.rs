//! Reads the files of folders of specs; what they mean is decided elsewhere.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::PathState;

/// No spec is larger, in bytes.
const LARGEST: u64 = 4 << 20;

/// No folder has more files that are read.
const MOST: usize = 256;

/// One file of a folder of specs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecFile {
    /// Its path.
    pub path: PathBuf,
    /// Its text, or why it could not be read.
    pub text: Result<String, String>,
}

/// The files of these folders, in order of their names. A folder that is absent has none; a folder that is a link to another
/// one of the list is read once, as the first of them.
pub fn read_folders(folders: &[PathBuf]) -> Vec<SpecFile> {
    let mut seen: Vec<PathBuf> = Vec::new();
    let mut files = Vec::new();
    for folder in folders {
        let Ok(real) = fs::canonicalize(folder) else { continue };
        if seen.contains(&real) {
            continue;
        }
        seen.push(real);
        let Ok(entries) = fs::read_dir(folder) else { continue };
        let mut paths: Vec<PathBuf> =
            entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
        paths.sort();
        files.extend(paths.into_iter().take(MOST).map(|path| SpecFile { text: text(&path), path }));
    }
    files
}

/// What a path of this host is for the caller.
pub fn path_state(path: &Path) -> PathState {
    use std::io::ErrorKind;

    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => PathState::Denied,
        Err(_) => PathState::Absent,
        Ok(found) if found.is_dir() => PathState::Open,
        // Sockets cannot be opened, and are not refused for that.
        Ok(_) => match fs::File::open(path) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => PathState::Denied,
            _ => PathState::Open,
        },
    }
}

fn text(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    file.take(LARGEST + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
    if text.len() as u64 > LARGEST {
        return Err(format!("it is larger than {LARGEST} bytes"));
    }
    Ok(text)
}
