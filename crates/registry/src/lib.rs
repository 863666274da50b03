//! A small blocking client for OCI registries, as the
//! [distribution specification](https://github.com/opencontainers/distribution-spec/blob/main/spec.md) has them.
//!
//! The rules: a name is complete or refused; nothing is handed out whose digest and size were not checked; every document, list and wait is
//! bounded; a credential goes to the registry that it is for and to the token server that this registry names, by https or on this host, and
//! never on to where a redirect leads; http is used on this host, or where the caller says so.
//!
//! ```no_run
//! use registry::{Credentials, Options, Platform, Reference, Registry};
//!
//! let image: Reference = "ghcr.io/ggml-org/llama.cpp:server-cuda".parse()?;
//! let registry = Registry::new(image.repository().clone(), Options::default(), Credentials::none())?;
//! let resolved = registry.resolve(&image, &Platform::linux("amd64"))?;
//! let config = registry.bytes(&resolved.manifest.config, 8 << 20)?;
//! println!("{} is {}, {} bytes in {} layers", image, resolved.digest, resolved.layer_bytes(), resolved.manifest.layers.len());
//! # Ok::<(), registry::RegistryError>(())
//! ```

mod auth;
mod client;
mod digest;
mod error;
mod manifest;
mod reference;

pub use auth::credentials::{Credential, Credentials};
pub use client::Registry;
pub use client::options::Options;
pub use client::push::Attached;
pub use client::resolve::{Fetched, Resolved};
pub use digest::{Digest, NoDigest};
pub use error::RegistryError;
pub use manifest::{
    DOCKER_INDEX, DOCKER_MANIFEST, Descriptor, Document, EMPTY, ImageManifest, Index, OCI_CONFIG, OCI_INDEX,
    OCI_MANIFEST, Platform,
};
pub use reference::{Reference, Repository};
