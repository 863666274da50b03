//! What a registry's status means.

use std::sync::atomic::Ordering;

use http::Answer;
use serde::Deserialize;

use super::Registry;
use crate::RegistryError;
use crate::error::printable;

/// How much of an answer that reports an error is read, in bytes.
const LARGEST_ERROR: u64 = 64 << 10;

#[derive(Deserialize)]
struct Errors {
    errors: Vec<Reported>,
}

#[derive(Deserialize)]
struct Reported {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

impl Registry {
    /// The answer where its status is one of these; otherwise the error that it stands for. `what` is how messages name
    /// what was asked for.
    pub(crate) fn expect(&self, mut answer: Answer, statuses: &[u16], what: &str) -> Result<Answer, RegistryError> {
        let status = answer.status();
        if statuses.contains(&status) {
            return Ok(answer);
        }
        let same = self.base().is_ok_and(|base| answer.url().has_origin_of(base));
        let registry = if same { self.repository().registry().to_owned() } else { answer.url().host().to_owned() };
        let what = what.to_owned();
        let retry_after_s = answer.header("retry-after").and_then(|seconds| seconds.parse().ok());
        let answer = reported(&mut answer);
        Err(match status {
            404 => RegistryError::NotFound { registry, what, answer },
            401 | 403 => {
                let with_credential = same && self.has_credential.load(Ordering::Relaxed);
                RegistryError::AccessDenied { registry, what, with_credential, answer }
            }
            429 => RegistryError::RateLimited { registry, retry_after_s, answer },
            _ => RegistryError::Status { registry, status, what, answer },
        })
    }
}

/// What a registry wrote about an error: its code and message, where it wrote them as specified.
fn reported(answer: &mut Answer) -> String {
    let Ok(bytes) = answer.bytes(LARGEST_ERROR) else { return String::new() };
    let Ok(Errors { errors }) = serde_json::from_slice(&bytes) else { return String::new() };
    let first = errors.first().map(|Reported { code, message }| format!("{code}: {message}"));
    printable(first.unwrap_or_default().trim_matches([':', ' ']))
}
