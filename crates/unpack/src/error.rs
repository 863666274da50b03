//! Why an archive was not unpacked.

use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

/// Everything that can end the unpacking of an archive. What was unpacked by then is for the caller to remove.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum UnpackError {
    /// The archive's format is not known.
    #[error("the archive is none of tar, tar.gz, tar.xz, tar.zst, zip, or a program")]
    #[diagnostic(code(download::unknown_archive), help("unpack it by hand, and pack what you need with `tar -czf`"))]
    UnknownFormat,
    /// The archive is damaged, or uses something that is not supported.
    #[error("the archive cannot be read: {why}")]
    #[diagnostic(
        code(download::bad_archive),
        help("download it again; check with `tar -t` or `unzip -t` that it is whole")
    )]
    Malformed {
        /// Why.
        why: String,
    },
    /// An entry whose name leads out of the folder, or is none.
    #[error("the archive's entry `{name}` {why}")]
    #[diagnostic(code(download::unsafe_entry), help("the archive is not safe to unpack; ask its publisher"))]
    Entry {
        /// The entry's name, printable and cut.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The archive holds more than allowed.
    #[error("the archive holds more than {limit} {what}")]
    #[diagnostic(code(download::too_much), help("the archive is not what it claims to be; ask its publisher"))]
    TooMuch {
        /// The limit.
        limit: u64,
        /// Of what.
        what: &'static str,
    },
    /// With the first parts of each name left out, nothing remains.
    #[error("the archive has no entry with more than {strip} leading folders")]
    #[diagnostic(code(download::strip), help("lower `strip`; `tar -t` shows the names"))]
    NothingLeft {
        /// How many parts were left out.
        strip: u32,
    },
    /// The disk is full, or too small for the file.
    #[error("the disk is full: `{}` was not written", path.display())]
    #[diagnostic(code(download::disk_full), help("free space there, or name another cache folder"))]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// The system refused.
    #[error("could not {action} `{}`", path.display())]
    #[diagnostic(code(download::io), help("check the disk and the permissions of that folder"))]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system reported.
        #[source]
        source: std::io::Error,
    },
    /// The caller cancelled.
    #[error("cancelled")]
    #[diagnostic(code(download::cancelled), help("what arrived is kept"))]
    Cancelled,
}

impl UnpackError {
    pub(crate) fn malformed(why: impl std::fmt::Display) -> Self {
        Self::Malformed { why: why.to_string().chars().filter(|c| !c.is_control()).take(300).collect() }
    }

    pub(crate) fn entry(name: &[u8], why: &'static str) -> Self {
        let name =
            String::from_utf8_lossy(name).chars().map(|c| if c.is_control() { '?' } else { c }).take(200).collect();
        Self::Entry { name, why }
    }

    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Io { action, path, source },
        }
    }
}
