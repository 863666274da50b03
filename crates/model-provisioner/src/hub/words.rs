//! What a command's own words mean, where its library could not be asked or the download itself failed.
//!
//! Words of `hf` from huggingface_hub 2.4 and of the versions before it; `fixtures/hf` has printed examples.

use super::answer::{About, Answer, gated, is_bad_token, last_line};
use crate::error::HubError;

/// The refusal that the printed text stands for, if it is one that is known. `has_token` says whether one was given.
pub(crate) fn refusal(text: &str, has_token: bool, about: &About<'_>) -> Option<HubError> {
    let has = |words: &[&str]| words.iter().any(|words| text.contains(words));
    let (repo, page, url) = (about.repo.to_string(), about.page(), about.url.to_owned());
    let command = about.command.to_owned();
    let why = || reason(text);
    if has(&["no longer works", "deprecated and no longer"]) {
        return Some(HubError::DeadCommand { command });
    }
    if has(&["No such option", "unrecognized arguments", "invalid choice", "No such command"]) {
        return Some(HubError::OldCommand { command, why: why() });
    }
    if has(&["ModuleNotFoundError", "ImportError", "bad interpreter"]) {
        return Some(HubError::BrokenCommand { command, why: why() });
    }
    if has(&[
        "offline mode is enabled",
        "OfflineModeIsEnabled",
        "HF_HUB_OFFLINE=1",
        "outgoing traffic has been disabled",
    ]) {
        return Some(HubError::Offline);
    }
    if has(&["ProxyError", "407 Proxy", "Tunnel connection failed", "Unable to connect to proxy"]) {
        return Some(HubError::Proxy { url, why: why() });
    }
    if has(&["CERTIFICATE_VERIFY_FAILED", "SSLError", "certificate verify failed"]) {
        return Some(HubError::Certificate { url, why: why() });
    }
    if has(&["429 Client Error", "Too Many Requests", "429 Too Many"]) {
        return Some(HubError::RateLimited { after: None });
    }
    if has(&["requires approval", "Cannot access gated repo", "GatedRepo", "awaiting a review from the repo authors"]) {
        return Some(gated("", text, has_token, repo, page));
    }
    if has_token && has(&["401 Client Error", "401 Unauthorized"]) && is_bad_token("", text) {
        return Some(HubError::BadToken { from: about.token_from.into(), url });
    }
    if has(&["Revision Not Found", "Revision not found", "RevisionNotFound"]) {
        let revision = about.revision.map_or("main", crate::Revision::as_str).to_owned();
        return Some(HubError::NoRevision { repo, revision, url: page, similar: Vec::new() });
    }
    if has(&["Entry Not Found", "File not found in", "EntryNotFound"]) {
        let revision = about.revision.map_or("its default branch", crate::Revision::as_str).to_owned();
        return Some(HubError::NoFile { repo, file: "the file".into(), revision, url: page, similar: Vec::new() });
    }
    if has(&["Repository Not Found", "RepositoryNotFound"]) || (text.contains("Model '") && text.contains("not found"))
    {
        return Some(HubError::NoRepository { repo, url: page, similar: Vec::new() });
    }
    if has(&["500 Server Error", "502 Server Error", "503 Server Error", "504 Server Error", "Server error '5"]) {
        return Some(HubError::Failed { url, why: why() });
    }
    let network = [
        "Local entry not found",
        "LocalEntryNotFoundError",
        "Connection refused",
        "Name or service not known",
        "Temporary failure in name resolution",
        "Network is unreachable",
        "ConnectTimeout",
        "ConnectError",
        "ReadTimeout",
        "Connection reset",
    ];
    has(&network).then(|| HubError::NoNetwork { url, why: why() })
}

/// The line of a text that gives the reason: the last one that is not a hint or a mere retry.
fn reason(text: &str) -> String {
    let told = |line: &&str| {
        let line = line.trim();
        !line.is_empty()
            && !["Hint:", "Set HF_DEBUG", "Retrying in", "Try '", "hf "].iter().any(|start| line.starts_with(start))
    };
    text.lines().rfind(told).map_or_else(|| last_line(text), last_line)
}

/// Whether the library is older than the layout of folders that is relied on here.
pub(crate) fn too_old(answer: &Answer, command: &str) -> Option<HubError> {
    let version = answer.version.as_deref()?;
    let parts: Vec<u32> = version.split('.').take(2).filter_map(|part| part.parse().ok()).collect();
    let too_old = matches!(parts.as_slice(), [0, minor] if *minor < 23);
    too_old.then(|| HubError::OldCommand {
        command: command.to_owned(),
        why: format!("huggingface_hub {version} is here, 0.23 or later is needed"),
    })
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
