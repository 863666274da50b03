//! What the tests share: clients, and images made of a few bytes.

use registry::{
    Credential, Credentials, Descriptor, ImageManifest, Index, OCI_CONFIG, OCI_MANIFEST, Options, Platform, Reference,
    Registry,
};
use testkit::{REGISTRY_PASSWORD, REGISTRY_USER};

pub(crate) const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// A client without a log-in for a repository of a host.
pub(crate) fn client(host: &str, path: &str) -> Registry {
    with(host, path, Options::default(), Credentials::none())
}

pub(crate) fn with(host: &str, path: &str, options: Options, credentials: Credentials) -> Registry {
    Registry::new(format!("{host}/{path}").parse().unwrap(), options, credentials).unwrap()
}

pub(crate) fn login() -> Credentials {
    password(REGISTRY_USER, REGISTRY_PASSWORD)
}

pub(crate) fn password(user: &str, password: &str) -> Credentials {
    Credentials::given(Credential::Password { user: user.into(), password: password.into() })
}

/// A name in a client's repository.
pub(crate) fn name(registry: &Registry, tag: &str) -> Reference {
    format!("{}{tag}", registry.repository()).parse().unwrap()
}

pub(crate) fn config(architecture: &str) -> Vec<u8> {
    format!(
        r#"{{"architecture":"{architecture}","os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":[]}}}}"#
    )
    .into_bytes()
}

pub(crate) fn manifest(config: Descriptor, layers: Vec<Descriptor>) -> ImageManifest {
    ImageManifest {
        schema_version: 2,
        media_type: Some(OCI_MANIFEST.into()),
        artifact_type: None,
        config,
        layers,
        subject: None,
        annotations: None,
    }
}

/// Uploads an image of one layer under a tag.
pub(crate) fn push_image(registry: &Registry, architecture: &str, layer: &[u8], tag: &str) -> Descriptor {
    let config = registry.push_bytes(OCI_CONFIG, &config(architecture)).unwrap();
    let layer = registry.push_bytes(LAYER, layer).unwrap();
    registry.push_manifest(&manifest(config, vec![layer]), Some(tag)).unwrap()
}

/// Uploads an index of two machines under a tag.
pub(crate) fn push_two(registry: &Registry, tag: &str) -> Descriptor {
    let of = |architecture: &str| Descriptor {
        platform: Some(Platform::linux(architecture)),
        ..push_image(registry, architecture, architecture.as_bytes(), architecture)
    };
    let index = Index { manifests: vec![of("amd64"), of("arm64")], ..Index::empty() };
    registry.push_index(&index, tag).unwrap()
}

pub(crate) fn code(error: &registry::RegistryError) -> String {
    miette::Diagnostic::code(error).unwrap().to_string()
}
