//! Blobs: streamed, resumed where the connection broke, and checked against size and digest.

use std::io::Write;
use std::ops::Range;

use http::{Answer, HttpError, Method};

use super::Registry;
use crate::digest::Hashing;
use crate::{Descriptor, RegistryError};

impl Registry {
    /// A blob of at most `limit` bytes, whole.
    ///
    /// # Errors
    /// `registry::too_large` where its descriptor announces more; else those of [`Registry::blob`].
    pub fn bytes(&self, descriptor: &Descriptor, limit: u64) -> Result<Vec<u8>, RegistryError> {
        if descriptor.size > limit {
            return Err(RegistryError::TooLarge {
                registry: self.repository().registry().to_owned(),
                what: name(descriptor),
                limit,
                unit: "bytes",
            });
        }
        let mut bytes = Vec::new();
        self.blob(descriptor, &mut bytes)?;
        Ok(bytes)
    }

    /// Writes a blob as it arrives. A connection that breaks is made again from where it broke. On an error what was written must not be used.
    ///
    /// # Errors
    /// `registry::digest` where size or digest are not the descriptor's, `image::not_found`, `image::access_denied`, `registry::*`, `download::*`.
    pub fn blob(&self, descriptor: &Descriptor, into: &mut dyn Write) -> Result<(), RegistryError> {
        let what = name(descriptor);
        let mut passed = Hashing::new(into);
        let mut left = self.options.retries;
        loop {
            let before = passed.bytes;
            match self.rest(descriptor, &mut passed, &what) {
                Ok(()) => break,
                Err(error) if error.is_transient() && left > 0 => {
                    tracing::debug!(%what, at = passed.bytes, %error, "resumed");
                    // One that gets on may break as often as it likes.
                    if passed.bytes == before {
                        left -= 1;
                    }
                }
                Err(error) => return Err(error),
            }
        }
        let found = passed.digest();
        if found != descriptor.digest {
            return Err(self.not_it(&what, format!("its digest is {found}")));
        }
        Ok(())
    }

    /// Writes a part of a blob. Its digest cannot be checked: use it only for what is checked otherwise.
    ///
    /// # Errors
    /// `registry::status` where the registry does not send parts; else those of [`Registry::blob`].
    pub fn blob_part(
        &self,
        descriptor: &Descriptor,
        range: Range<u64>,
        into: &mut dyn Write,
    ) -> Result<(), RegistryError> {
        let Some(last) = range.end.checked_sub(1).filter(|last| *last >= range.start) else { return Ok(()) };
        let (what, url) = (name(descriptor), self.url(&format!("blobs/{}", descriptor.digest))?);
        let answer = self.read(Method::Get, &url, &[("range", format!("bytes={}-{last}", range.start))])?;
        let mut answer = self.expect(answer, &[206], &format!("a part of {what}"))?;
        if begin(&answer) != Some(range.start) {
            return Err(self.not_it(&what, "it is another part than was asked for".into()));
        }
        let mut part = Hashing::new(into);
        let length = range.end - range.start;
        self.copy(&mut answer, &mut part, (0, length), &what)?;
        if part.bytes == length {
            Ok(())
        } else {
            Err(self.not_it(&what, format!("its part has {} bytes", part.bytes)))
        }
    }

    /// Reads on from where `passed` is.
    fn rest(&self, descriptor: &Descriptor, passed: &mut Hashing<'_>, what: &str) -> Result<(), RegistryError> {
        let (from, size) = (passed.bytes, descriptor.size);
        if from == size && from > 0 {
            return Ok(());
        }
        let url = self.url(&format!("blobs/{}", descriptor.digest))?;
        let range = [("range", format!("bytes={from}-"))];
        let answer = self.read(Method::Get, &url, if from > 0 { &range } else { &[] })?;
        let mut answer = self.expect(answer, if from > 0 { &[200, 206] } else { &[200] }, what)?;
        let skip = match answer.status() {
            206 if begin(&answer) != Some(from) => {
                return Err(self.not_it(what, "it is another part than was asked for".into()));
            }
            206 => 0,
            // This registry sends no parts: what is there already is passed over.
            _ => from,
        };
        let expected = size - from + skip;
        if let Some(length) = answer.length().filter(|length| *length != expected) {
            return Err(self.not_it(what, format!("it has {length} bytes, not {expected}")));
        }
        self.copy(&mut answer, passed, (skip, size), what)?;
        if passed.bytes < size {
            let host = answer.url().host().to_owned();
            return Err(HttpError::Cut { host, got: passed.bytes, expected: Some(size) }.into());
        }
        Ok(())
    }

    /// Copies an answer's body without its first bytes, up to `size` bytes in all.
    fn copy(
        &self,
        answer: &mut Answer,
        passed: &mut Hashing<'_>,
        (mut skip, size): (u64, u64),
        what: &str,
    ) -> Result<(), RegistryError> {
        let mut buffer = vec![0; 64 << 10];
        loop {
            let read = answer.read(&mut buffer)?;
            if read == 0 {
                return Ok(());
            }
            let over = usize::try_from(skip).unwrap_or(usize::MAX).min(read);
            skip -= over as u64;
            let bytes = buffer.get(over..read).unwrap_or_default();
            if passed.bytes + bytes.len() as u64 > size {
                return Err(self.not_it(what, format!("it has more than {size} bytes")));
            }
            passed
                .pass(bytes)
                .map_err(|source| RegistryError::Io { what: format!("{what} cannot be written"), source })?;
        }
    }

    fn not_it(&self, what: &str, why: String) -> RegistryError {
        RegistryError::Digest { registry: self.repository().registry().to_owned(), what: what.to_owned(), why }
    }
}

pub(crate) fn name(descriptor: &Descriptor) -> String {
    format!("the blob {}", descriptor.digest)
}

/// The first byte that `Content-Range: bytes 10-19/20` names.
fn begin(answer: &Answer) -> Option<u64> {
    let range = answer.header("content-range")?.strip_prefix("bytes ")?;
    range.split_once('-')?.0.parse().ok()
}
