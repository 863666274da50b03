//! The one rule for which names (of variables, flags, headers, query parameters, fields) hold secrets.
//!
//! A wrong "secret" costs the operator one line of configuration; a wrong "open" writes a credential to a file. So a
//! word that can mean a credential means one, unless another word of the name says that it counts, switches or locates.

use crate::words::{self, split};

/// Whether the value behind `name` is a secret, judged by the words of the name.
///
/// `HF_TOKEN`, `--api-key`, `clientSecret`, `X-Amz-Signature` and `PROXY_PWD` are secret. `MAX_TOTAL_TOKENS` (a count),
/// `--api-key-file` (a place), `HF_HUB_DISABLE_IMPLICIT_TOKEN` (a switch) and `KEYBOARD` are open.
pub fn looks_secret(name: &str) -> bool {
    // Most names in a program's output: nothing, a number, or one word in small letters.
    if name.len() < words::SHORTEST || words::NAMED_OPEN.contains(&name) {
        return false;
    }
    if name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        return is_secret(vec![name]);
    }
    let words = split(name);
    is_secret(words.iter().map(String::as_str).collect())
}

/// Whether a name of these words, in lower case, holds a secret.
fn is_secret(mut words: Vec<&str>) -> bool {
    while words.len() > 1 && words.last().is_some_and(|last| words::is_qualifier(last)) {
        words.pop();
    }
    let Some((last, before)) = words.split_last() else {
        return false;
    };
    if words::PROPERTIES.contains(last) {
        return words::is_secret_despite_its_last_word(&words);
    }
    if words.iter().any(|word| words::is_strong(word)) {
        return true;
    }
    let checked = matches!(*last, "auth" | "authorization" | "sig" | "signature");
    let opens = |word: &&str| words::COUNTS_OR_SWITCHES.contains(word) || (checked && words::CHECKS.contains(word));
    if before.iter().any(opens) {
        return false;
    }
    let previous = before.last().copied().unwrap_or_default();
    is_credential(last, previous) || words.windows(2).any(|pair| matches!(pair, [kind, noun] if is_pair(kind, noun)))
}

/// Whether the last word of a name, after `previous` (empty where it is the only word), is a credential.
fn is_credential(last: &str, previous: &str) -> bool {
    match last {
        "pass" => !words::KINDS_OF_PASSES.contains(&previous),
        "credential" | "credentials" | "creds" => previous != "cors",
        "string" | "str" => previous == "connection",
        // Alone they are ordinary words or too short to mean anything.
        "pat" | "sas" => !previous.is_empty(),
        _ if last.ends_with("token") => !words::TEXT_TOKENS.contains(&previous),
        _ => words::CREDENTIALS.contains(&last),
    }
}

/// Whether two neighbouring words are a credential anywhere in a name: `API_KEY`, `PRIVATE_KEYS`, `BEARER_TOKEN`. A key or
/// a token alone is not: the word before says of which kind it is.
fn is_pair(kind: &str, noun: &str) -> bool {
    match noun {
        "key" | "keys" => words::KINDS_OF_KEYS.contains(&kind),
        "token" | "tokens" => words::KINDS_OF_TOKENS.contains(&kind),
        _ => false,
    }
}
