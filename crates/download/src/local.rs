//! A file of this host: read where it is, never copied.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use cancel::Cancel;
use durable::Stamp;
use rustix::fs::OFlags;

use crate::digest::Hasher;
use crate::{Digest, DownloadError, Notice, Want};

/// Opens and hashes it.
pub(crate) fn fetch(
    path: &Path,
    want: &Want,
    cancel: &Cancel,
    tell: &dyn Fn(Notice),
) -> Result<(File, Stamp, u64, Digest, Digest), DownloadError> {
    let no_file = |what| DownloadError::NoFile { path: path.into(), what };
    // Without waiting for the other end of a pipe.
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => no_file("not there"),
        std::io::ErrorKind::PermissionDenied => no_file("not readable for this user"),
        _ => DownloadError::io("read", path)(error),
    })?;
    let meta = file.metadata().map_err(DownloadError::io("look at", path))?;
    if !meta.is_file() {
        return Err(no_file("not a plain file"));
    }
    // Before the hash: what is written meanwhile has another one afterwards.
    let stamp = Stamp::of(&meta);
    let too_large = || DownloadError::TooLarge { source_url: want.source.to_string(), limit: want.max_bytes };
    if meta.len() > want.max_bytes {
        return Err(too_large());
    }
    let (mut hasher, mut buffer, mut size) = (Hasher::for_digest(want.digest), vec![0; 256 << 10], 0_u64);
    let mut reader = &file;
    loop {
        cancel.check().map_err(|cancel::Cancelled| http::HttpError::Cancelled)?;
        let read = reader.read(&mut buffer).map_err(DownloadError::io("read", path))?;
        if read == 0 {
            break;
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
        size += read as u64;
        if size > want.max_bytes {
            return Err(too_large());
        }
        tell(Notice::Bytes(size, Some(meta.len())));
    }
    let (sha256, asked) = hasher.finish();
    Ok((file, stamp, size, sha256, asked))
}
