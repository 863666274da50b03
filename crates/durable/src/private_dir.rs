//! Folders that nobody else can put files into.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use crate::DurableError;

/// Makes `path` and its missing parents with mode 0700, and checks what is there already: it must be a folder, not a
/// link; ours; and writable by nobody else.
pub fn private_dir(path: &Path) -> Result<(), DurableError> {
    // The usual case costs one look.
    if let Ok(meta) = fs::symlink_metadata(path) {
        return check(path, &meta);
    }
    match DirBuilder::new().recursive(true).mode(0o700).create(path) {
        Ok(()) => {}
        // Another process made it, or something else, a moment ago: said below, with its own words.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(DurableError::io("create the folder", path)(error)),
    }
    let meta = fs::symlink_metadata(path).map_err(DurableError::io("look at", path))?;
    check(path, &meta)
}

/// The same check of a folder that is there; returns whether it is. Makes nothing.
pub fn existing_private_dir(path: &Path) -> Result<bool, DurableError> {
    match fs::symlink_metadata(path) {
        Ok(meta) => check(path, &meta).map(|()| true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(DurableError::io("look at", path)(error)),
    }
}

fn check(path: &Path, meta: &fs::Metadata) -> Result<(), DurableError> {
    let me = nix::unistd::geteuid().as_raw();
    let refuse = |why: String| Err(DurableError::NotPrivate { path: path.into(), why });
    if meta.is_symlink() {
        refuse("is a symbolic link".into())
    } else if !meta.is_dir() {
        refuse("is not a folder".into())
    } else if meta.uid() != me {
        refuse(format!("belongs to user {}, not to you (user {me})", meta.uid()))
    } else if meta.mode() & 0o022 != 0 {
        refuse(format!("may be written by others (mode {:o})", meta.mode() & 0o7777))
    } else {
        Ok(())
    }
}

/// Whether this user may write into a folder, or make a new file in it; not on a file system that is mounted read-only.
pub fn is_writable(dir: &Path) -> bool {
    nix::unistd::access(dir, nix::unistd::AccessFlags::W_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[track_caller]
    fn refused(path: &Path, why: &str) {
        let error = private_dir(path).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }

    /// F37
    #[test]
    fn a_folder_others_could_fill_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        private_dir(&at("a/b")).unwrap();
        private_dir(&at("a/b")).unwrap();
        assert_eq!(fs::metadata(at("a")).unwrap().mode() & 0o777, 0o700);
        fs::set_permissions(at("a/b"), Permissions::from_mode(0o777)).unwrap();
        refused(&at("a/b"), "may be written by others (mode 777)");
        symlink(at("a"), at("link")).unwrap();
        refused(&at("link"), "is a symbolic link");
        fs::File::create(at("file")).unwrap();
        refused(&at("file"), "is not a folder");
    }
}
