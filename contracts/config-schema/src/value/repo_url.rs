//! Where a source tree is fetched from: https, ssh, or a path on this host.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{text_type::from_text, url_rules};
use crate::Invalid;

/// The address of a git repository.
///
/// One of `https://host/path`, `ssh://[user@]host[:port]/path`, `user@host:path`, `/absolute/path`
/// and `file:///absolute/path`; the last two may name a repository or a `.bundle` file. Text behind
/// `file://` is the path as it is, without percent-encoding.
///
/// Transports that run a program or carry no authentication (`ext::`, `fd::`, `http://`, `git://`),
/// passwords, and query parameters with a secret-looking name are refused, and so is anything git
/// or ssh would read as an option.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("minLength" = 1, "maxLength" = 4096)))]
pub struct RepoUrl {
    text: String,
    kind: RepoKind,
}

/// How a repository is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RepoKind {
    /// Over HTTPS.
    Https,
    /// Over ssh, by an `ssh://` URL or by `user@host:path`.
    Ssh,
    /// A path or `file://` URL on this host.
    Local,
}

from_text!(RepoUrl);

const HELP: &str = "write `https://host/path`, `ssh://git@host/path`, `git@host:path` or an absolute path";
const SCHEME: Invalid = Invalid::new("the repository's address uses a transport that is not allowed", HELP);
const PLAIN_HTTP: Invalid = Invalid::new(
    "a repository is not fetched over plain http: anyone on the way could change it",
    "write `https://` instead of `http://`",
);
const RELATIVE: Invalid = Invalid::new(
    "the repository's address is neither a URL nor an absolute path",
    "write a path absolute, as in `/srv/git/llama.cpp.git`, or give a URL such as `https://host/path`",
);
const FILE_HOST: Invalid = Invalid::new(
    "a `file://` URL names an absolute path on this host",
    "write three slashes, as in `file:///srv/git/llama.cpp.git`",
);
const REMOTE_PATH: Invalid =
    Invalid::new("the path behind `user@host:` is empty or starts with `-`", "write it as in `git@host:path`");
const REMOTE_TEXT: Invalid = Invalid::new(
    "an address of the form `user@host:path` holds no blank, no backslash, no second `@` and only ASCII",
    "write it as in `git@host:path`, without a password",
);

impl RepoUrl {
    /// The address, as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How the repository is reached.
    pub fn kind(&self) -> RepoKind {
        self.kind
    }
}

impl FromStr for RepoUrl {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let kind = classify(text)?;
        Ok(Self { text: text.to_owned(), kind })
    }
}

impl std::fmt::Display for RepoUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl AsRef<str> for RepoUrl {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

fn classify(text: &str) -> Result<RepoKind, Invalid> {
    url_rules::one_argument(text)?;
    if text.starts_with("https://") {
        url_rules::remote(text, false).map(|()| RepoKind::Https)
    } else if text.starts_with("ssh://") {
        url_rules::remote(text, true).map(|()| RepoKind::Ssh)
    } else if let Some(path) = text.strip_prefix("file://") {
        path.starts_with('/').then_some(RepoKind::Local).ok_or(FILE_HOST)
    } else if text.starts_with('/') {
        Ok(RepoKind::Local)
    } else if text.starts_with("http://") {
        Err(PLAIN_HTTP)
    } else if text.contains("://") || text.contains("::") {
        Err(SCHEME)
    } else {
        scp_like(text).map(|()| RepoKind::Ssh)
    }
}

/// `user@host:path`, told from a path as git does: the first `:` stands before any `/`.
fn scp_like(text: &str) -> Result<(), Invalid> {
    let (login, path) = text.split_once(':').ok_or(RELATIVE)?;
    let (user, host) = login.split_once('@').ok_or(RELATIVE)?;
    if login.contains('/') {
        return Err(RELATIVE);
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') || path.contains('@') {
        return Err(REMOTE_TEXT);
    }
    url_rules::user(user)?;
    url_rules::host(host)?;
    if path.is_empty() || path.starts_with('-') {
        return Err(REMOTE_PATH);
    }
    Ok(())
}

#[cfg(test)]
#[path = "repo_url_tests.rs"]
mod tests;
