//! Reading a file that somebody may have replaced by something else.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

use crate::DurableError;

/// The content of a plain file, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// The content.
    pub bytes: Vec<u8>,
    /// The user it belongs to.
    pub uid: u32,
    /// Its permissions.
    pub mode: u32,
}

impl Owned {
    /// Returns why another user could have written the file, to follow its name; `None` where only this user could.
    pub fn foreign(&self) -> Option<String> {
        let me = nix::unistd::geteuid().as_raw();
        if self.uid != me {
            return Some(format!("belongs to user {}, not to you (user {me})", self.uid));
        }
        (self.mode & 0o022 != 0).then(|| format!("may be written by others (mode {:o})", self.mode))
    }
}

/// The content of a plain file of at most `max` bytes, or `None` where there is none.
///
/// Symbolic links are not followed, and a FIFO or device is refused without waiting for its other end.
pub fn read_regular(path: &Path, max: u64) -> Result<Option<Vec<u8>>, DurableError> {
    Ok(read_owned(path, max)?.map(|owned| owned.bytes))
}

/// The same with the owner and the permissions of the very file that was read.
pub fn read_owned(path: &Path, max: u64) -> Result<Option<Owned>, DurableError> {
    let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let file = match open(path, flags, Mode::empty()) {
        Ok(fd) => File::from(fd),
        Err(nix::Error::ENOENT) => return Ok(None),
        Err(nix::Error::ELOOP) => {
            return Err(DurableError::NotRegular { path: path.into(), what: "a symbolic link" });
        }
        Err(error) => return Err(DurableError::io("read", path)(error.into())),
    };
    let meta = file.metadata().map_err(DurableError::io("read", path))?;
    let kind = meta.file_type();
    if !kind.is_file() {
        let what = if kind.is_dir() {
            "a folder"
        } else if kind.is_fifo() {
            "a pipe"
        } else {
            "a device or socket"
        };
        return Err(DurableError::NotRegular { path: path.into(), what });
    }
    // Room for all of it and one byte more, so that one read brings it and the next finds its end.
    let room = meta.len().min(max).saturating_add(1);
    let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or_default());
    match file.take(max + 1).read_to_end(&mut bytes) {
        Ok(_) if bytes.len() as u64 > max => Err(DurableError::TooLarge { path: path.into(), max }),
        Ok(_) => Ok(Some(Owned { bytes, uid: meta.uid(), mode: meta.mode() & 0o7777 })),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(DurableError::io("read", path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replace;
    use std::os::unix::fs::symlink;

    /// F36: nothing but a plain file is read, and nothing blocks.
    #[test]
    fn only_plain_files_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        assert_eq!(read_regular(&at("absent"), 9).unwrap(), None);
        replace(&at("file"), b"123456789").unwrap();
        assert_eq!(read_regular(&at("file"), 9).unwrap().unwrap(), b"123456789");
        assert!(matches!(read_regular(&at("file"), 8), Err(DurableError::TooLarge { .. })));
        symlink(at("file"), at("link")).unwrap();
        nix::unistd::mkfifo(&at("fifo"), Mode::S_IRWXU).unwrap();
        std::fs::create_dir(at("folder")).unwrap();
        for name in ["link", "fifo", "folder"] {
            assert!(matches!(read_regular(&at(name), 9), Err(DurableError::NotRegular { .. })), "{name}");
        }
    }

    #[test]
    fn a_file_that_others_may_write_is_foreign() {
        use std::os::unix::fs::PermissionsExt;

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        replace(&path, b"x").unwrap();
        let owned = |path: &Path| read_owned(path, 9).unwrap().unwrap();
        assert_eq!(owned(&path).foreign(), None);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o620)).unwrap();
        assert_eq!(owned(&path).foreign().unwrap(), "may be written by others (mode 620)");
        let other = Owned { uid: owned(&path).uid + 1, ..owned(&path) };
        assert!(other.foreign().unwrap().starts_with("belongs to user "));
    }
}
