//! Why a file could not be kept, read or locked.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use miette::Diagnostic;
use thiserror::Error;

use crate::Holder;

/// A file operation that failed, with its path.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum DurableError {
    /// The system refused.
    #[error("could not {action} `{}`", path.display())]
    #[diagnostic(
        code(file::io),
        help(
            "check that the file system has space (`df -h`, `df -i`), is not read-only, and that you may write there"
        )
    )]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The system does not let this user do it.
    #[error("could not {action} `{}`: this is user {uid}, and `{}` belongs to user {owner} with mode {mode:o}", path.display(), place.display())]
    #[diagnostic(
        code(file::denied),
        help("let user {uid} in (chown, chmod), or name another folder; `namei -l '{}'` shows every step", path.display())
    )]
    Denied {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// That path, or the folder nearest to it that can be seen.
        place: PathBuf,
        /// Who we are.
        uid: u32,
        /// Whose it is.
        owner: u32,
        /// Its permissions.
        mode: u32,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Something else than a plain file of ours stands there.
    #[error("`{}` is {what}, not a plain file", path.display())]
    #[diagnostic(code(file::not_regular), help("look at it with `ls -l`; remove it if it should not be there"))]
    NotRegular {
        /// The path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// A file is larger than anything we write there.
    #[error("`{}` is larger than {max} bytes", path.display())]
    #[diagnostic(code(file::too_large), help("it was not written by this program; look at it before you remove it"))]
    TooLarge {
        /// The path.
        path: PathBuf,
        /// The most that is read.
        max: u64,
    },
    /// A folder that others could change.
    #[error("`{}` {why}", path.display())]
    #[diagnostic(code(file::not_private), help("others could put files there for you to run; if the folder is yours: chown \"$USER\" '{0}' && chmod 700 '{0}'", path.display()))]
    NotPrivate {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Somebody else held the lock all the time.
    #[error("waited {} s for `{}`, which is held by {holder}", waited.as_secs(), path.display())]
    #[diagnostic(
        code(lock::timeout),
        help("wait for it to finish, or end it; the lock is released the moment its holder ends")
    )]
    LockTimeout {
        /// The lock file.
        path: PathBuf,
        /// Who says to hold it.
        holder: Holder,
        /// How long was waited.
        waited: Duration,
    },
    /// The caller cancelled the wait for a lock.
    #[error("cancelled after {} s of waiting for `{}`, which is held by {holder}", waited.as_secs(), path.display())]
    #[diagnostic(code(lock::cancelled), help("nothing was changed; run it again when you want it to continue"))]
    LockCancelled {
        /// The lock file.
        path: PathBuf,
        /// The holder, as it named itself.
        holder: Holder,
        /// How long the call had waited.
        waited: Duration,
    },
    /// The file system cannot lock.
    #[error("`{}` cannot be locked: the file system does not support locks", path.display())]
    #[diagnostic(
        code(lock::unsupported),
        help("put it on a local file system: without locks two runs could start two engines")
    )]
    LockUnsupported {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl DurableError {
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| match nearest(&path) {
            Some((place, meta)) if source.kind() == ErrorKind::PermissionDenied => {
                let (uid, owner, mode) = (nix::unistd::geteuid().as_raw(), meta.uid(), meta.mode() & 0o7777);
                Self::Denied { action, path, place, uid, owner, mode, source }
            }
            _ => Self::Io { action, path, source },
        }
    }
}

/// The path, or the folder above it that is there and can be seen.
fn nearest(path: &Path) -> Option<(PathBuf, Metadata)> {
    path.ancestors().find_map(|place| Some((place.to_owned(), std::fs::symlink_metadata(place).ok()?)))
}
