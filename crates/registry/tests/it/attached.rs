//! What is attached to a manifest, by the tag schema and by the API.

use registry::{Descriptor, Digest, EMPTY, ImageManifest, Index, OCI_INDEX};
use testkit::web::{Web, reply};
use testkit::{RealRegistry, RegistrySetup};

use crate::support::{client, code, manifest, push_image};

fn artifact(config: Descriptor, kind: &str, subject: &Descriptor) -> ImageManifest {
    ImageManifest {
        artifact_type: Some(kind.into()),
        subject: Some(subject.clone()),
        ..manifest(config.clone(), vec![config])
    }
}

/// Debian's registry has no referrers API.
#[test]
fn the_tag_schema_lists_what_was_attached() {
    let dir = tempfile::tempdir().unwrap();
    let real = RealRegistry::start(dir.path(), &RegistrySetup::default());
    let registry = client(&real.host, "org/engine");
    let image = push_image(&registry, "amd64", b"1", "v1");
    assert_eq!(registry.referrers(&image.digest, None).unwrap(), []);
    let empty = registry.push_bytes(EMPTY, b"{}").unwrap();
    let first = registry.attach(&artifact(empty.clone(), "application/vnd.example.sbom", &image)).unwrap();
    let second = registry.attach(&artifact(empty.clone(), "application/vnd.example.proof", &image)).unwrap();
    assert!(!first.by_api && !second.by_api);
    // The same again changes nothing.
    registry.attach(&artifact(empty.clone(), "application/vnd.example.proof", &image)).unwrap();
    let digests = |kind: Option<&str>| {
        registry.referrers(&image.digest, kind).unwrap().into_iter().map(|found| found.digest).collect::<Vec<_>>()
    };
    assert_eq!(digests(None), [first.manifest.digest, second.manifest.digest.clone()]);
    assert_eq!(digests(Some("application/vnd.example.proof")), [second.manifest.digest]);
    assert!(registry.tags().unwrap().contains(&format!("sha256-{}", image.digest.hex())));
    let error = registry.attach(&manifest(empty, vec![])).unwrap_err();
    assert_eq!(code(&error), "registry::upload");
}

#[test]
fn the_api_is_used_where_there_is_one() {
    let entry = Descriptor { artifact_type: Some("x/y".into()), ..Descriptor::of("m/t", b"1") };
    let index = serde_json::to_string(&Index { manifests: vec![entry.clone()], ..Index::empty() }).unwrap();
    let web = Web::serve(None, move |asked, wire| match asked.method.as_str() {
        "PUT" => reply(wire, "201 Created", "OCI-Subject: yes\r\n", ""),
        _ if asked.path.contains("/referrers/") => {
            reply(wire, "200 OK", &format!("Content-Type: {OCI_INDEX}\r\n"), &index);
        }
        _ => reply(wire, "404 Not Found", "", ""),
    });
    let registry = client(web.url.strip_prefix("http://").unwrap(), "a");
    let subject = Digest::of(b"subject");
    assert_eq!(registry.referrers(&subject, None).unwrap(), std::slice::from_ref(&entry));
    assert_eq!(registry.referrers(&subject, Some("x/z")).unwrap(), []);
    let attached = registry.attach(&artifact(entry.clone(), "x/y", &entry)).unwrap();
    assert!(attached.by_api);
    assert_eq!(web.asked().iter().filter(|asked| asked.method == "PUT").count(), 1);
}
