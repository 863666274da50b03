//! What is sent, what is trusted, and what comes back.

use std::io::Write;

use http::{Client, HttpError, Method, Options, Plain, Proxies, Request, Secret, Url};
use testkit::web::{Authority, Web, reply};

fn plain() -> Client {
    Client::new(Options { plain: Plain::Loopback, ..Options::default() }).unwrap()
}

fn get(client: &Client, url: &str) -> Result<http::Answer, HttpError> {
    client.send(&Request::get(Url::parse(url).unwrap()))
}

#[test]
fn a_status_is_an_answer() {
    let web = Web::serve(None, |asked, wire| match asked.path.as_str() {
        "/there" => reply(wire, "200 OK", "X-Kind: good\r\n", "yes"),
        _ => reply(wire, "404 Not Found", "", "no"),
    });
    let mut there = get(&plain(), &format!("{}/there", web.url)).unwrap();
    assert_eq!((there.status(), there.length(), there.header("x-kind")), (200, Some(3), Some("good")));
    assert_eq!(there.bytes(3).unwrap(), b"yes");
    let mut absent = get(&plain(), &format!("{}/absent", web.url)).unwrap();
    assert_eq!((absent.status(), absent.bytes(9).unwrap()), (404, b"no".to_vec()));
    let asked = web.asked();
    assert!(asked[0].header("user-agent").unwrap().starts_with("engine-provisioner/"));
    assert_eq!(asked[0].header("authorization"), None);
}

#[test]
fn a_body_is_sent_with_its_length() {
    let web = Web::serve(None, |asked, wire| {
        let length: usize = asked.header("content-length").unwrap().parse().unwrap();
        let mut body = vec![0; length];
        wire.read_exact(&mut body).unwrap();
        reply(wire, "201 Created", "", &format!("{} {} {}", asked.method, length, body.iter().all(|byte| *byte == 7)));
    });
    let request = Request::new(Method::Put, Url::parse(&format!("{}/x", web.url)).unwrap());
    let mut answer = plain().send_body(&request, 100_000, &mut &vec![7; 100_000][..]).unwrap();
    assert_eq!((answer.status(), answer.bytes(99).unwrap()), (201, b"PUT 100000 true".to_vec()));
}

#[test]
fn only_a_trusted_certificate_is_talked_to() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::create(dir.path());
    let web = Web::serve(Some(&authority), |_, wire| reply(wire, "200 OK", "", "secret"));
    let untrusting = Client::new(Options::default()).unwrap();
    let error = get(&untrusting, &web.url).unwrap_err();
    assert!(matches!(error, HttpError::Tls { .. }), "{error:?}");
    assert!(web.asked().is_empty());
    // An extra authority, and the operator's own list.
    for options in [
        Options { added_authorities: Some(authority.file.clone()), ..Options::default() },
        Options::from_env(|name| (name == "SSL_CERT_FILE").then(|| authority.file.display().to_string())).unwrap(),
    ] {
        let trusting = Client::new(options).unwrap();
        assert_eq!(get(&trusting, &web.url).unwrap().bytes(9).unwrap(), b"secret");
        // The certificate names 127.0.0.1 and localhost, and no other.
        let other = web.url.replace("127.0.0.1", "127.0.0.2");
        let error = get(&trusting, &other).unwrap_err();
        assert!(matches!(error, HttpError::Tls { .. } | HttpError::Unreachable { .. }), "{error:?}");
    }
}

#[test]
fn a_list_of_authorities_that_is_none_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ca.pem");
    for content in [None, Some("no certificate"), Some("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n")] {
        if let Some(content) = content {
            std::fs::File::create(&path).unwrap().write_all(content.as_bytes()).unwrap();
        }
        let error = Client::new(Options { authorities: Some(path.clone()), ..Options::default() }).unwrap_err();
        assert!(matches!(&error, HttpError::BadCa { .. }) && error.to_string().contains("ca.pem"), "{error:?}");
    }
}

#[test]
fn nothing_is_asked_without_encryption_unless_it_is_allowed() {
    let web = Web::serve(None, |_, wire| reply(wire, "200 OK", "", ""));
    let error = get(&Client::new(Options::default()).unwrap(), &web.url).unwrap_err();
    assert!(matches!(error, HttpError::PlainHttp { .. }), "{error:?}");
    let elsewhere = get(&plain(), "http://192.0.2.1/x").unwrap_err();
    assert!(matches!(elsewhere, HttpError::PlainHttp { .. }), "{elsewhere:?}");
    assert!(web.asked().is_empty());
}

/// A proxy sees the name of an https server and never what is asked of it.
#[test]
fn https_passes_a_proxy_by_connect() {
    let web = Web::serve(None, |asked, wire| {
        assert_eq!(asked.method, "CONNECT");
        reply(wire, "403 Forbidden", "", "");
    });
    let proxies = Proxies::from_env(|name| (name == "https_proxy").then(|| web.url.clone())).unwrap();
    let client = Client::new(Options { proxies, ..Options::default() }).unwrap();
    let request = Request::get(Url::parse("https://example.invalid/private?token=1").unwrap());
    let error = client.send(&request.authorization(Secret::new("Bearer hunter2"))).unwrap_err();
    assert!(matches!(error, HttpError::Unreachable { .. }), "{error:?}");
    let asked = web.asked();
    assert_eq!((asked[0].path.as_str(), asked.len()), ("example.invalid:443", 1));
    assert!(!format!("{asked:?}").contains("hunter2") && !format!("{asked:?}").contains("token"));
}

#[test]
fn a_server_that_is_not_there_is_unreachable() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = get(&plain(), &format!("http://127.0.0.1:{port}/")).unwrap_err();
    assert!(matches!(error, HttpError::Unreachable { .. }) && error.is_transient(), "{error:?}");
}
