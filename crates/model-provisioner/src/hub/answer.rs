//! What the library behind the command answered, and what each refusal means. Pure: facts in, verdict out.

use serde::Deserialize;

use super::similar::similar;
use crate::error::HubError;
use crate::{RepoId, Revision};

/// The one line of JSON that `ask.py` prints.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Answer {
    /// Version of huggingface_hub.
    pub(crate) version: Option<String>,
    /// Whether there is a token.
    pub(crate) token: bool,
    pub(crate) commit: Option<String>,
    /// Files that a pattern matches.
    pub(crate) files: Vec<AnswerFile>,
    /// Names of others: files, revisions or repositories, whatever was not found.
    pub(crate) others: Vec<String>,
    /// How many files match, also where not all are printed.
    pub(crate) count: usize,
    pub(crate) error: Option<Refusal>,
}

/// A file as it is printed: its name is not checked yet.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct AnswerFile {
    pub(crate) path: String,
    pub(crate) size: Option<u64>,
    pub(crate) sha256: Option<String>,
}

/// An exception of the library.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Refusal {
    /// What was being done: `import`, `token`, `info` or `file`.
    pub(crate) stage: String,
    /// Names of its classes and theirs, and of its causes.
    pub(crate) kinds: Vec<String>,
    /// HTTP status.
    pub(crate) status: Option<u16>,
    /// `X-Error-Code`: GatedRepo, RepoNotFound, RevisionNotFound, EntryNotFound.
    pub(crate) code: Option<String>,
    /// `X-Error-Message`.
    pub(crate) message: Option<String>,
    /// `Retry-After` or `RateLimit`.
    pub(crate) retry: Option<String>,
    /// Its text.
    pub(crate) text: String,
}

/// What a refusal is about.
#[derive(Clone, Debug)]
pub(crate) struct About<'a> {
    pub(crate) command: &'a str,
    /// The hub's address.
    pub(crate) url: &'a str,
    /// Whether that is not the hub's own.
    pub(crate) mirror: bool,
    pub(crate) repo: &'a RepoId,
    pub(crate) revision: Option<&'a Revision>,
    /// Where the token is from.
    pub(crate) token_from: &'a str,
}

impl About<'_> {
    pub(crate) fn page(&self) -> String {
        format!("{}/{}", self.url, self.repo)
    }
}

/// The meaning of a refusal. `text` must be redacted already.
pub(crate) fn meaning(refusal: &Refusal, answer: &Answer, about: &About<'_>) -> HubError {
    let kind = |name: &str| refusal.kinds.iter().any(|kind| kind == name);
    let (repo, url) = (about.repo.to_string(), about.page());
    let message = refusal.message.clone().unwrap_or_default();
    let why = || last_line(&refusal.text);
    if refusal.stage == "import" {
        return broken_import(refusal, about);
    }
    if kind("OfflineModeIsEnabled") {
        return HubError::Offline;
    }
    if kind("ProxyError") || refusal.status == Some(407) {
        return HubError::Proxy { url: about.url.into(), why: why() };
    }
    if kind("SSLError") || kind("SSLCertVerificationError") || refusal.text.contains("CERTIFICATE_VERIFY_FAILED") {
        return HubError::Certificate { url: about.url.into(), why: why() };
    }
    let code = refusal.code.as_deref();
    match refusal.status {
        Some(429) => return HubError::RateLimited { after: refusal.retry.as_deref().and_then(seconds) },
        Some(500..=599) => return HubError::Failed { url: about.url.into(), why: why() },
        Some(401) if is_bad_token(&message, &refusal.text) && answer.token => {
            return HubError::BadToken { from: about.token_from.into(), url: about.url.into() };
        }
        _ => {}
    }
    if code == Some("GatedRepo") || kind("GatedRepoError") {
        return gated(&message, &refusal.text, answer.token, repo, url);
    }
    if kind("DisabledRepoError") || refusal.status == Some(451) || message.contains("is disabled") {
        let why = if message.is_empty() { why() } else { message };
        return HubError::Denied { repo, url, why };
    }
    if code == Some("RevisionNotFound") || kind("RevisionNotFoundError") {
        let revision = about.revision.map_or("main", Revision::as_str).to_owned();
        let similar = known(&revision, answer);
        return HubError::NoRevision { repo, revision, url, similar };
    }
    if code == Some("RepoNotFound") || kind("RepositoryNotFoundError") || matches!(refusal.status, Some(401)) {
        let similar = similar(&repo, answer.others.iter().map(String::as_str));
        return HubError::NoRepository { repo, url, similar };
    }
    match refusal.status {
        Some(403) => HubError::Gated { repo, url },
        Some(status) if about.mirror => {
            HubError::Mirror { url: about.url.into(), why: format!("status {status}; {}", why()) }
        }
        Some(_) => HubError::Failed { url: about.url.into(), why: why() },
        None if kind("JSONDecodeError") || kind("FileMetadataError") || kind("KeyError") || kind("TypeError") => {
            HubError::Mirror { url: about.url.into(), why: why() }
        }
        None => HubError::NoNetwork { url: about.url.into(), why: why() },
    }
}

/// The names that are like a wrong one; all of them where there are few and none is.
fn known(wrong: &str, answer: &Answer) -> Vec<String> {
    let names = similar(wrong, answer.others.iter().map(String::as_str));
    if names.is_empty() && answer.others.len() <= 3 { answer.others.clone() } else { names }
}

pub(crate) fn gated(message: &str, text: &str, has_token: bool, repo: String, url: String) -> HubError {
    let says = |words: &str| message.contains(words) || text.contains(words);
    if says("awaiting a review") {
        HubError::Pending { repo, url }
    } else if says("rejected") {
        HubError::Denied { repo, url, why: "the request for access was rejected by its authors".into() }
    } else if !has_token && !says("not in the authorized list") {
        HubError::NoToken { repo, url }
    } else {
        HubError::Gated { repo, url }
    }
}

pub(crate) fn is_bad_token(message: &str, text: &str) -> bool {
    let words = [
        "Invalid credentials in Authorization header",
        "Invalid user token",
        "token is expired",
        "token has expired",
        "Invalid username or password",
    ];
    // A repository that is not there is refused with the last of them where no token was sent; callers know that.
    words.iter().any(|words| message.contains(words) || text.contains(words))
}

fn broken_import(refusal: &Refusal, about: &About<'_>) -> HubError {
    let command = about.command.to_owned();
    if refusal.text.contains("cannot import name") {
        return HubError::OldCommand { command, why: last_line(&refusal.text) };
    }
    HubError::BrokenCommand { command, why: last_line(&refusal.text) }
}

/// Seconds in `Retry-After: 30`, or in `RateLimit: "resolvers";r=0;t=55`.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let after = text.split(';').find_map(|part| part.trim().strip_prefix("t=")).unwrap_or(text);
    after.trim().parse().ok()
}

/// The last line of a text with words in it, shortened.
pub(crate) fn last_line(text: &str) -> String {
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty() && !line.starts_with("For more information"));
    line.unwrap_or("it gave no reason").chars().take(300).collect()
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
