//! Where a finished engine is: downloaded from https or a file on this host, or answering at an address.

use serde::{Deserialize, Serialize};

use super::{text_type::checked_text, url_rules};
use crate::Invalid;

/// The address of a file to download: `https://host/path` or `file:///absolute/path`.
///
/// Plain http, user names, passwords, and query parameters with a secret-looking name are refused.
/// Text behind `file://` is the path as it is, without percent-encoding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = "^(https://|file:///)", "maxLength" = 4096)))]
pub struct DownloadUrl(String);

checked_text!(DownloadUrl, check);

const SCHEME: Invalid = Invalid::new(
    "a download comes from an `https://` or a `file:///` address",
    "write it as in `https://host/engine.tar.gz` or `file:///srv/engine.tar.gz`",
);

fn check(text: &str) -> Result<(), Invalid> {
    url_rules::one_argument(text)?;
    if text.starts_with("https://") {
        url_rules::remote(text, false)
    } else if text.starts_with("file:///") {
        Ok(())
    } else {
        Err(SCHEME)
    }
}

/// The address of a running engine: `https://host`, or `http://host:port` in a trusted network, with or without a prefix.
///
/// User names, passwords, queries and fragments are refused. An API key is named in `secret_env`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = "^https?://", "maxLength" = 4096)))]
pub struct EngineUrl(String);

checked_text!(EngineUrl, check_engine);

const ENGINE: Invalid = Invalid::new(
    "an engine that others run has an `http://` or `https://` address without a query",
    "write it as in `https://host` or `http://10.0.0.5:8080/prefix`",
);

fn check_engine(text: &str) -> Result<(), Invalid> {
    url_rules::one_argument(text)?;
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or(ENGINE)?;
    if host.contains('?') {
        return Err(ENGINE);
    }
    // The rules of every URL; they ask for a path, which an engine need not have.
    let path = if host.trim_end_matches('/').contains('/') { "" } else { "/x" };
    url_rules::remote(&format!("{}{path}", text.trim_end_matches('/')), false)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check_url(text: &str, accepted: bool) {
        assert_eq!(text.parse::<DownloadUrl>().is_ok(), accepted, "{text:?}");
    }

    #[test]
    fn only_https_and_local_files() {
        check_url("https://host/engine.tar.gz", true);
        check_url("https://host/download?id=7", true);
        check_url("file:///srv/engine.tar.gz", true);
        for text in [
            "",
            "http://host/x",
            "ftp://host/x",
            "file://host/x",
            "/srv/x",
            "x",
            "-x",
            "https://user@host/x",
            "https://user:pw@host/x",
            "https://host/x?token=1",
            "https://host",
            "file:///a\nb",
        ] {
            check_url(text, false);
        }
    }

    #[test]
    fn only_a_plain_address() {
        for text in ["https://host", "http://127.0.0.1:8080", "http://[::1]:8080/", "https://host/prefix"] {
            assert!(text.parse::<EngineUrl>().is_ok(), "{text:?}");
        }
        for text in [
            "",
            "host:8080",
            "ftp://host",
            "https://",
            "https://u:p@host",
            "https://host/?k=v",
            "https://host/#f",
            "https://ho st",
        ] {
            assert!(text.parse::<EngineUrl>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(https://|file://)?[-a-z@:/%0-9?=&#.]{0,30}|\\PC{0,30}") {
            if let Ok(url) = text.parse::<DownloadUrl>() {
                prop_assert_eq!(url.to_string(), text);
            }
        }
    }
}
