//! Tokens: asked for at the server that a registry names.
//!
//! The protocol is that of [distribution](https://distribution.github.io/distribution/spec/auth/token/); a refresh token goes by
//! [its OAuth2 form](https://distribution.github.io/distribution/spec/auth/oauth/).

use http::{Client, Method, Request, Secret, Url};
use serde::Deserialize;

use super::credentials::Credential;
use crate::RegistryError;

/// No answer of a token server is larger, in bytes.
const LARGEST: u64 = 256 << 10;

/// What a token is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) realm: &'a str,
    pub(crate) service: Option<&'a str>,
    pub(crate) scope: &'a str,
    /// The registry's own address.
    pub(crate) registry: &'a Url,
}

#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
}

/// The value of `Authorization` with a token; `None` where the server refuses it, as it does for a wrong password.
pub(crate) fn fetch(
    client: &Client,
    wanted: &Wanted<'_>,
    credential: Option<&Credential>,
) -> Result<Option<Secret>, RegistryError> {
    let refused = |why: String| RegistryError::BadChallenge { registry: wanted.registry.host().to_owned(), why };
    let realm = realm(wanted).map_err(refused)?;
    let mut answer = match credential {
        Some(Credential::Identity(token)) => {
            let pairs = [
                ("grant_type", "refresh_token"),
                ("service", wanted.service.unwrap_or_default()),
                ("client_id", "engine-provisioner"),
                ("scope", wanted.scope),
                ("refresh_token", token),
            ];
            let body = query(&pairs);
            let request =
                Request::new(Method::Post, realm.clone()).header("content-type", "application/x-www-form-urlencoded");
            client.send_body(&request, body.len() as u64, &mut body.as_bytes())?
        }
        other => {
            let mut pairs = vec![("scope", wanted.scope)];
            pairs.extend(wanted.service.map(|service| ("service", service)));
            let separator = if realm.reveal().contains('?') { '&' } else { '?' };
            let mut request = Request::get(Url::parse(&format!("{}{separator}{}", realm.reveal(), query(&pairs)))?);
            if let Some(basic) = other.and_then(Credential::basic) {
                request = request.authorization(basic);
            }
            client.send(&request)?
        }
    };
    match answer.status() {
        200 => {}
        400 | 401 | 403 => return Ok(None),
        status => {
            let (registry, what) = (realm.host().to_owned(), "a request for a token".to_owned());
            return Err(RegistryError::Status { registry, status, what, answer: String::new() });
        }
    }
    let bytes = answer.bytes(LARGEST)?;
    // The answer holds a token: it is never quoted.
    let Answer { token, access_token } =
        serde_json::from_slice(&bytes).map_err(|_secret| refused("its token server sent no token".into()))?;
    let token = token.filter(|token| !token.is_empty()).or(access_token.filter(|token| !token.is_empty()));
    let token = token.ok_or_else(|| refused("its token server sent an empty token".into()))?;
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(refused("its token server sent a token with characters that no token has".into()));
    }
    Ok(Some(Secret::new(format!("Bearer {token}"))))
}

/// The token server's address. A credential goes there: by https, or, for a registry without encryption, to that registry's own host.
fn realm(wanted: &Wanted<'_>) -> Result<Url, String> {
    let realm = Url::parse(wanted.realm).map_err(|error| error.to_string())?;
    let same_host = realm.host().eq_ignore_ascii_case(wanted.registry.host());
    if realm.is_https() || (!wanted.registry.is_https() && (same_host || realm.is_loopback())) {
        return Ok(realm);
    }
    Err(format!("its token server `{realm}` has no encryption"))
}

/// Names and values for a query or a form.
pub(crate) fn query(pairs: &[(&str, &str)]) -> String {
    let escaped = |text: &str| {
        let mut plain = String::new();
        for byte in text.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => plain.push(byte.into()),
                _ => {
                    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or('0').to_ascii_uppercase();
                    plain.extend(['%', digit(byte >> 4), digit(byte & 15)]);
                }
            }
        }
        plain
    };
    pairs.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_escaped() {
        assert_eq!(
            query(&[("scope", "repository:a/b:pull,push"), ("x", "ä&=")]),
            "scope=repository%3Aa%2Fb%3Apull%2Cpush&x=%C3%A4%26%3D"
        );
    }

    #[test]
    fn a_credential_goes_by_https_or_to_the_host_itself() {
        let of = |registry: &str, to: &str| {
            let registry = Url::parse(registry).unwrap();
            realm(&Wanted { realm: to, service: None, scope: "", registry: &registry }).is_ok()
        };
        assert!(of("https://r.io/", "https://auth.r.io/token"));
        assert!(of("http://127.0.0.1:5000/", "http://127.0.0.1:5001/token"));
        assert!(of("http://r.lan:5000/", "http://r.lan:5001/token"));
        assert!(of("http://r.lan:5000/", "https://auth.io/token"));
        assert!(!of("https://r.io/", "http://auth.r.io/token"));
        assert!(!of("https://127.0.0.1:5000/", "http://127.0.0.1:5001/token"));
        assert!(!of("http://r.lan:5000/", "http://evil.lan/token"));
        assert!(!of("https://r.io/", "ftp://r.io/token"));
    }
}
