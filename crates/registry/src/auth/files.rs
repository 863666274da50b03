//! `auth.json` and `config.json`: which entry is for a repository.
//!
//! Forms: [containers-auth.json](https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md) and docker's
//! [config.json](https://docs.docker.com/reference/cli/docker/#docker-cli-configuration-file-configjson-properties).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use super::credentials::Credential;
use crate::Repository;

/// No file of credentials is larger, in bytes.
const LARGEST: u64 = 1 << 20;

/// What a file has for a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Credential(Credential),
    /// A helper, and the name that it knows the registry by.
    Helper {
        name: String,
        key: String,
    },
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Document {
    auths: BTreeMap<String, Entry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
}

/// A file's text; `None` where it does not exist.
pub(crate) fn read(file: &Path) -> Result<Option<String>, String> {
    let mut text = String::new();
    match File::open(file) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        Err(error) => return Err(error.to_string()),
        Ok(file) => file.take(LARGEST).read_to_string(&mut text).map_err(|error| error.to_string())?,
    };
    Ok(Some(text))
}

/// What a file's text has for a repository: the most specific name first, then the host, then the store for all.
pub(crate) fn find(text: &str, repository: &Repository) -> Result<Option<Found>, String> {
    // The position alone: the text around it may hold a secret.
    let malformed =
        |error: serde_json::Error| format!("it is malformed in line {}, column {}", error.line(), error.column());
    let document: Document = serde_json::from_str(text).map_err(malformed)?;
    let keys = keys(repository);
    for key in &keys {
        if let Some(name) = document.cred_helpers.get(key) {
            return Ok(Some(Found::Helper { name: name.clone(), key: key.clone() }));
        }
        let entry = document.auths.iter().find(|(known, _)| normal(known) == *key).map(|(_, entry)| entry);
        if let Some(credential) = entry.map(credential).transpose()?.flatten() {
            return Ok(Some(Found::Credential(credential)));
        }
    }
    let key = if repository.registry() == "docker.io" { "https://index.docker.io/v1/" } else { repository.registry() };
    Ok(document.creds_store.map(|name| Found::Helper { name, key: key.to_owned() }))
}

/// The names that an entry for a repository may have: `r.io/a/b`, `r.io/a`, `r.io`, and Docker Hub's other name.
fn keys(repository: &Repository) -> Vec<String> {
    let whole = repository.to_string();
    let mut keys = vec![whole.clone()];
    let mut rest = whole.as_str();
    while let Some((folder, _)) = rest.rsplit_once('/') {
        keys.push(folder.to_owned());
        rest = folder;
    }
    if repository.registry() == "docker.io" {
        keys.push("index.docker.io".to_owned());
    }
    keys
}

/// An entry's name without scheme, version and slash at the end, as docker writes them: `https://index.docker.io/v1/`.
fn normal(key: &str) -> &str {
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let key = key.trim_end_matches('/');
    key.strip_suffix("/v1").or_else(|| key.strip_suffix("/v2")).unwrap_or(key)
}

fn credential(entry: &Entry) -> Result<Option<Credential>, String> {
    let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    if let Some(token) = filled(&entry.identitytoken) {
        return Ok(Some(Credential::Identity(token)));
    }
    if let Some(auth) = filled(&entry.auth) {
        let bytes =
            BASE64_STANDARD.decode(auth.trim()).map_err(|_secret| "an `auth` of it is not Base64".to_owned())?;
        let text = String::from_utf8(bytes).map_err(|_secret| "an `auth` of it is not UTF-8".to_owned())?;
        let (user, password) = text.split_once(':').ok_or("an `auth` of it has no colon")?;
        return Ok(Some(Credential::Password { user: user.to_owned(), password: password.to_owned() }));
    }
    Ok(filled(&entry.username)
        .zip(filled(&entry.password))
        .map(|(user, password)| Credential::Password { user, password }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, repository: &str) -> Option<Found> {
        find(text, &repository.parse().unwrap()).unwrap()
    }

    fn password(user: &str, password: &str) -> Found {
        Found::Credential(Credential::Password { user: user.into(), password: password.into() })
    }

    fn auth(text: &str) -> String {
        BASE64_STANDARD.encode(text)
    }

    #[test]
    fn the_most_specific_entry_counts() {
        let text = format!(
            r#"{{"auths":{{"quay.io":{{"auth":"{}"}},"quay.io/org":{{"auth":"{}"}},"https://index.docker.io/v1/":{{"auth":"{}"}},"r.io":{{}}}}}}"#,
            auth("a:1"),
            auth("b:2:3"),
            auth("hub:4"),
        );
        assert_eq!(of(&text, "quay.io/other/x"), Some(password("a", "1")));
        assert_eq!(of(&text, "quay.io/org/x"), Some(password("b", "2:3")));
        assert_eq!(of(&text, "quay.io/organisation/x"), Some(password("a", "1")));
        assert_eq!(of(&text, "docker.io/nginx"), Some(password("hub", "4")));
        assert_eq!(of(&text, "r.io/x"), None);
        assert_eq!(of(&text, "evil-quay.io/x"), None);
        assert_eq!(of(&text, "quay.io.evil.com/x"), None);
        assert_eq!(of("{}", "quay.io/x"), None);
    }

    #[test]
    fn helpers_and_tokens() {
        let text =
            r#"{"auths":{"r.io":{"identitytoken":"t"}},"credHelpers":{"ecr.io":"ecr-login"},"credsStore":"pass"}"#;
        assert_eq!(of(text, "r.io/x"), Some(Found::Credential(Credential::Identity("t".into()))));
        let helper = |name: &str, key: &str| Some(Found::Helper { name: name.into(), key: key.into() });
        assert_eq!(of(text, "ecr.io/x"), helper("ecr-login", "ecr.io"));
        assert_eq!(of(text, "other.io/x"), helper("pass", "other.io"));
        assert_eq!(of(text, "docker.io/x"), helper("pass", "https://index.docker.io/v1/"));
    }

    #[test]
    fn a_file_that_is_malformed_is_not_quoted() {
        for text in [r#"{"auths":{"r.io":{"auth":hunter2}}}"#, r#"{"auths":{"r.io":{"auth":"hunter2!"}}}"#, "hunter2"] {
            let error = find(text, &"r.io/x".parse().unwrap()).unwrap_err();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
