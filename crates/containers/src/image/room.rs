//! Whether an image has room before it is pulled.

use std::path::{Path, PathBuf};

use crate::{ContainerError, Info, Program};

/// The archives of the layers and what is unpacked from them are there at the same time.
const TIMES: u64 = 2;

/// Checks that the file systems of the local store and of the folder where podman stages layers have twice the announced
/// size of an image free. `announced_bytes` is the sum of its layers, as its manifest lists them.
///
/// # Errors
///
/// [`ContainerError::NoRoom`], or why the free space is not known.
pub fn check_room(program: &Program, info: &Info, announced_bytes: u64) -> Result<(), ContainerError> {
    for folder in std::iter::once(&info.graph_root).chain(&info.staging) {
        let Some((path, free_bytes)) = free(folder)? else { continue };
        if let Some(needed_bytes) = lacking(announced_bytes, free_bytes) {
            return Err(ContainerError::NoRoom { program: program.kind(), path, needed_bytes, free_bytes });
        }
    }
    Ok(())
}

/// The bytes that an image needs, where fewer are free.
fn lacking(announced_bytes: u64, free_bytes: u64) -> Option<u64> {
    let needed = announced_bytes.saturating_mul(TIMES);
    (free_bytes < needed).then_some(needed)
}

/// The bytes that an ordinary user can still write below a folder, or below its closest parent that exists. `None` where
/// that is not visible to this user (docker's store belongs to root).
fn free(folder: &Path) -> Result<Option<(PathBuf, u64)>, ContainerError> {
    for parent in folder.ancestors() {
        match rustix::fs::statvfs(parent) {
            Ok(stat) => return Ok(Some((parent.to_owned(), stat.f_bavail.saturating_mul(stat.f_frsize)))),
            Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => {}
            Err(rustix::io::Errno::ACCESS) => return Ok(None),
            Err(errno) => {
                return Err(ContainerError::System { call: "statvfs", path: parent.to_owned(), source: errno.into() });
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_the_size_has_to_be_free() {
        assert_eq!(lacking(10, 20), None);
        assert_eq!(lacking(10, 19), Some(20));
        assert_eq!(lacking(u64::MAX, u64::MAX), None);
        let (path, bytes) = free(Path::new("/nowhere/at/all")).unwrap().unwrap();
        assert_eq!(path, Path::new("/"));
        assert!(bytes > 0);
    }
}
