//! A server that lies about digests, sizes and media types, floods, or refuses.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http::HttpError;
use registry::{Credentials, Descriptor, Digest, OCI_INDEX, OCI_MANIFEST, Options, Platform, Registry, RegistryError};
use testkit::web::{Asked, Web, Wire, file, reply};

use crate::support::{LAYER, client, code, config, manifest, name, with};

fn of(web: &Web) -> Registry {
    client(web.url.strip_prefix("http://").unwrap(), "a")
}

fn serve(answer: impl Fn(&Asked, &mut dyn Wire) + Send + Sync + 'static) -> Web {
    Web::serve(None, answer)
}

/// A registry with one manifest, sent as `media_type` with these headers.
fn manifests(media_type: &'static str, headers: String, body: String) -> Web {
    serve(move |_, wire| reply(wire, "200 OK", &format!("Content-Type: {media_type}\r\n{headers}"), &body))
}

fn image() -> String {
    let config = Descriptor::of(LAYER, &config("amd64"));
    serde_json::to_string(&manifest(config, vec![])).unwrap()
}

#[test]
fn a_manifest_that_is_not_what_it_claims_to_be() {
    let other = Digest::of(b"other");
    let web = manifests(OCI_MANIFEST, format!("Docker-Content-Digest: {other}\r\n"), image());
    assert_eq!(code(&of(&web).fetch(&name(&of(&web), ":v1")).unwrap_err()), "registry::digest");
    // Asked for by digest, the digest that was asked for counts, whatever the header says.
    let web = manifests(OCI_MANIFEST, format!("Docker-Content-Digest: {other}\r\n"), image());
    let error = of(&web).fetch(&name(&of(&web), &format!("@{other}"))).unwrap_err();
    assert_eq!(code(&error), "registry::digest");
    for (media_type, body) in [
        (OCI_INDEX, image()),
        ("application/vnd.docker.distribution.manifest.v1+prettyjws", image()),
        ("text/html", "<html>log in</html>".to_owned()),
        (OCI_MANIFEST, "{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}".to_owned()),
        (OCI_MANIFEST, image().replace("sha256:", "sha256:../")),
        (OCI_MANIFEST, String::new()),
    ] {
        let web = manifests(media_type, String::new(), body);
        let error = of(&web).fetch(&name(&of(&web), ":v1")).unwrap_err();
        assert_eq!(code(&error), "registry::bad_document", "{media_type} {error}");
    }
}

/// An index whose entry has another size than it says, or is an index again.
#[test]
fn an_index_that_lies() {
    let serve_index = |size: u64, media_type: &'static str, inner: String| {
        let entry = Descriptor {
            platform: Some(Platform::linux("amd64")),
            size,
            ..Descriptor::of(OCI_MANIFEST, inner.as_bytes())
        };
        let index = registry::Index { manifests: vec![entry], ..registry::Index::empty() };
        let index = serde_json::to_string(&index).unwrap();
        serve(move |asked, wire| {
            let (media_type, body) =
                if asked.path.ends_with("/v1") { (OCI_INDEX, &index) } else { (media_type, &inner) };
            reply(wire, "200 OK", &format!("Content-Type: {media_type}\r\n"), body);
        })
    };
    let resolve = |web: &Web| of(web).resolve(&name(&of(web), ":v1"), &Platform::linux("amd64"));
    let right = serve_index(image().len() as u64, OCI_MANIFEST, image());
    assert!(resolve(&right).is_ok());
    let wrong_size = serve_index(1, OCI_MANIFEST, image());
    assert_eq!(code(&resolve(&wrong_size).unwrap_err()), "registry::digest");
    let inner = serde_json::to_string(&registry::Index::empty()).unwrap();
    let nested = serve_index(inner.len() as u64, OCI_INDEX, inner);
    assert_eq!(code(&resolve(&nested).unwrap_err()), "registry::bad_document");
}

#[test]
fn a_blob_that_is_not_what_it_claims_to_be() {
    let blob = |size: u64| Descriptor { size, ..Descriptor::of(LAYER, b"layer") };
    for body in ["lager", "layers", "laye"] {
        let web = serve(move |_, wire| reply(wire, "200 OK", "", body));
        let error = of(&web).bytes(&blob(5), 100).unwrap_err();
        assert_eq!(code(&error), "registry::digest", "{body}");
    }
    // The descriptor's size is the limit also where the length is not announced.
    let web = serve(|_, wire| {
        wire.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let block = vec![b'x'; 64 << 10];
        while wire.write_all(&block).is_ok() {}
    });
    let error = of(&web).bytes(&blob(5), 100).unwrap_err();
    assert_eq!(code(&error), "registry::digest");
    assert!(error.to_string().ends_with("it has more than 5 bytes"), "{error}");
    let web = serve(|_, wire| reply(wire, "206 Partial Content", "Content-Range: bytes 3-4/5\r\n", "er"));
    assert_eq!(code(&of(&web).blob_part(&blob(5), 0..2, &mut Vec::new()).unwrap_err()), "registry::digest");
}

/// Documents, lists and errors without end are cut off.
#[test]
fn floods_are_bounded() {
    let endless = |head: &'static str| {
        serve(move |_, wire| {
            wire.write_all(head.as_bytes()).unwrap();
            let block = vec![b' '; 64 << 10];
            while wire.write_all(&block).is_ok() {}
        })
    };
    let web = endless("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\n\r\n");
    assert_eq!(code(&of(&web).fetch(&name(&of(&web), ":v1")).unwrap_err()), "registry::too_large");
    assert_eq!(code(&of(&web).tags().unwrap_err()), "registry::too_large");
    let web = endless("HTTP/1.1 403 Forbidden\r\n\r\n");
    assert_eq!(code(&of(&web).tags().unwrap_err()), "image::access_denied");
    // A list whose next page is always there.
    let web = serve(|_, wire| {
        let tags: Vec<String> = (0..1000).map(|number| format!("\"t{number}\"")).collect();
        reply(
            wire,
            "200 OK",
            "Link: </v2/a/tags/list?last=x>; rel=\"next\"\r\n",
            &format!("{{\"tags\":[{}]}}", tags.join(",")),
        );
    });
    assert_eq!(code(&of(&web).tags().unwrap_err()), "registry::too_large");
    // The next page is on another server: it is not asked.
    let other = serve(|_, wire| reply(wire, "200 OK", "", "{\"tags\":[\"evil\"]}"));
    let target = other.url.clone();
    let web = serve(move |_, wire| {
        reply(wire, "200 OK", &format!("Link: <{target}/x>; rel=\"next\"\r\n"), "{\"tags\":[\"v1\",\"not a tag\"]}");
    });
    assert_eq!(of(&web).tags().unwrap(), ["v1"]);
    assert_eq!(other.asked().len(), 0);
}

#[test]
fn each_refusal_has_its_code() {
    let long =
        format!("{{\"errors\":[{{\"code\":\"DENIED\",\"message\":\"\\u001b[31mred\\n{}\"}}]}}", "x".repeat(5000));
    for (status, headers, body, expected) in [
        ("401 Unauthorized", "WWW-Authenticate: Basic realm=x\r\n", "", "image::access_denied"),
        ("401 Unauthorized", "", "", "registry::bad_challenge"),
        ("403 Forbidden", "", long.as_str(), "image::access_denied"),
        ("404 Not Found", "", "", "image::not_found"),
        (
            "429 Too Many Requests",
            "Retry-After: 30\r\n",
            "{\"errors\":[{\"code\":\"TOOMANYREQUESTS\"}]}",
            "registry::rate_limited",
        ),
        ("500 Internal Server Error", "", "", "registry::status"),
        ("418 I'm a teapot", "", "[]", "registry::status"),
    ] {
        let (headers, body) = (headers.to_owned(), body.to_owned());
        let web = serve(move |_, wire| reply(wire, status, &headers, &body));
        let error = of(&web).fetch(&name(&of(&web), ":v1")).unwrap_err();
        assert_eq!(code(&error), expected, "{status}");
        let shown = error.to_string();
        assert!(shown.len() < 500 && !shown.contains('\u{1b}') && !shown.contains('\n'), "{shown}");
        if let RegistryError::RateLimited { retry_after_s, .. } = error {
            assert_eq!(retry_after_s, Some(30));
        }
    }
}

/// What only reads is repeated after a failure of the server, what writes is not.
#[test]
fn a_failure_that_passes_is_survived() {
    let count = AtomicUsize::new(0);
    let web = serve(move |asked, wire| match count.fetch_add(1, Ordering::SeqCst) {
        0 | 1 if asked.method == "GET" => reply(wire, "503 Service Unavailable", "", ""),
        _ => reply(wire, "200 OK", "", "{\"tags\":[\"v1\"]}"),
    });
    assert_eq!(of(&web).tags().unwrap(), ["v1"]);
    let web = serve(|asked, wire| match asked.method.as_str() {
        "HEAD" => reply(wire, "404 Not Found", "", ""),
        _ => reply(wire, "503 Service Unavailable", "", ""),
    });
    assert_eq!(code(&of(&web).push_bytes(LAYER, b"x").unwrap_err()), "registry::status");
    assert_eq!(web.asked().iter().filter(|asked| asked.method == "POST").count(), 1);
}

/// A blob whose connection breaks is read on from there, with parts and without.
#[test]
fn a_blob_goes_on_where_it_broke() {
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    for has_parts in [true, false] {
        let (body, count) = (bytes.clone(), AtomicUsize::new(0));
        let web = serve(move |asked, wire| {
            if count.fetch_add(1, Ordering::SeqCst) == 0 {
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                wire.write_all(head.as_bytes()).unwrap();
                wire.write_all(&body[..100_000]).unwrap();
            } else if has_parts {
                file(asked, wire, &body, "\"1\"");
            } else {
                file(&Asked { headers: Vec::new(), ..asked.clone() }, wire, &body, "\"1\"");
            }
        });
        assert_eq!(of(&web).bytes(&Descriptor::of(LAYER, &bytes), 1 << 20).unwrap(), bytes);
        assert_eq!(web.asked()[1].range(), Some(100_000), "{has_parts}");
    }
    // One that gets no further is given up.
    let web = serve(|_, wire| {
        wire.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n").unwrap();
    });
    let error = of(&web).bytes(&Descriptor::of(LAYER, &bytes), 1 << 20).unwrap_err();
    assert!(matches!(error, RegistryError::Http(HttpError::Cut { .. })), "{error:?}");
}

#[test]
fn a_silent_registry_ends_with_the_limit_and_with_the_cancel() {
    let web = serve(|_, wire| {
        let mut byte = [0];
        while wire.read(&mut byte).is_ok_and(|read| read > 0) {}
    });
    let http = http::Options { silence: Duration::from_millis(300), ..http::Options::default() };
    let host = web.url.strip_prefix("http://").unwrap();
    let options = Options { plain_http: true, retries: 0, http, ..Options::default() };
    let registry = with(host, "a", options.clone(), Credentials::none());
    assert!(matches!(registry.tags(), Err(RegistryError::Http(HttpError::Silent { .. }))));
    let cancel = cancel::Cancel::new();
    let http = http::Options { cancel: cancel.clone(), ..http::Options::default() };
    let registry = with(host, "a", Options { http, retries: 5, ..options }, Credentials::none());
    let begin = Instant::now();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        cancel.cancel();
    });
    assert!(matches!(registry.tags(), Err(RegistryError::Http(HttpError::Cancelled))));
    assert!(begin.elapsed() < Duration::from_secs(10));
}
