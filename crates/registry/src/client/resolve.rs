//! Manifests: what a tag or digest names, checked against its digest, and the one for a machine.

use http::{HttpError, Method};

use super::Registry;
use crate::error::printable;
use crate::manifest::{DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST};
use crate::{Descriptor, Digest, Document, ImageManifest, Platform, Reference, RegistryError};

/// No manifest is larger, in bytes: the limit that the specification asks registries to accept.
const LARGEST: u64 = 4 << 20;

/// A document of a registry whose digest was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Its digest.
    pub digest: Digest,
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it says.
    pub document: Document,
}

/// The image that a name means on one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The digest of what the name names: an index, or the manifest itself. This is what a tag is compared by.
    pub digest: Digest,
    /// The digest of the manifest.
    pub manifest_digest: Digest,
    /// The manifest.
    pub manifest: ImageManifest,
    /// Bytes of all documents that were read for it.
    pub bytes_read: u64,
}

impl Resolved {
    /// The size of all layers as they are sent, in bytes.
    pub fn layer_bytes(&self) -> u64 {
        self.manifest.layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.size))
    }
}

impl Registry {
    /// The document that a name means: an image or an index.
    ///
    /// # Errors
    /// `image::not_found`, `image::access_denied`, `registry::*`, `download::*`.
    pub fn fetch(&self, reference: &Reference) -> Result<Fetched, RegistryError> {
        if reference.repository() != self.repository() {
            return Err(RegistryError::bad_reference(&reference.to_string(), "it is of another repository"));
        }
        self.document(&reference.selector(), reference.digest(), &format!("`{reference}`"))
    }

    /// The image that a name means on a machine. Of an index the manifest for that machine is read; an image of one machine is not
    /// compared with it, because only its configuration says which one it is.
    ///
    /// # Errors
    /// `registry::no_platform`, and those of [`Registry::fetch`].
    pub fn resolve(&self, reference: &Reference, platform: &Platform) -> Result<Resolved, RegistryError> {
        let named = self.fetch(reference)?;
        let mut bytes_read = named.bytes.len() as u64;
        let index = match named.document {
            Document::Image(manifest) => {
                let (digest, manifest_digest) = (named.digest.clone(), named.digest);
                return Ok(Resolved { digest, manifest_digest, manifest: *manifest, bytes_read });
            }
            Document::Index(index) => index,
        };
        let chosen = index.for_platform(platform).ok_or_else(|| RegistryError::NoPlatform {
            image: format!("`{reference}`"),
            wanted: platform.to_string(),
            available: index.platforms(),
        })?;
        let what = format!("the manifest of `{reference}` for {platform}");
        let fetched = self.document(&chosen.digest.to_string(), Some(&chosen.digest), &what)?;
        bytes_read += fetched.bytes.len() as u64;
        if fetched.bytes.len() as u64 != chosen.size {
            let why = format!("its index says {} bytes, and it has {}", chosen.size, fetched.bytes.len());
            return Err(RegistryError::Digest { registry: self.repository().registry().to_owned(), what, why });
        }
        match fetched.document {
            Document::Image(manifest) => {
                Ok(Resolved { digest: named.digest, manifest_digest: fetched.digest, manifest: *manifest, bytes_read })
            }
            Document::Index(_) => Err(self.bad_document(&what, "it is an index inside of an index".into())),
        }
    }

    /// What a tag or digest is now: digest, size and media type, without reading it. `None` where it does not exist. The digest is the
    /// registry's word; [`Registry::fetch`] checks it.
    ///
    /// # Errors
    /// Those of [`Registry::fetch`], apart from `image::not_found`.
    pub fn look_up(&self, reference: &Reference) -> Result<Option<Descriptor>, RegistryError> {
        let url = self.url(&format!("manifests/{}", reference.selector()))?;
        let answer = self.read(Method::Head, &url, &[("accept", accepted())])?;
        if answer.status() == 404 {
            return Ok(None);
        }
        let answer = self.expect(answer, &[200], &format!("`{reference}`"))?;
        let digest = answer.header("docker-content-digest").and_then(Digest::parse);
        let Some(digest) = digest else { return Ok(Some(self.fetch(reference).map(|fetched| descriptor(&fetched))?)) };
        Ok(Some(Descriptor {
            media_type: answer.header("content-type").map(printable).unwrap_or_default(),
            digest,
            size: answer.length().unwrap_or_default(),
            artifact_type: None,
            annotations: None,
            platform: None,
        }))
    }

    /// A document by tag or digest; `expected` is compared with what arrived.
    pub(crate) fn document(
        &self,
        selector: &str,
        expected: Option<&Digest>,
        what: &str,
    ) -> Result<Fetched, RegistryError> {
        let url = self.url(&format!("manifests/{selector}"))?;
        let answer = self.read(Method::Get, &url, &[("accept", accepted())])?;
        let mut answer = self.expect(answer, &[200], what)?;
        let media_type = answer.header("content-type").unwrap_or_default().to_owned();
        let announced = answer.header("docker-content-digest").map(str::to_owned);
        let bytes = answer.bytes(LARGEST).map_err(|error| self.too_large(error, what))?;
        let digest = Digest::of(&bytes);
        let announced = announced.as_deref().and_then(Digest::parse);
        if let Some(other) = expected.or(announced.as_ref()).filter(|other| **other != digest) {
            let (registry, what) = (self.repository().registry().to_owned(), what.to_owned());
            return Err(RegistryError::Digest { registry, what, why: format!("its digest is {digest}, not {other}") });
        }
        let document = Document::parse(&media_type, &bytes).map_err(|why| self.bad_document(what, printable(&why)))?;
        let media_type = media_type.split(';').next().unwrap_or_default().trim().to_owned();
        Ok(Fetched { digest, media_type, bytes, document })
    }

    pub(crate) fn bad_document(&self, what: &str, why: String) -> RegistryError {
        RegistryError::BadDocument { registry: self.repository().registry().to_owned(), what: what.to_owned(), why }
    }

    pub(crate) fn too_large(&self, error: HttpError, what: &str) -> RegistryError {
        match error {
            HttpError::TooLarge { limit, .. } => RegistryError::TooLarge {
                registry: self.repository().registry().to_owned(),
                what: what.to_owned(),
                limit,
                unit: "bytes",
            },
            other => other.into(),
        }
    }
}

pub(crate) fn descriptor(fetched: &Fetched) -> Descriptor {
    Descriptor::of(&fetched.media_type, &fetched.bytes)
}

fn accepted() -> String {
    [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_INDEX].join(", ")
}
