//! What is read from a real registry.

use registry::{OCI_INDEX, Platform, RegistryError};
use testkit::{RealRegistry, RegistrySetup};

use crate::support::{client, code, config, name, push_image, push_two};

#[test]
fn an_index_leads_to_the_image_of_a_machine() {
    let dir = tempfile::tempdir().unwrap();
    let real = RealRegistry::start(dir.path(), &RegistrySetup::default());
    let registry = client(&real.host, "org/engine");
    let index = push_two(&registry, "v1");
    let tag = name(&registry, ":v1");
    let resolved = registry.resolve(&tag, &Platform::linux("arm64")).unwrap();
    assert_eq!(resolved.digest, index.digest);
    assert_ne!(resolved.manifest_digest, index.digest);
    assert_eq!(registry.bytes(&resolved.manifest.config, 1 << 20).unwrap(), config("arm64"));
    assert_eq!((resolved.layer_bytes(), resolved.bytes_read > 0), (5, true));
    // By the digest that the tag is, the same image.
    let pinned = name(&registry, &format!("@{}", index.digest));
    assert_eq!(registry.resolve(&pinned, &Platform::linux("arm64")).unwrap(), resolved);
    let seen = registry.look_up(&tag).unwrap().unwrap();
    assert_eq!((seen.digest, seen.media_type.as_str()), (index.digest, OCI_INDEX));
    let error = registry.resolve(&tag, &Platform::linux("riscv64")).unwrap_err();
    assert_eq!(code(&error), "registry::no_platform");
    assert!(
        error.to_string().ends_with("has no image for linux/riscv64: there are linux/amd64, linux/arm64"),
        "{error}"
    );
    // Nothing of a layer was asked for.
    assert!(
        !real
            .asked()
            .iter()
            .any(|asked| asked.starts_with("GET") && asked.contains(registry::Digest::of(b"arm64").hex()))
    );
}

#[test]
fn a_tag_that_moved_and_one_that_never_was() {
    let dir = tempfile::tempdir().unwrap();
    let real = RealRegistry::start(dir.path(), &RegistrySetup::default());
    let registry = client(&real.host, "a");
    let (first, latest) = (push_image(&registry, "amd64", b"1", "latest"), name(&registry, ":latest"));
    let second = push_image(&registry, "amd64", b"2", "latest");
    assert_eq!(registry.fetch(&latest).unwrap().digest, second.digest);
    assert_eq!(registry.fetch(&name(&registry, &format!("@{}", first.digest))).unwrap().digest, first.digest);
    let missing = name(&registry, ":missing");
    assert_eq!(registry.look_up(&missing).unwrap(), None);
    let error = registry.fetch(&missing).unwrap_err();
    assert_eq!(code(&error), "image::not_found");
    assert!(error.to_string().contains("`127.0.0.1:") && error.to_string().contains("MANIFEST_UNKNOWN"), "{error}");
    let elsewhere = client(&real.host, "b");
    assert!(matches!(elsewhere.fetch(&latest), Err(RegistryError::BadReference { .. })));
    assert_eq!(code(&elsewhere.tags().unwrap_err()), "image::not_found");
}

#[test]
fn tags_are_listed_page_by_page() {
    let dir = tempfile::tempdir().unwrap();
    let real = RealRegistry::start(dir.path(), &RegistrySetup::default());
    let registry = client(&real.host, "a");
    let mut expected: Vec<String> = (0..30).map(|number| format!("t{number:02}")).collect();
    for tag in &expected {
        push_image(&registry, "amd64", b"1", tag);
    }
    let mut tags = registry.tags().unwrap();
    tags.sort();
    expected.sort();
    assert_eq!(tags, expected);
}

#[test]
fn a_part_of_a_blob() {
    let dir = tempfile::tempdir().unwrap();
    let real = RealRegistry::start(dir.path(), &RegistrySetup::default());
    let registry = client(&real.host, "a");
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let blob = registry.push_bytes("application/octet-stream", &bytes).unwrap();
    let mut part = Vec::new();
    registry.blob_part(&blob, 70_000..70_010, &mut part).unwrap();
    assert_eq!(part, bytes[70_000..70_010]);
    registry.blob_part(&blob, 5..5, &mut part).unwrap();
    assert_eq!(part.len(), 10);
    assert!(registry.blob_part(&blob, 200_000..200_001, &mut part).is_err());
    assert_eq!(registry.bytes(&blob, 100_000).unwrap(), bytes);
    assert_eq!(code(&registry.bytes(&blob, 99_999).unwrap_err()), "registry::too_large");
}
