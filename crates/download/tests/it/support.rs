//! What the tests share.

use std::io::Read;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use download::{Digest, DownloadError, Downloads, Fetched, Notice, Source, Want};
use http::{Options, Plain};

/// Bytes that repeat at no length a buffer has.
pub(crate) fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at * 31 + at / 251) % 251).unwrap()).collect()
}

/// The SHA-256 of bytes.
pub(crate) fn digest(bytes: &[u8]) -> Digest {
    use sha2::Digest as _;
    Digest::Sha256(sha2::Sha256::digest(bytes).into())
}

/// A download with short pauses; the digest is what the file must be.
pub(crate) fn want(url: &str, digest: Option<Digest>) -> Want {
    Want {
        digest,
        deadline: Duration::from_secs(30),
        retries: 3,
        pause: Duration::from_millis(10),
        ..Want::new(Source::parse(url).unwrap())
    }
}

pub(crate) fn options() -> Options {
    Options { plain: Plain::Loopback, silence: Duration::from_millis(400), ..Options::default() }
}

/// Downloads, and returns what was reported.
pub(crate) fn fetch(dir: &Path, want: &Want) -> (Result<Fetched, DownloadError>, Vec<Notice>) {
    let told = Mutex::new(Vec::new());
    let result = Downloads::new(dir).fetch(want, &options(), &|notice| told.lock().unwrap().push(notice));
    (result, told.into_inner().unwrap())
}

/// What is in a file that arrived.
pub(crate) fn content(fetched: &Fetched) -> Vec<u8> {
    let mut content = Vec::new();
    fetched.file().read_to_end(&mut content).unwrap();
    content
}
