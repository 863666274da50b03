//! How much an archive may hold: files, bytes, and bytes in relation to its own.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cancel::Cancel;

use crate::UnpackError;

/// What an archive may hold at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Files, folders and links.
    pub entries: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Bytes that are unpacked for each byte of the archive; the first 64 MiB are free.
    pub ratio: u64,
}

impl Default for Limits {
    /// 100 000 entries, 64 GiB, 100 bytes for each. Engines with their CUDA libraries unpack to three times their size.
    fn default() -> Self {
        Self { entries: 100_000, bytes: 64 << 30, ratio: 100 }
    }
}

/// Bytes that may be unpacked whatever the archive's size.
const FREE: u64 = 64 << 20;

/// What has been unpacked so far.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: Limits,
    cancel: Cancel,
    entries: u64,
    bytes: u64,
    /// Bytes that were read of the archive.
    read: Arc<AtomicU64>,
}

impl Budget {
    pub(crate) fn new(limits: Limits, cancel: Cancel) -> Self {
        Self { limits, cancel, entries: 0, bytes: 0, read: Arc::default() }
    }

    /// Counts what is read of the archive.
    pub(crate) fn count<R: Read>(&self, inner: R) -> Counted<R> {
        Counted { inner, read: self.read.clone() }
    }

    /// One more entry of the archive; headers count as well.
    pub(crate) fn entry(&mut self) -> Result<(), UnpackError> {
        self.cancel.check().map_err(|cancel::Cancelled| UnpackError::Cancelled)?;
        self.entries += 1;
        let limit = self.limits.entries;
        if self.entries > limit { Err(UnpackError::TooMuch { limit, what: "entries" }) } else { Ok(()) }
    }

    /// So many more bytes that were unpacked, whether they are written or not.
    pub(crate) fn bytes(&mut self, more: u64) -> Result<(), UnpackError> {
        self.cancel.check().map_err(|cancel::Cancelled| UnpackError::Cancelled)?;
        self.bytes = self.bytes.saturating_add(more);
        if self.bytes > self.limits.bytes {
            return Err(UnpackError::TooMuch { limit: self.limits.bytes, what: "bytes" });
        }
        let limit = self.limits.ratio;
        let allowed = FREE.saturating_add(limit.saturating_mul(self.read.load(Ordering::Relaxed)));
        if self.bytes > allowed {
            return Err(UnpackError::TooMuch { limit, what: "bytes for each of its own" });
        }
        Ok(())
    }

    /// What an entry announces, before any of it is written.
    pub(crate) fn announces(&self, bytes: u64) -> Result<(), UnpackError> {
        let limit = self.limits.bytes;
        let all = self.bytes.saturating_add(bytes);
        if all > limit { Err(UnpackError::TooMuch { limit, what: "bytes" }) } else { Ok(()) }
    }
}

/// A reader that counts.
#[derive(Debug)]
pub(crate) struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
