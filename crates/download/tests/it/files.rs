//! Files of this host.

use std::io::Write;

use download::{DownloadError, Want};

use crate::support::{bytes, content, digest, fetch, want};

#[test]
fn a_file_is_read_where_it_is() {
    let (dir, body) = (tempfile::tempdir().unwrap(), bytes(300_000));
    let path = dir.path().join("a b%20.tar");
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(&body).unwrap();
    let url = format!("file://{}", path.display());
    let at = dir.path().join("downloads");
    let fetched = fetch(&at, &want(&url, Some(digest(&body)))).0.unwrap();
    assert!(content(&fetched) == body && fetched.is_unchanged() && !at.exists());
    file.write_all(b"more").unwrap();
    assert!(!fetched.is_unchanged());
    fetched.discard();
    assert!(path.exists());
    let error = fetch(&at, &want(&url, Some(digest(&body)))).0.unwrap_err();
    assert!(matches!(error, DownloadError::Digest { .. }), "{error:?}");
    let error = fetch(&at, &Want { max_bytes: 10, ..want(&url, None) }).0.unwrap_err();
    assert!(matches!(error, DownloadError::TooLarge { .. }), "{error:?}");
}

#[test]
fn what_is_no_plain_file_is_named_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RWXU).unwrap();
    for path in [dir.path().to_owned(), fifo, "/dev/zero".into(), dir.path().join("absent")] {
        let error = fetch(dir.path(), &want(&format!("file://{}", path.display()), None)).0.unwrap_err();
        assert!(matches!(error, DownloadError::NoFile { .. }), "{error:?}");
    }
}
