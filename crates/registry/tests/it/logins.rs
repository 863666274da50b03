//! Log-ins: at a real registry with and without TLS, and tokens.

use http::HttpError;
use registry::{Credential, Credentials, Options, RegistryError};
use testkit::web::{Authority, Web, reply};
use testkit::{RealRegistry, RegistrySetup};

use crate::support::{client, code, login, name, password, push_image, with};

/// Basic authentication at a real registry, on the loopback without encryption.
#[test]
fn a_password_is_sent_where_it_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let real = RealRegistry::start(dir.path(), &RegistrySetup { login: true, ..RegistrySetup::default() });
    let registry = with(&real.host, "a", Options::default(), login());
    let pushed = push_image(&registry, "amd64", b"1", "v1");
    assert_eq!(registry.fetch(&name(&registry, ":v1")).unwrap().digest, pushed.digest);
    for (credentials, with_credential) in [(Credentials::none(), false), (password("tester", "wrong"), true)] {
        let registry = with(&real.host, "a", Options::default(), credentials);
        let error = registry.fetch(&name(&registry, ":v1")).unwrap_err();
        assert_eq!(code(&error), "image::access_denied");
        let words = format!("{error} {error:?}");
        assert_eq!(words.contains("with the credential that is there"), with_credential, "{words}");
        assert!(!words.contains("wrong"), "{words}");
    }
}

/// The same with TLS: the certificate's authority has to be known, and nothing falls back to http.
#[test]
fn encryption_is_never_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::create(dir.path());
    let tls = Some((authority.certificate.clone(), authority.key.clone()));
    let real = RealRegistry::start(dir.path(), &RegistrySetup { tls, login: true });
    let http = http::Options { added_authorities: Some(authority.file), ..http::Options::default() };
    let registry = with(&real.host, "a", Options { http, ..Options::default() }, login());
    let pushed = push_image(&registry, "amd64", b"1", "v1");
    assert_eq!(registry.fetch(&name(&registry, ":v1")).unwrap().digest, pushed.digest);
    let stranger = with(&real.host, "a", Options::default(), login());
    let error = stranger.fetch(&name(&stranger, ":v1")).unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
    assert!(!real.asked().iter().any(|asked| asked.contains("hunter2")));
    assert!(matches!(error, RegistryError::Http(HttpError::Tls { .. })), "{error:?}");
    // Elsewhere than on this host http is the caller's decision.
    let far = client("registry.example.invalid", "a");
    let error = far.fetch(&name(&far, ":v1")).unwrap_err();
    assert!(matches!(error, RegistryError::Http(HttpError::Unreachable { .. })), "{error:?}");
}

fn token_server(token: &'static str) -> Web {
    Web::serve(None, move |asked, wire| {
        let is_known = match asked.method.as_str() {
            "POST" => true,
            _ => asked.header("authorization").is_none_or(|value| value == "Basic dGVzdGVyOmh1bnRlcjI="),
        };
        if is_known {
            reply(wire, "200 OK", "Content-Type: application/json\r\n", &format!("{{\"token\":\"{token}\"}}"));
        } else {
            reply(wire, "401 Unauthorized", "", "");
        }
    })
}

/// A registry that takes a token of `realm` alone.
fn token_registry(realm: String) -> Web {
    Web::serve(None, move |asked, wire| {
        if asked.header("authorization") == Some("Bearer good") {
            reply(wire, "200 OK", "Docker-Content-Digest: x\r\n", r#"{"name":"a","tags":["v1"]}"#);
        } else {
            let challenge =
                format!("WWW-Authenticate: Bearer realm=\"{realm}/token\",service=\"test\",scope=\"x\"\r\n");
            reply(wire, "401 Unauthorized", &challenge, "");
        }
    })
}

fn host(web: &Web) -> &str {
    web.url.strip_prefix("http://").unwrap()
}

#[test]
fn a_token_is_fetched_once_and_for_this_repository() {
    let server = token_server("good");
    let web = token_registry(server.url.clone());
    let registry = with(host(&web), "org/a", Options::default(), password("tester", "hunter2"));
    assert_eq!(registry.tags().unwrap(), ["v1"]);
    assert_eq!(registry.tags().unwrap(), ["v1"]);
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].path, "/token?scope=repository%3Aorg%2Fa%3Apull&service=test");
    assert_eq!(asked[0].header("authorization"), Some("Basic dGVzdGVyOmh1bnRlcjI="));
    // The password is for the token server, the token for the registry.
    let sent: Vec<_> =
        web.asked().iter().filter_map(|asked| asked.header("authorization").map(str::to_owned)).collect();
    assert_eq!(sent, ["Bearer good", "Bearer good"]);
    // Anonymous tokens are asked for without a password.
    let anonymous = client(host(&web), "org/a");
    assert_eq!(anonymous.tags().unwrap(), ["v1"]);
    assert_eq!(server.asked()[1].header("authorization"), None);
}

#[test]
fn a_refresh_token_is_sent_in_a_form() {
    let server = token_server("good");
    let web = token_registry(server.url.clone());
    let identity = Credentials::given(Credential::Identity("refresh".into()));
    let registry = with(host(&web), "a", Options::default(), identity);
    assert_eq!(registry.tags().unwrap(), ["v1"]);
    let asked = &server.asked()[0];
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/token"));
    assert_eq!(asked.header("content-type"), Some("application/x-www-form-urlencoded"));
}

#[test]
fn a_token_that_is_refused_or_malformed_is_no_token() {
    for (token, expected) in
        [("bad", "image::access_denied"), ("", "registry::bad_challenge"), ("a b", "registry::bad_challenge")]
    {
        let server = token_server(token);
        let web = token_registry(server.url.clone());
        let registry = with(host(&web), "a", Options::default(), password("tester", "hunter2"));
        assert_eq!(code(&registry.tags().unwrap_err()), expected, "{token:?}");
    }
    let server = token_server("good");
    let web = token_registry(server.url.clone());
    let registry = with(host(&web), "a", Options::default(), password("tester", "other"));
    assert_eq!(code(&registry.tags().unwrap_err()), "image::access_denied");
    // A token that expired is replaced once.
    let odd = Web::serve(None, |_, wire| reply(wire, "401 Unauthorized", "WWW-Authenticate: Negotiate\r\n", ""));
    let registry = client(host(&odd), "a");
    assert_eq!(code(&registry.tags().unwrap_err()), "registry::bad_challenge");
}

/// A registry with encryption names a token server without: nothing is sent there.
#[test]
fn a_password_is_not_sent_without_encryption() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::create(dir.path());
    let server = token_server("good");
    let realm = server.url.clone();
    let web = Web::serve(Some(&authority), move |_, wire| {
        reply(wire, "401 Unauthorized", &format!("WWW-Authenticate: Bearer realm=\"{realm}/token\"\r\n"), "");
    });
    let http = http::Options { added_authorities: Some(authority.file), ..http::Options::default() };
    let host = web.url.strip_prefix("https://").unwrap();
    let registry = with(host, "a", Options { http, ..Options::default() }, password("tester", "hunter2"));
    assert_eq!(code(&registry.tags().unwrap_err()), "registry::bad_challenge");
    assert_eq!(server.asked().len(), 0);
}
