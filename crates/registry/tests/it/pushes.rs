//! What is written to a real registry, and to one that loses connections.

use std::io::Cursor;
use std::sync::Mutex;

use registry::{Credentials, Descriptor, Options};
use testkit::web::{Web, reply};
use testkit::{RealRegistry, RegistrySetup};

use crate::support::{LAYER, client, code, config, manifest, with};

fn bytes(length: usize) -> Vec<u8> {
    (0..=255).cycle().map(|byte: u8| byte.wrapping_mul(7)).take(length).collect()
}

#[test]
fn a_blob_goes_in_chunks_and_only_once() {
    let dir = tempfile::tempdir().unwrap();
    let real = RealRegistry::start(dir.path(), &RegistrySetup::default());
    let options = Options { chunk_bytes: 1000, ..Options::default() };
    let registry = with(&real.host, "a", options, Credentials::none());
    for length in [0, 1, 1000, 3500] {
        let bytes = bytes(length);
        let blob = Descriptor::of(LAYER, &bytes);
        assert!(!registry.has_blob(&blob.digest).unwrap());
        registry.push_blob(&blob, &mut Cursor::new(&bytes)).unwrap();
        assert_eq!(registry.bytes(&blob, 4000).unwrap(), bytes, "{length}");
    }
    let patches = |real: &RealRegistry| real.asked().iter().filter(|asked| asked.starts_with("PATCH")).count();
    assert_eq!(patches(&real), 1 + 1 + 4);
    registry.push_blob(&Descriptor::of(LAYER, &bytes(3500)), &mut Cursor::new(bytes(3500))).unwrap();
    assert_eq!(patches(&real), 6);
}

#[test]
fn what_was_sent_is_what_was_announced() {
    let dir = tempfile::tempdir().unwrap();
    let real = RealRegistry::start(dir.path(), &RegistrySetup::default());
    let registry = client(&real.host, "a");
    let blob = Descriptor::of(LAYER, b"right");
    let error = registry.push_blob(&blob, &mut Cursor::new(b"wrong")).unwrap_err();
    assert_eq!(code(&error), "registry::upload");
    assert!(!registry.has_blob(&blob.digest).unwrap());
    // A manifest whose blobs are not there is refused by the registry.
    let absent = Descriptor::of(LAYER, &config("amd64"));
    let error = registry.push_manifest(&manifest(absent, vec![]), Some("v1")).unwrap_err();
    assert_eq!(code(&error), "registry::status");
    assert!(error.to_string().contains("MANIFEST_BLOB_UNKNOWN"), "{error}");
    let config = registry.push_bytes(LAYER, b"c").unwrap();
    assert_eq!(
        code(&registry.push_manifest(&manifest(config, vec![]), Some("a/b")).unwrap_err()),
        "registry::bad_reference"
    );
}

/// A connection that breaks in the middle of a chunk: the registry is asked how far it is, and the rest is sent.
#[test]
fn an_upload_goes_on_where_it_broke() {
    let stored = std::sync::Arc::new(Mutex::new((Vec::new(), 0)));
    let state = stored.clone();
    let web = Web::serve(None, move |asked, wire| {
        let (data, patches) = &mut *state.lock().unwrap();
        let length = asked.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0_usize);
        let range =
            |data: &[u8]| format!("Range: 0-{}\r\nLocation: /v2/a/blobs/uploads/1?state=x\r\n", data.len().max(1) - 1);
        match asked.method.as_str() {
            "HEAD" => reply(wire, "404 Not Found", "", ""),
            "POST" => reply(wire, "202 Accepted", "Location: /v2/a/blobs/uploads/1\r\n", ""),
            "PATCH" => {
                *patches += 1;
                // Of the second chunk one half arrives, and no answer.
                let take = if *patches == 2 { length / 2 } else { length };
                let mut chunk = vec![0; take];
                wire.read_exact(&mut chunk).unwrap();
                data.extend(chunk);
                if *patches != 2 {
                    reply(wire, "202 Accepted", &range(data), "");
                }
            }
            "GET" if asked.path.starts_with("/v2/a/blobs/uploads/1") => reply(wire, "204 No Content", &range(data), ""),
            "PUT" => reply(wire, "201 Created", "", ""),
            _ => reply(wire, "200 OK", "", ""),
        }
    });
    let host = web.url.strip_prefix("http://").unwrap();
    let registry = with(host, "a", Options { chunk_bytes: 4000, ..Options::default() }, Credentials::none());
    let bytes = bytes(10_000);
    registry.push_blob(&Descriptor::of(LAYER, &bytes), &mut Cursor::new(&bytes)).unwrap();
    assert_eq!(stored.lock().unwrap().0, bytes);
    let ranges: Vec<_> = web
        .asked()
        .iter()
        .filter(|asked| asked.method == "PATCH")
        .map(|asked| asked.header("content-range").unwrap().to_owned())
        .collect();
    assert_eq!(ranges, ["0-3999", "4000-7999", "6000-9999"]);
}
