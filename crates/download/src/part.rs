//! What has arrived of a file: the bytes, and what the server called them. Both outlive the process.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use crate::digest::Hasher;
use crate::{Digest, DownloadError};

/// No description is larger, in bytes.
const LARGEST: u64 = 64 << 10;

/// What the server said of the file when its first bytes arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Validators {
    /// Its strong ETag.
    pub(crate) etag: Option<String>,
    /// When it was last changed, as the server wrote it.
    pub(crate) last_modified: Option<String>,
    /// Its whole size in bytes.
    pub(crate) total: Option<u64>,
}

impl Validators {
    /// What a server is asked to compare before it sends the rest; a weak ETag proves no equality of bytes.
    pub(crate) fn if_range(&self) -> Option<&str> {
        self.etag.as_deref().or(self.last_modified.as_deref())
    }

    /// Whether an answer is of another file.
    pub(crate) fn contradicts(&self, answer: &Self) -> bool {
        let differ = |a: &Option<String>, b: &Option<String>| a.is_some() && b.is_some() && a != b;
        differ(&self.etag, &answer.etag)
            || (self.etag.is_none() && differ(&self.last_modified, &answer.last_modified))
            || matches!((self.total, answer.total), (Some(a), Some(b)) if a != b)
    }
}

/// The file while it arrives.
#[derive(Debug)]
pub(crate) struct Part {
    path: PathBuf,
    about: PathBuf,
    file: File,
    hasher: Hasher,
    digest: Option<Digest>,
    len: u64,
    pub(crate) validators: Validators,
}

impl Part {
    /// Opens what there is, and hashes it.
    pub(crate) fn open(path: &Path, digest: Option<Digest>) -> Result<Self, DownloadError> {
        let about = path.with_extension("about");
        let flags = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or_default();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(flags)
            .open(path)
            .map_err(DownloadError::io("open", path))?;
        let (mut hasher, mut buffer, mut len) = (Hasher::for_digest(digest), vec![0; 256 << 10], 0);
        loop {
            let read = file.read(&mut buffer).map_err(DownloadError::io("read", path))?;
            if read == 0 {
                break;
            }
            hasher.update(buffer.get(..read).unwrap_or_default());
            len += read as u64;
        }
        let known = durable::read_regular(&about, LARGEST).ok().flatten();
        let validators: Option<Validators> = known.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let mut part = Self { path: path.into(), about, file, hasher, digest, len, validators: Validators::default() };
        match validators {
            Some(validators) => part.validators = validators,
            // Without a word on whose bytes they are, they can only be proven by the digest.
            None if digest.is_none() && len > 0 => part.restart()?,
            None => {}
        }
        Ok(part)
    }

    /// The folder that it is in.
    pub(crate) fn dir(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// Bytes that are there.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Whether the rest may be asked for.
    pub(crate) fn is_resumable(&self) -> bool {
        self.len > 0 && (self.digest.is_some() || self.validators.if_range().is_some())
    }

    /// Forgets what is there.
    pub(crate) fn restart(&mut self) -> Result<(), DownloadError> {
        self.file.set_len(0).map_err(DownloadError::io("truncate", &self.path))?;
        self.file.seek(SeekFrom::Start(0)).map_err(DownloadError::io("truncate", &self.path))?;
        (self.hasher, self.len) = (Hasher::for_digest(self.digest), 0);
        self.validators = Validators::default();
        Ok(())
    }

    /// Keeps what the server says of the file, before its first byte is.
    pub(crate) fn describe(&mut self, validators: Validators) -> Result<(), DownloadError> {
        let bytes = serde_json::to_vec(&validators).unwrap_or_default();
        durable::replace_until_reboot(&self.about, &bytes)?;
        self.validators = validators;
        Ok(())
    }

    /// Appends what arrived.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), DownloadError> {
        self.file.write_all(bytes).map_err(|error| match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => DownloadError::DiskFull {
                dir: self.path.parent().unwrap_or(&self.path).into(),
                needed: bytes.len() as u64,
                free: 0,
            },
            _ => DownloadError::io("write", &self.path)(error),
        })?;
        self.hasher.update(bytes);
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// SHA-256 of what is there, and the digest to compare.
    pub(crate) fn digests(&self) -> (Digest, Digest) {
        self.hasher.clone().finish()
    }

    /// Removes it.
    pub(crate) fn remove(self) {
        std::fs::remove_file(&self.path).ok();
        std::fs::remove_file(&self.about).ok();
    }

    /// Gives the whole file its name; returns it open from its beginning.
    pub(crate) fn finish(mut self, name: &Path) -> Result<File, DownloadError> {
        std::fs::rename(&self.path, name).map_err(DownloadError::io("name", name))?;
        std::fs::remove_file(&self.about).ok();
        self.file.seek(SeekFrom::Start(0)).map_err(DownloadError::io("read", name))?;
        Ok(self.file)
    }
}
