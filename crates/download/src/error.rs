//! Why a file could not be downloaded.

use std::path::PathBuf;

use durable::DurableError;
use http::HttpError;
use miette::Diagnostic;
use thiserror::Error;

use crate::Digest;

/// Everything that can keep a file from arriving. Addresses are shown without their query.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum DownloadError {
    /// The server refuses the file.
    #[error("{url} answers with status {status}")]
    #[diagnostic(code(download::status), help("{}", status_help(*status)))]
    Status {
        /// What was asked for.
        url: String,
        /// The status.
        status: u16,
    },
    /// The file has another content than was asked for; it is removed.
    #[error("{source_url} is {got}, not {expected}{}", page(*is_page))]
    #[diagnostic(
        code(download::digest),
        help("compare the checksum with the publisher's; if the file was replaced on purpose, write the new one down")
    )]
    Digest {
        /// Where it is from.
        source_url: String,
        /// What was asked for.
        expected: Digest,
        /// What it is.
        got: Digest,
        /// Whether the server called it a web page.
        is_page: bool,
    },
    /// The file or answer is larger than allowed.
    #[error("{source_url} has more than {limit} bytes")]
    #[diagnostic(code(download::too_large), help("check the address"))]
    TooLarge {
        /// Where it is from.
        source_url: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The disk is full, or too small for the file.
    #[error("`{}` has {free} bytes free, and {needed} are needed", dir.display())]
    #[diagnostic(code(download::disk_full), help("free space there, or name another cache folder"))]
    DiskFull {
        /// The folder.
        dir: PathBuf,
        /// Bytes that are missing in the file.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
    /// A `file://` address that names no readable file.
    #[error("`{}` is {what}", path.display())]
    #[diagnostic(code(download::no_file), help("name a plain file that you may read"))]
    NoFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
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
    /// The exchange failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Http(#[from] HttpError),
    /// A lock or a private folder.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Durable(#[from] DurableError),
}

impl DownloadError {
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }

    /// Whether the same request may succeed a moment later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Http(error) => error.is_transient(),
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504),
            _ => false,
        }
    }
}

fn page(is_page: bool) -> &'static str {
    if is_page { " (the server sent a web page)" } else { "" }
}

fn status_help(status: u16) -> &'static str {
    match status {
        401 | 403 => {
            "the server wants a login: credentials are not sent; download the file by hand and name it with `file://`"
        }
        404 | 410 => "the file is not there: check the address",
        429 | 500.. => "try again later",
        _ => "open the address in a browser to see what it is",
    }
}
