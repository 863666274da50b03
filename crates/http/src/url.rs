//! Addresses: what may be requested, where a redirect leads, and how an address is printed.

use std::fmt;
use std::net::IpAddr;

use ureq::http::Uri;

use crate::HttpError;

/// No address is longer, in bytes.
const LONGEST: usize = 8 << 10;

/// An `http://` or `https://` address without user name, password and fragment.
#[derive(Clone, PartialEq, Eq)]
pub struct Url(Uri);

/// Which addresses may be requested without encryption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plain {
    /// None.
    #[default]
    Never,
    /// Those of this host: `localhost`, `127.0.0.0/8`, `::1`.
    Loopback,
    /// All.
    Always,
}

impl Url {
    /// Parses an address.
    ///
    /// # Errors
    /// `download::bad_url` for another scheme, credentials, a fragment, characters that are not allowed, or more than
    /// 8 KiB.
    pub fn parse(text: &str) -> Result<Self, HttpError> {
        let bad = |why| HttpError::BadUrl { url: printable(text), why };
        if text.len() > LONGEST {
            return Err(bad("it is longer than 8 KiB"));
        }
        if text.contains('#') {
            return Err(bad("it has a fragment"));
        }
        let uri: Uri = text.parse().map_err(|_not_a_uri| bad("it is malformed"))?;
        let authority = uri.authority().ok_or_else(|| bad("it has no host"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(bad("its scheme is neither http nor https"));
        }
        if authority.as_str().contains('@') {
            return Err(bad("it holds a user name or a password"));
        }
        if authority.host().is_empty() || (authority.as_str().contains("]:") && authority.port().is_none()) {
            return Err(bad("its host is malformed"));
        }
        Ok(Self(uri))
    }

    /// Where a redirect to `location` leads from here, as [RFC 3986, 5.2](https://www.rfc-editor.org/rfc/rfc3986#section-5.2)
    /// resolves it; a fragment is left out.
    ///
    /// # Errors
    /// As [`Url::parse`].
    pub fn join(&self, location: &str) -> Result<Self, HttpError> {
        let location = location.split('#').next().unwrap_or_default();
        let scheme = self.0.scheme_str().unwrap_or("https");
        let authority = self.0.authority().map_or("", |authority| authority.as_str());
        let has_scheme = location.split(['/', '?']).next().is_some_and(|first| first.contains(':'));
        if has_scheme {
            return Self::parse(location);
        }
        if location.starts_with("//") {
            return Self::parse(&format!("{scheme}:{location}"));
        }
        let path = self.0.path();
        let joined = if location.is_empty() {
            self.0.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string)
        } else if location.starts_with('/') {
            location.to_owned()
        } else if location.starts_with('?') {
            format!("{path}{location}")
        } else {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            format!("{folder}/{location}")
        };
        let (path, query) = joined.split_once('?').map_or((joined.as_str(), None), |(path, query)| (path, Some(query)));
        let path = without_dots(path);
        let query = query.map_or_else(String::new, |query| format!("?{query}"));
        Self::parse(&format!("{scheme}://{authority}{path}{query}"))
    }

    /// Whether it is requested with encryption.
    pub fn is_https(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    /// The host, without its port; an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        self.0.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
    }

    /// The port, also where it is the scheme's own.
    pub fn port(&self) -> u16 {
        self.0.port_u16().unwrap_or(if self.is_https() { 443 } else { 80 })
    }

    /// Whether scheme, host and port are the same: a credential for one is one for the other.
    pub fn has_origin_of(&self, other: &Self) -> bool {
        self.is_https() == other.is_https()
            && self.host().eq_ignore_ascii_case(other.host())
            && self.port() == other.port()
    }

    /// Whether its host is this host by name or address.
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.0
    }

    /// The whole address, with its query: for requests, never for messages.
    pub fn reveal(&self) -> String {
        self.0.to_string()
    }

    pub(crate) fn allow(&self, plain: Plain) -> Result<(), HttpError> {
        let allowed = match plain {
            Plain::Never => self.is_https(),
            Plain::Loopback => self.is_https() || self.is_loopback(),
            Plain::Always => true,
        };
        if allowed { Ok(()) } else { Err(HttpError::PlainHttp { url: self.to_string() }) }
    }
}

/// The address without its query, which may hold a signature or a token.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.0.authority().map_or("", |authority| authority.as_str());
        write!(f, "{}://{authority}{}", self.0.scheme_str().unwrap_or_default(), self.0.path())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({self})")
    }
}

/// A text that is no address, in a form that can be printed: without query and credentials, bounded, one line.
fn printable(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let separator = if scheme.is_empty() { "" } else { "://" };
    format!("{scheme}{separator}{rest}").chars().filter(|c| !c.is_control()).take(200).collect()
}

/// A path without its `.` and `..` parts; `..` at the top is dropped.
fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut list = path.split('/').skip(1).peekable();
    while let Some(part) = list.next() {
        let is_last = list.peek().is_none();
        match part {
            "." | ".." => {
                if part == ".." {
                    parts.pop();
                }
                if is_last {
                    parts.push("");
                }
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_are_resolved_as_the_standard_says() {
        // From RFC 3986, 5.4, as far as it is about http.
        let base = Url::parse("https://a/b/c/d;p?q").unwrap();
        for (location, expected) in [
            ("g", "https://a/b/c/g"),
            ("./g", "https://a/b/c/g"),
            ("g/", "https://a/b/c/g/"),
            ("/g", "https://a/g"),
            ("//g", "https://g/"),
            ("?y", "https://a/b/c/d;p?y"),
            ("g?y", "https://a/b/c/g?y"),
            ("#s", "https://a/b/c/d;p?q"),
            ("", "https://a/b/c/d;p?q"),
            (".", "https://a/b/c/"),
            ("..", "https://a/b/"),
            ("../g", "https://a/b/g"),
            ("../../g", "https://a/g"),
            ("../../../g", "https://a/g"),
            ("/../g", "https://a/g"),
            ("g?y/../x", "https://a/b/c/g?y/../x"),
            ("http://b:81/x", "http://b:81/x"),
        ] {
            assert_eq!(base.join(location).unwrap().reveal(), expected, "{location:?}");
        }
        for location in ["ftp://a/b", "javascript:alert(1)", "file:///etc/passwd", "https://u:p@h/", "https:///x"] {
            assert!(base.join(location).is_err(), "{location:?}");
        }
    }

    #[test]
    fn nothing_secret_of_an_address_is_printed() {
        let url = Url::parse("https://h:8443/a.tar.gz?X-Signature=abc").unwrap();
        assert_eq!(
            (url.to_string(), format!("{url:?}")),
            ("https://h:8443/a.tar.gz".into(), "Url(https://h:8443/a.tar.gz)".into())
        );
        for text in ["https://user:hunter2@h/x", "ftp://user:hunter2@h/x?hunter2", "hunter2@h"] {
            let error = Url::parse(text).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let at = |text: &str| Url::parse(text).unwrap();
        assert!(at("https://h/a").has_origin_of(&at("https://H:443/b")));
        for other in ["http://h/a", "https://h:444/a", "https://g/a"] {
            assert!(!at("https://h/a").has_origin_of(&at(other)), "{other}");
        }
        assert!(at("http://[::1]:1/").is_loopback() && at("http://127.9.9.9/").is_loopback());
        assert!(!at("http://127.0.0.1.example.com/").is_loopback());
    }
}
