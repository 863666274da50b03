//! The folder that is unpacked into: every name is walked from its open descriptor, part by part, without following links.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::ops::Bound;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use crate::UnpackError;

/// How deep folders may be nested.
const DEEPEST: usize = 64;

/// What was made under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    Folder,
    File,
    Link,
}

/// The folder, and what was made in it.
#[derive(Debug)]
pub(crate) struct Place {
    path: PathBuf,
    root: OwnedFd,
    made: BTreeMap<String, Made>,
    /// The folder that the last entry was in: the next one is mostly there, too.
    last: Option<(String, OwnedFd)>,
}

const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC).union(OFlags::RDONLY);

impl Place {
    /// Opens or makes the folder. It must be empty.
    pub(crate) fn open(path: &Path) -> Result<Self, UnpackError> {
        match std::fs::create_dir(path) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(UnpackError::io("create", path)(error));
            }
            _ => {}
        }
        let root = rustix::fs::open(path, FOLDER, Mode::empty())
            .map_err(|error| UnpackError::io("open", path)(error.into()))?;
        let mut entries = std::fs::read_dir(path).map_err(UnpackError::io("list", path))?;
        if entries.next().is_some() {
            return Err(UnpackError::io("unpack into", path)(std::io::ErrorKind::DirectoryNotEmpty.into()));
        }
        Ok(Self { path: path.into(), root, made: BTreeMap::new(), last: None })
    }

    /// What was made under a name.
    pub(crate) fn made(&self, parts: &[&str]) -> Option<Made> {
        if parts.is_empty() { Some(Made::Folder) } else { self.made.get(&parts.join("/")).copied() }
    }

    /// Every name that was made as `kind`, sorted.
    pub(crate) fn names(&self, kind: Made) -> Vec<String> {
        self.made.iter().filter(|(_, made)| **made == kind).map(|(name, _)| name.clone()).collect()
    }

    /// Every file whose name begins so, sorted.
    pub(crate) fn files_below(&self, beginning: &str) -> Vec<String> {
        let from = self.made.range::<str, _>((Bound::Included(beginning), Bound::Unbounded));
        let below = from.take_while(|(name, _)| name.starts_with(beginning));
        below.filter(|(_, made)| **made == Made::File).map(|(name, _)| name.clone()).collect()
    }

    /// Makes a folder and those above it.
    pub(crate) fn folder(&mut self, name: &[u8], parts: &[&str]) -> Result<(), UnpackError> {
        self.enter(name, parts).map(|_| ())
    }

    /// Writes a file; a file of that name that the archive holds already is replaced.
    pub(crate) fn file(
        &mut self,
        name: &[u8],
        parts: &[&str],
        executable: bool,
        content: &mut dyn Read,
        buffer: &mut [u8],
    ) -> Result<(), UnpackError> {
        let path = self.full(parts);
        let (dir, last) = self.parent(name, parts, Made::File)?;
        let mode = Mode::from_raw_mode(if executable { 0o755 } else { 0o644 });
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(dir, last, flags, mode)
            .map_err(|error| UnpackError::io("create", &path)(error.into()))?;
        // The caller's umask does not decide who may execute an engine.
        rustix::fs::fchmod(&fd, mode).map_err(|error| UnpackError::io("create", &path)(error.into()))?;
        let mut file = File::from(fd);
        loop {
            let read = content.read(buffer).map_err(UnpackError::malformed)?;
            if read == 0 {
                return Ok(());
            }
            file.write_all(buffer.get(..read).unwrap_or_default()).map_err(UnpackError::io("write", &path))?;
        }
    }

    /// Makes a symbolic link, whose target was checked.
    pub(crate) fn link(&mut self, name: &[u8], parts: &[&str], target: &str) -> Result<(), UnpackError> {
        let path = self.full(parts);
        let (dir, last) = self.parent(name, parts, Made::Link)?;
        rustix::fs::symlinkat(target, dir, last).map_err(|error| UnpackError::io("link", path)(error.into()))
    }

    /// Gives a file that was made another name.
    pub(crate) fn same(&mut self, name: &[u8], parts: &[&str], of: &[&str]) -> Result<(), UnpackError> {
        if self.made(of) != Some(Made::File) || parts == of {
            return Err(UnpackError::entry(name, "is another name of no file that stands before it"));
        }
        let path = self.full(parts);
        let source = self.enter_parent(name, of)?.try_clone_to_owned().map_err(UnpackError::io("open", &path))?;
        let (dir, last) = self.parent(name, parts, Made::File)?;
        let of = of.last().copied().unwrap_or_default();
        rustix::fs::linkat(source, of, dir, last, AtFlags::empty())
            .map_err(|error| UnpackError::io("link", path)(error.into()))
    }

    fn full(&self, parts: &[&str]) -> PathBuf {
        self.path.join(parts.join("/"))
    }

    /// The folder of an entry and its last part. What stood there of the same kind is removed; of another kind is an error.
    fn parent<'a>(
        &mut self,
        name: &[u8],
        parts: &[&'a str],
        kind: Made,
    ) -> Result<(BorrowedFd<'_>, &'a str), UnpackError> {
        let Some(last) = parts.last().copied() else {
            return Err(UnpackError::entry(name, "has no name"));
        };
        let before = self.made(parts);
        if before.is_some_and(|before| before != kind) {
            return Err(UnpackError::entry(name, "stands there twice, as two different things"));
        }
        let full = self.full(parts);
        self.made.insert(parts.join("/"), kind);
        let dir = self.enter_parent(name, parts)?;
        if before.is_some() {
            rustix::fs::unlinkat(dir, last, AtFlags::empty())
                .map_err(|error| UnpackError::io("replace", full)(error.into()))?;
        }
        Ok((dir, last))
    }

    fn enter_parent(&mut self, name: &[u8], parts: &[&str]) -> Result<BorrowedFd<'_>, UnpackError> {
        let above = parts.split_last().map(|(_, above)| above).unwrap_or_default();
        self.enter(name, above)
    }

    /// Walks to a folder, making what is missing; never through a link.
    fn enter(&mut self, name: &[u8], parts: &[&str]) -> Result<BorrowedFd<'_>, UnpackError> {
        if parts.len() > DEEPEST {
            return Err(UnpackError::entry(name, "is nested too deeply"));
        }
        let wanted = parts.join("/");
        if self.last.as_ref().is_none_or(|(last, _)| *last != wanted) {
            let mut at = self.root.try_clone().map_err(UnpackError::io("open", &self.path))?;
            for (depth, part) in parts.iter().enumerate() {
                let so_far = parts.get(..=depth).unwrap_or_default();
                let path = self.full(so_far);
                match self.made(so_far) {
                    None => {
                        make(at.as_fd(), part).map_err(|error| UnpackError::io("create", &path)(error.into()))?;
                        self.made.insert(so_far.join("/"), Made::Folder);
                    }
                    Some(Made::Folder) => {}
                    Some(_) => return Err(UnpackError::entry(name, "lies below something that is no folder")),
                }
                at = rustix::fs::openat(&at, *part, FOLDER, Mode::empty())
                    .map_err(|error| UnpackError::io("open", &path)(error.into()))?;
            }
            self.last = Some((wanted, at));
        }
        Ok(self.last.as_ref().map_or(self.root.as_fd(), |(_, fd)| fd.as_fd()))
    }
}

fn make(at: BorrowedFd<'_>, part: &str) -> Result<(), Errno> {
    rustix::fs::mkdirat(at, part, Mode::from_raw_mode(0o755))
}
