//! Blobs that are elsewhere: no credential goes along.

use registry::{Credentials, Descriptor, Options};
use testkit::web::{Web, reply};

use crate::support::{LAYER, code, password, with};

fn host(web: &Web) -> &str {
    web.url.strip_prefix("http://").unwrap()
}

/// A registry with a log-in that sends everything to another server.
fn redirecting(target: String) -> Web {
    Web::serve(None, move |asked, wire| match asked.header("authorization") {
        None => reply(wire, "401 Unauthorized", "WWW-Authenticate: Basic realm=x\r\n", ""),
        Some(_) => {
            reply(wire, "307 Temporary Redirect", &format!("Location: {target}{}?signature=s\r\n", asked.path), "");
        }
    })
}

#[test]
fn a_blob_comes_from_elsewhere_without_the_credential() {
    let elsewhere = Web::serve(None, |_, wire| reply(wire, "200 OK", "", "layer"));
    let web = redirecting(elsewhere.url.clone());
    let registry = with(host(&web), "a", Options::default(), password("tester", "hunter2"));
    assert_eq!(registry.bytes(&Descriptor::of(LAYER, b"layer"), 10).unwrap(), b"layer");
    let asked = &elsewhere.asked()[0];
    assert_eq!((asked.header("authorization"), asked.path.ends_with("?signature=s")), (None, true));
}

/// The other server asks for a password of its own: it gets none.
#[test]
fn a_challenge_from_elsewhere_is_not_answered() {
    let elsewhere =
        Web::serve(None, |_, wire| reply(wire, "401 Unauthorized", "WWW-Authenticate: Basic realm=phish\r\n", ""));
    let web = redirecting(elsewhere.url.clone());
    let registry = with(host(&web), "a", Options::default(), password("tester", "hunter2"));
    let error = registry.bytes(&Descriptor::of(LAYER, b"layer"), 10).unwrap_err();
    assert_eq!(code(&error), "image::access_denied");
    assert!(elsewhere.asked().iter().all(|asked| asked.header("authorization").is_none()));
    assert!(!error.to_string().contains("signature"), "{error}");
}

/// An upload that is sent elsewhere goes without the credential.
#[test]
fn an_upload_goes_elsewhere_without_the_credential() {
    let elsewhere = Web::serve(None, |_, wire| reply(wire, "201 Created", "", ""));
    let target = elsewhere.url.clone();
    let web = Web::serve(None, move |asked, wire| match (asked.method.as_str(), asked.header("authorization")) {
        (_, None) => reply(wire, "401 Unauthorized", "WWW-Authenticate: Basic realm=x\r\n", ""),
        ("POST", _) => reply(wire, "202 Accepted", &format!("Location: {target}/up?s=1\r\n"), ""),
        _ => reply(wire, "404 Not Found", "", ""),
    });
    let registry = with(host(&web), "a", Options::default(), password("tester", "hunter2"));
    let blob = registry.push_bytes(LAYER, b"layer").unwrap();
    let asked = &elsewhere.asked()[0];
    assert_eq!(asked.path, format!("/up?s=1&digest={}", blob.digest));
    assert_eq!((asked.method.as_str(), asked.header("authorization")), ("PUT", None));
}

/// A proxy is asked where the environment names one; this host never is.
#[test]
fn a_registry_is_asked_through_the_proxy() {
    let proxy = Web::serve(None, |_, wire| reply(wire, "502 Bad Gateway", "", ""));
    let proxies = http::Proxies::from_env(|name| (name == "http_proxy").then(|| proxy.url.clone())).unwrap();
    let http = http::Options { proxies, ..http::Options::default() };
    let options = Options { http, plain_http: true, retries: 0, ..Options::default() };
    let registry = with("registry.example.invalid:5000", "a", options, Credentials::none());
    assert!(registry.tags().is_err());
    assert!(proxy.asked()[0].path.contains("registry.example.invalid:5000"), "{:?}", proxy.asked());
}
