//! Uploads: small blobs at once, large ones in chunks that go on where a connection broke, manifests last.

use http::{Answer, Method, Url};

use super::blobs::name;
use super::lists::tag_of;
use super::{Ask, Body, PUSH, Registry, Source};
use crate::manifest::{OCI_INDEX, OCI_MANIFEST};
use crate::reference::is_tag;
use crate::{Descriptor, Digest, ImageManifest, Index, RegistryError};

/// How often the list of the tag schema is written again where another writer replaced it.
const RACES: u32 = 5;

/// A manifest that was attached to another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// The manifest.
    pub manifest: Descriptor,
    /// Whether the registry keeps the list itself; otherwise it was written by the tag schema.
    pub by_api: bool,
}

impl Registry {
    /// Whether the repository has a blob.
    ///
    /// # Errors
    /// `image::access_denied`, `registry::*`, `download::*`.
    pub fn has_blob(&self, digest: &Digest) -> Result<bool, RegistryError> {
        let answer = self.read(Method::Head, &self.url(&format!("blobs/{digest}"))?, &[])?;
        if answer.status() == 404 {
            return Ok(false);
        }
        self.expect(answer, &[200], &format!("the blob {digest}")).map(|_| true)
    }

    /// Uploads a small blob with one request; nothing where the repository has it.
    ///
    /// # Errors
    /// `registry::upload`, `image::access_denied`, `registry::*`, `download::*`.
    pub fn push_bytes(&self, media_type: &str, bytes: &[u8]) -> Result<Descriptor, RegistryError> {
        let descriptor = Descriptor::of(media_type, bytes);
        if !self.has_blob(&descriptor.digest)? {
            let location = self.begin(&name(&descriptor))?;
            self.finish(&location, &descriptor, Body::Bytes(bytes))?;
        }
        Ok(descriptor)
    }

    /// Uploads a blob in chunks; nothing where the repository has it. After a failure that may pass the registry is asked how much
    /// arrived, and the upload goes on from there.
    ///
    /// # Errors
    /// `registry::upload` also where `source` does not have the descriptor's digest; else as [`Registry::push_bytes`].
    pub fn push_blob<S: std::io::Read + std::io::Seek>(
        &self,
        descriptor: &Descriptor,
        source: &mut S,
    ) -> Result<(), RegistryError> {
        if self.has_blob(&descriptor.digest)? {
            return Ok(());
        }
        let what = name(descriptor);
        let (mut location, mut at, mut left) = (self.begin(&what)?, 0, self.options.retries);
        while at < descriptor.size {
            match self.chunk(&location, descriptor, at, source) {
                Ok((next, arrived)) => (location, at) = (next, arrived),
                Err(error) if error.is_transient() && left > 0 => {
                    left -= 1;
                    tracing::debug!(%what, at, %error, "resumed");
                    (location, at) = match self.progress(&location)? {
                        Some(progress) => progress,
                        None => (self.begin(&what)?, 0),
                    };
                }
                Err(error) => return Err(error),
            }
        }
        self.finish(&location, descriptor, Body::None)
    }

    /// Uploads a manifest, by its digest or under a tag. Its blobs must be there.
    ///
    /// # Errors
    /// As [`Registry::push_bytes`].
    pub fn push_manifest(&self, manifest: &ImageManifest, tag: Option<&str>) -> Result<Descriptor, RegistryError> {
        let bytes = self.written(manifest)?;
        self.put(OCI_MANIFEST, &bytes, tag).map(|(descriptor, _)| descriptor)
    }

    /// Uploads an index under a tag. Its manifests must be there.
    ///
    /// # Errors
    /// As [`Registry::push_bytes`].
    pub fn push_index(&self, index: &Index, tag: &str) -> Result<Descriptor, RegistryError> {
        let bytes = self.written(index)?;
        self.put(OCI_INDEX, &bytes, Some(tag)).map(|(descriptor, _)| descriptor)
    }

    /// Uploads a manifest that names a subject, and makes sure that it is listed there: a registry without the referrers API gets the list
    /// of the tag schema, which is read again after it was written, because two writers can replace each other's.
    ///
    /// # Errors
    /// `registry::upload` where the manifest names no subject, or other writers win every time; else as [`Registry::push_bytes`].
    pub fn attach(&self, manifest: &ImageManifest) -> Result<Attached, RegistryError> {
        let failed = |why: &str| self.not_taken("the attachment", why);
        let subject = manifest.subject.as_ref().ok_or_else(|| failed("it names no subject"))?.digest.clone();
        let bytes = self.written(manifest)?;
        let (put, by_api) = self.put(OCI_MANIFEST, &bytes, None)?;
        let entry = Descriptor {
            artifact_type: manifest.artifact_type.clone().or_else(|| Some(manifest.config.media_type.clone())),
            annotations: manifest.annotations.clone(),
            ..put.clone()
        };
        if by_api {
            return Ok(Attached { manifest: put, by_api });
        }
        let is_listed = |index: &Index| index.manifests.iter().any(|known| known.digest == entry.digest);
        for _ in 0..RACES {
            let mut index = self.by_tag(&subject)?.unwrap_or_else(Index::empty);
            if is_listed(&index) {
                return Ok(Attached { manifest: put, by_api });
            }
            index.manifests.push(entry.clone());
            self.push_index(&index, &tag_of(&subject))?;
        }
        match self.by_tag(&subject)? {
            Some(index) if is_listed(&index) => Ok(Attached { manifest: put, by_api }),
            _ => Err(failed("others replace the list of what is attached")),
        }
    }

    /// Uploads a document; whether the registry lists its subject itself.
    fn put(&self, media_type: &str, bytes: &[u8], tag: Option<&str>) -> Result<(Descriptor, bool), RegistryError> {
        let descriptor = Descriptor::of(media_type, bytes);
        if tag.is_some_and(|tag| !is_tag(tag)) {
            return Err(RegistryError::bad_reference(tag.unwrap_or_default(), "it is not a tag"));
        }
        let selector = tag.map_or_else(|| descriptor.digest.to_string(), str::to_owned);
        let what = format!("the manifest {selector}");
        let headers = [("content-type", media_type.to_owned())];
        let url = self.url(&format!("manifests/{selector}"))?;
        let answer =
            self.ask(Ask { method: Method::Put, url, scope: PUSH, headers: &headers, body: Body::Bytes(bytes) })?;
        let answer = self.expect(answer, &[201, 200], &what)?;
        self.same_digest(&answer, &descriptor, &what)?;
        let by_api = answer.header("oci-subject").is_some();
        Ok((descriptor, by_api))
    }

    /// Begins an upload; where it goes.
    fn begin(&self, what: &str) -> Result<Url, RegistryError> {
        let url = self.url("blobs/uploads/")?;
        let answer = self.ask(Ask { method: Method::Post, url, scope: PUSH, headers: &[], body: Body::None })?;
        let answer = self.expect(answer, &[202], &format!("an upload of {what}"))?;
        self.location(&answer, what)
    }

    /// Sends the chunk at `at`; where the next one goes, and how much has arrived.
    fn chunk(
        &self,
        location: &Url,
        descriptor: &Descriptor,
        at: u64,
        source: &mut dyn Source,
    ) -> Result<(Url, u64), RegistryError> {
        let length = (descriptor.size - at).min(self.options.chunk_bytes.max(1));
        let headers = [
            ("content-type", "application/octet-stream".to_owned()),
            ("content-range", format!("{at}-{}", at + length - 1)),
        ];
        let body = Body::Part { source, from: at, length };
        let answer =
            self.ask(Ask { method: Method::Patch, url: location.clone(), scope: PUSH, headers: &headers, body })?;
        let what = name(descriptor);
        let answer = self.expect(answer, &[202], &what)?;
        let arrived = arrived(&answer).unwrap_or(at + length);
        if arrived != at + length {
            let why = format!("{arrived} bytes arrived of {} that were sent", at + length);
            return Err(self.not_taken(&what, &why));
        }
        Ok((self.location(&answer, &what)?, arrived))
    }

    /// How far an upload is; `None` where it has to begin again.
    fn progress(&self, location: &Url) -> Result<Option<(Url, u64)>, RegistryError> {
        let ask = Ask { method: Method::Get, url: location.clone(), scope: PUSH, headers: &[], body: Body::None };
        let answer = self.ask(ask)?;
        if answer.status() != 204 {
            return Ok(None);
        }
        // One byte and none are both written as `0-0`.
        let arrived = arrived(&answer).filter(|arrived| *arrived > 1);
        let next = answer.header("location").and_then(|next| location.join(next).ok());
        Ok(arrived.map(|arrived| (next.unwrap_or_else(|| location.clone()), arrived)))
    }

    /// Ends an upload, with its last bytes.
    fn finish(&self, location: &Url, descriptor: &Descriptor, body: Body<'_>) -> Result<(), RegistryError> {
        let address = location.reveal();
        let separator = if address.contains('?') { '&' } else { '?' };
        let url = Url::parse(&format!("{address}{separator}digest={}", descriptor.digest))?;
        let headers = [("content-type", "application/octet-stream".to_owned())];
        let answer = self.ask(Ask { method: Method::Put, url, scope: PUSH, headers: &headers, body })?;
        let what = name(descriptor);
        let answer = match answer.status() {
            400 => return Err(self.not_taken(&what, "what arrived does not have that digest")),
            _ => self.expect(answer, &[201, 204], &what)?,
        };
        self.same_digest(&answer, descriptor, &what)
    }

    /// Where an upload goes on: never from https to http.
    fn location(&self, answer: &Answer, what: &str) -> Result<Url, RegistryError> {
        let location =
            answer.header("location").ok_or_else(|| self.not_taken(what, "it names no place for the upload"))?;
        let next = answer.url().join(location)?;
        if answer.url().is_https() && !next.is_https() {
            return Err(self.not_taken(what, "it names a place without encryption for the upload"));
        }
        Ok(next)
    }

    fn same_digest(&self, answer: &Answer, sent: &Descriptor, what: &str) -> Result<(), RegistryError> {
        let stored = answer.header("docker-content-digest").and_then(Digest::parse);
        match stored.filter(|stored| *stored != sent.digest) {
            Some(stored) => Err(self.not_taken(what, &format!("it was stored as {stored}, not {}", sent.digest))),
            None => Ok(()),
        }
    }

    fn not_taken(&self, what: &str, why: &str) -> RegistryError {
        let registry = self.repository().registry().to_owned();
        RegistryError::Upload { registry, what: what.to_owned(), why: why.to_owned() }
    }

    fn written(&self, document: &impl serde::Serialize) -> Result<Vec<u8>, RegistryError> {
        serde_json::to_vec(document).map_err(|error| self.not_taken("the manifest", &error.to_string()))
    }
}

/// How many bytes an upload has: `Range: 0-9` are ten.
fn arrived(answer: &Answer) -> Option<u64> {
    let range = answer.header("range")?;
    let (_, last) = range.strip_prefix("bytes=").unwrap_or(range).split_once('-')?;
    last.trim().parse::<u64>().ok()?.checked_add(1)
}
