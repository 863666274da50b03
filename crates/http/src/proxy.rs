//! Which proxy a request goes through, from the variables that programs agree on.
//!
//! The rule of [curl](https://everything.curl.dev/usingcurl/proxies/env.html): `https_proxy`, `http_proxy`, else `all_proxy`,
//! in small or capital letters, the small ones first, and `HTTP_PROXY` not at all: a CGI client could set it. Hosts in
//! `no_proxy`, their subdomains, and this host itself are reached directly.

use std::fmt;

use ureq::Proxy;

use crate::{HttpError, Url};

/// The proxies of an environment.
#[derive(Clone, Default)]
pub struct Proxies {
    https: Option<(String, Proxy)>,
    http: Option<(String, Proxy)>,
    exceptions: Vec<String>,
}

impl Proxies {
    /// Reads them from an environment, given as a function from a variable's name to its value.
    ///
    /// # Errors
    /// `download::bad_proxy` for an address that is not `http://host:port`.
    pub fn from_env(variable: impl Fn(&str) -> Option<String>) -> Result<Self, HttpError> {
        let first = |names: &[&str]| {
            let set =
                |name: &&str| variable(name).filter(|value| !value.is_empty()).map(|value| ((*name).to_owned(), value));
            names.iter().find_map(set)
        };
        let exceptions = first(&["no_proxy", "NO_PROXY"]).map(|(_, list)| list).unwrap_or_default();
        Ok(Self {
            https: first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]).map(proxy).transpose()?,
            http: first(&["http_proxy", "all_proxy", "ALL_PROXY"]).map(proxy).transpose()?,
            exceptions: exceptions
                .split(',')
                .map(|word| word.trim().to_ascii_lowercase())
                .filter(|word| !word.is_empty())
                .collect(),
        })
    }

    /// The proxy for an address; `None` where it is reached directly.
    pub(crate) fn of(&self, url: &Url) -> Option<&Proxy> {
        if url.is_loopback() || self.exceptions.iter().any(|exception| covers(exception, url)) {
            return None;
        }
        let (_, proxy) = if url.is_https() { &self.https } else { &self.http }.as_ref()?;
        Some(proxy)
    }
}

/// Names the variables; the addresses may hold passwords.
impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |proxy: &Option<(String, Proxy)>| proxy.as_ref().map(|(variable, _)| variable.clone());
        let (https, http) = (name(&self.https), name(&self.http));
        f.debug_struct("Proxies")
            .field("https", &https)
            .field("http", &http)
            .field("exceptions", &self.exceptions)
            .finish()
    }
}

fn proxy((variable, value): (String, String)) -> Result<(String, Proxy), HttpError> {
    let bad = |why| HttpError::BadProxy { variable: variable.clone(), why };
    let address = if value.contains("://") { value } else { format!("http://{value}") };
    if !address.starts_with("http://") {
        return Err(bad("only proxies with an `http://` address are supported"));
    }
    let proxy = Proxy::new(&address).map_err(|_malformed| bad("its address is malformed"))?;
    Ok((variable, proxy))
}

/// Whether one entry of `no_proxy` covers an address: `*`, a domain with its subdomains, an address; with or without a port.
fn covers(exception: &str, url: &Url) -> bool {
    let (name, port) = match exception.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, port.parse::<u16>().ok()),
        _ => (exception, None),
    };
    let name = name.trim_start_matches("*.").trim_start_matches('.').trim_matches(['[', ']']);
    let host = url.host().to_ascii_lowercase();
    let named = name == "*" || host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
    named && !name.is_empty() && port.is_none_or(|port| port == url.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(env: &[(&str, &str)], url: &str, expected: Option<&str>) {
        let variable = |name: &str| env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let proxies = Proxies::from_env(variable).unwrap();
        let found = proxies.of(&Url::parse(url).unwrap()).map(|proxy| format!("{}:{}", proxy.host(), proxy.port()));
        assert_eq!(found.as_deref(), expected, "{env:?} {url}");
    }

    #[test]
    fn the_variables_decide() {
        check(&[("https_proxy", "http://p:3128")], "https://h/", Some("p:3128"));
        check(&[("HTTPS_PROXY", "p:3128")], "https://h/", Some("p:3128"));
        check(&[("https_proxy", "http://small:1"), ("HTTPS_PROXY", "http://large:1")], "https://h/", Some("small:1"));
        check(&[("https_proxy", "")], "https://h/", None);
        check(&[("HTTP_PROXY", "http://p:1")], "http://h/", None);
        check(&[("http_proxy", "http://p:1")], "https://h/", None);
        check(&[("ALL_PROXY", "http://p:1")], "https://h/", Some("p:1"));
        check(&[("https_proxy", "http://p:1")], "https://localhost/", None);
        for (exceptions, host, direct) in [
            ("h", "h", true),
            (" a , h ", "h", true),
            ("example.com", "sub.example.com", true),
            (".example.com", "sub.example.com", true),
            ("*.example.com", "sub.example.com", true),
            ("example.com", "notexample.com", false),
            ("*", "anything", true),
            ("h:443", "h", true),
            ("h:80", "h", false),
            ("10.0.0.1", "10.0.0.1", true),
            ("", "h", false),
        ] {
            let expected = (!direct).then_some("p:1");
            check(&[("https_proxy", "http://p:1"), ("no_proxy", exceptions)], &format!("https://{host}/"), expected);
        }
    }

    #[test]
    fn other_proxies_are_refused_without_their_password() {
        for value in ["socks5://u:hunter2@p:1", "https://u:hunter2@p:1", "http://"] {
            let error = Proxies::from_env(|_| Some(value.to_owned())).unwrap_err().to_string();
            assert!(error.contains("https_proxy") && !error.contains("hunter2"), "{error}");
        }
        let kept =
            Proxies::from_env(|name| (name == "https_proxy").then(|| "http://u:hunter2@p:1".to_owned())).unwrap();
        assert!(!format!("{kept:?}").contains("hunter2"));
    }
}
