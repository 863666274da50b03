//! What is to be downloaded, from where, within which limits.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::Url;

use crate::{Digest, DownloadError};

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// On a web server.
    Web(Url),
    /// On this host.
    File(PathBuf),
}

impl Source {
    /// Parses `https://host/path` or `file:///absolute/path`; the path is taken as it is, without percent-encoding.
    /// Whether `http://` is allowed is decided by the options of the exchange.
    ///
    /// # Errors
    /// `download::bad_url`.
    pub fn parse(text: &str) -> Result<Self, DownloadError> {
        match text.strip_prefix("file://") {
            Some(path) if Path::new(path).is_absolute() && !path.contains('\0') => Ok(Self::File(path.into())),
            Some(_) => Err(http::HttpError::BadUrl {
                url: text.chars().filter(|c| !c.is_control()).take(200).collect(),
                why: "a file is named by `file:///` and its absolute path",
            }
            .into()),
            None => Ok(Self::Web(Url::parse(text)?)),
        }
    }
}

/// The address without its query.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Web(url) => url.fmt(f),
            Self::File(path) => write!(f, "file://{}", path.display()),
        }
    }
}

/// A file that is wanted.
#[derive(Clone, Debug)]
pub struct Want {
    /// Where it is.
    pub source: Source,
    /// What its content must be. Without one, the digest that it has is returned, and nothing is known of it.
    pub digest: Option<Digest>,
    /// The most bytes that it may have.
    pub max_bytes: u64,
    /// How long the whole download may take, waiting for others included.
    pub deadline: Duration,
    /// How often an attempt that brought nothing is repeated.
    pub retries: u32,
    /// The pause before the first of them; each is twice as long as the one before, and at most a minute.
    pub pause: Duration,
}

impl Want {
    /// A file of at most 64 GiB, in a day, with five retries from one second on.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            digest: None,
            max_bytes: 64 << 30,
            deadline: Duration::from_hours(24),
            retries: 5,
            pause: Duration::from_secs(1),
        }
    }
}

/// How a download goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Another caller downloads the same file; who.
    Waits(String),
    /// So many bytes were there already.
    Resumes(u64),
    /// What arrived was of another file, or the server cannot resume: it starts from the beginning.
    StartsOver(&'static str),
    /// It is tried again after a pause; why.
    Retries(String, Duration),
    /// Bytes so far, and in all where that is known.
    Bytes(u64, Option<u64>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_and_file() {
        assert_eq!(Source::parse("file:///a b%20").unwrap(), Source::File("/a b%20".into()));
        assert_eq!(Source::parse("https://h/a?b=c").unwrap().to_string(), "https://h/a");
        for text in ["", "file://h/x", "file:x", "/x", "ftp://h/x", "file://", "https://"] {
            assert!(Source::parse(text).is_err(), "{text:?}");
        }
    }
}
