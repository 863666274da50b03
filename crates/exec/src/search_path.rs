//! Where programs are looked for: the folders of `PATH`, looked at once for many programs.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use durable::Stamp;

use crate::Env;

/// The folders of a `PATH`, first to last. A folder that is named twice, or that is not there when it is first needed, is
/// looked at no more: make a new one to see what was installed since.
#[derive(Debug)]
pub struct SearchPath {
    named: Vec<PathBuf>,
    there: OnceLock<There>,
}

/// The folders that are there, and the same as one text.
#[derive(Debug)]
struct There {
    folders: Vec<Folder>,
    joined: OsString,
}

/// A folder that is there.
#[derive(Debug)]
struct Folder {
    path: PathBuf,
    /// The same without symbolic links.
    real: OnceLock<Option<PathBuf>>,
}

/// A program that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its absolute path, under which it is to be run.
    pub path: PathBuf,
    /// The file that the path leads to.
    pub real_path: PathBuf,
    /// The state of that file.
    pub(crate) stamp: Stamp,
}

impl SearchPath {
    /// The absolute entries of the environment's `PATH`. Relative and empty ones, which mean the current folder, are ignored.
    pub fn of(env: &Env) -> Self {
        let mut seen = BTreeSet::new();
        let entries = env.get("PATH").map(std::env::split_paths).into_iter().flatten();
        let named = entries.filter(|entry| entry.is_absolute() && seen.insert(entry.clone())).collect();
        Self { named, there: OnceLock::new() }
    }

    /// The first regular, executable file of this name.
    pub fn find(&self, program: &str) -> Option<Program> {
        if program.is_empty() || program.contains('/') {
            return None;
        }
        let There { folders, joined } = self.there();
        let path = which::which_in(program, Some(joined), "/").ok()?;
        let meta = fs::symlink_metadata(&path).ok()?;
        if meta.is_symlink() {
            let real_path = path.canonicalize().ok()?;
            let stamp = Stamp::of(&real_path.metadata().ok()?);
            return Some(Program { path, real_path, stamp });
        }
        let folder = folders.iter().find(|folder| path.parent() == Some(&folder.path))?;
        Some(Program { real_path: folder.real()?.join(program), path, stamp: Stamp::of(&meta) })
    }

    fn there(&self) -> &There {
        self.there.get_or_init(|| {
            let there: Vec<PathBuf> = self.named.iter().filter(|path| path.is_dir()).cloned().collect();
            // They were split from one such text, so that each can be part of one.
            let joined = std::env::join_paths(&there).unwrap_or_default();
            let folders = there.into_iter().map(|path| Folder { path, real: OnceLock::new() }).collect();
            There { folders, joined }
        })
    }
}

impl Folder {
    fn real(&self) -> Option<&Path> {
        self.real.get_or_init(|| self.path.canonicalize().ok()).as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    /// What is found has the real path and the state that a look at the file itself gives, through links, too.
    #[test]
    fn a_program_is_known_by_the_file_it_leads_to() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("bin")).unwrap();
        fs::File::create(at("bin/tool")).unwrap().set_permissions(Permissions::from_mode(0o755)).unwrap();
        symlink("bin", at("linked")).unwrap();
        symlink("tool", at("bin/alias")).unwrap();
        symlink("nothing", at("bin/dangling")).unwrap();
        let path = |entries: &[&str]| {
            let joined = std::env::join_paths(entries.iter().map(|entry| at(entry))).unwrap();
            SearchPath::of(&Env::from_pairs([("PATH", joined)]))
        };
        for (entries, name, found) in [
            (&["bin"][..], "tool", Some("bin/tool")),
            (&["absent", "linked", "bin"], "tool", Some("linked/tool")),
            (&["bin", "bin"], "alias", Some("bin/alias")),
            (&["bin"], "dangling", None),
            (&["absent"], "tool", None),
        ] {
            let program = path(entries).find(name);
            assert_eq!(program.as_ref().map(|program| program.path.clone()), found.map(at), "{entries:?} {name}");
            if let Some(program) = program {
                assert_eq!(program.real_path, program.path.canonicalize().unwrap());
                assert_eq!(program.stamp, Stamp::of(&program.path.metadata().unwrap()));
            }
        }
    }

    /// A folder that comes later is seen by a new search path.
    #[test]
    fn what_is_there_is_found_out_once() {
        let dir = tempfile::tempdir().unwrap();
        let env = Env::from_pairs([("PATH", dir.path().join("late"))]);
        let path = SearchPath::of(&env);
        assert_eq!(path.find("tool"), None);
        fs::create_dir(dir.path().join("late")).unwrap();
        fs::File::create(dir.path().join("late/tool")).unwrap().set_permissions(Permissions::from_mode(0o755)).unwrap();
        assert_eq!(path.find("tool"), None);
        assert!(SearchPath::of(&env).find("tool").is_some() && env.find("tool").is_some());
    }
}
