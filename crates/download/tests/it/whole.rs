//! Servers that do as they should.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use download::{Digest, DownloadError, Downloads, Notice};
use testkit::web::{Authority, Web, file, reply};

use crate::support::{bytes, content, digest, fetch, options, want};

#[test]
fn a_file_arrives_once_and_is_found_again() {
    let (dir, body) = (tempfile::tempdir().unwrap(), bytes(5_000_000));
    let web = Web::file(None, body.clone());
    let want = want(&format!("{}/engine.tar.gz", web.url), Some(digest(&body)));
    let (fetched, told) = fetch(dir.path(), &want);
    let fetched = fetched.unwrap();
    assert_eq!((content(&fetched) == body, fetched.sha256()), (true, digest(&body)));
    assert_eq!(told.last(), Some(&Notice::Bytes(5_000_000, Some(5_000_000))));
    drop(fetched);
    assert!(content(&fetch(dir.path(), &want).0.unwrap()) == body);
    assert_eq!(web.asked().len(), 1);
    // What was made of it is kept elsewhere.
    fetch(dir.path(), &want).0.unwrap().discard();
    fetch(dir.path(), &want).0.unwrap();
    assert_eq!(web.asked().len(), 2);
}

#[test]
fn https_with_an_authority_of_its_own_and_sha512() {
    let (dir, body) = (tempfile::tempdir().unwrap(), bytes(100_000));
    let authority = Authority::create(dir.path());
    let web = Web::file(Some(&authority), body.clone());
    let sha512 = Digest::Sha512(
        sha2::Digest::finalize(sha2::Digest::chain_update(<sha2::Sha512 as sha2::Digest>::new(), &body)).into(),
    );
    let options = http::Options { added_authorities: Some(authority.file), ..options() };
    let at = dir.path().join("downloads");
    let fetched = Downloads::new(&at).fetch(&want(&web.url, Some(sha512)), &options, &|_| ()).unwrap();
    assert!(content(&fetched) == body && fetched.sha256() == digest(&body));
}

/// Without a digest the server is asked each time, and the digest of what it has is reported.
#[test]
fn a_file_without_a_digest_is_told_by_its_digest() {
    let dir = tempfile::tempdir().unwrap();
    let web = Web::serve(None, {
        let calls = AtomicUsize::new(0);
        move |asked, wire| file(asked, wire, format!("{}", calls.fetch_add(1, Ordering::SeqCst)).as_bytes(), "\"x\"")
    });
    for expected in ["0", "1"] {
        let fetched = fetch(dir.path(), &want(&web.url, None)).0.unwrap();
        assert_eq!((content(&fetched), fetched.sha256()), (expected.into(), digest(expected.as_bytes())));
    }
}

#[test]
fn one_caller_downloads_and_the_others_wait() {
    let (dir, body) = (tempfile::tempdir().unwrap(), bytes(300_000));
    let served = body.clone();
    let web = Web::serve(None, move |asked, wire| {
        std::thread::sleep(Duration::from_millis(300));
        file(asked, wire, &served, "\"v\"");
    });
    let want = want(&web.url, Some(digest(&body)));
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| fetch(dir.path(), &want).0.map(|fetched| content(&fetched) == body).unwrap()))
            .collect();
        assert!(callers.into_iter().all(|caller| caller.join().unwrap()));
    });
    assert_eq!(web.asked().len(), 1);
}

#[test]
fn a_busy_server_is_asked_again_and_a_refusing_one_is_not() {
    let (dir, body) = (tempfile::tempdir().unwrap(), bytes(1000));
    let served = body.clone();
    let calls = AtomicUsize::new(0);
    let web = Web::serve(None, move |asked, wire| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => reply(wire, "503 Service Unavailable", "Retry-After: 0\r\n", ""),
        1 => reply(wire, "429 Too Many Requests", "", ""),
        _ => file(asked, wire, &served, "\"v\""),
    });
    let (fetched, told) = fetch(dir.path(), &want(&web.url, Some(digest(&body))));
    assert!(content(&fetched.unwrap()) == body);
    assert_eq!(told.iter().filter(|notice| matches!(notice, Notice::Retries(..))).count(), 2);
    for (status, asked) in [("404 Not Found", 1), ("403 Forbidden", 1), ("500 Internal Server Error", 4)] {
        let web = Web::serve(None, move |_, wire| reply(wire, status, "", ""));
        let error = fetch(dir.path(), &want(&format!("{}/x?key=y", web.url), Some(digest(&body)))).0.unwrap_err();
        assert!(matches!(error, DownloadError::Status { .. }) && !error.to_string().contains("key=y"), "{error}");
        assert_eq!(web.asked().len(), asked, "{status}");
    }
}

#[test]
fn what_is_too_large_is_refused_before_and_while_it_arrives() {
    let dir = tempfile::tempdir().unwrap();
    let announced = Web::file(None, bytes(2000));
    let unending = Web::serve(None, |_, wire| {
        wire.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        while wire.write_all(&[0; 4096]).is_ok() {}
    });
    for web in [announced, unending] {
        let want = download::Want { max_bytes: 1000, ..want(&web.url, None) };
        let error = fetch(dir.path(), &want).0.unwrap_err();
        assert!(matches!(error, DownloadError::TooLarge { limit: 1000, .. }), "{error:?}");
    }
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().flatten().map(|entry| entry.path()).collect();
    assert!(left.iter().all(|path| path.extension().is_some_and(|extension| extension == "lock")), "{left:?}");
}

#[test]
fn what_does_not_fit_on_the_disk_is_refused_before_it_arrives() {
    let dir = tempfile::tempdir().unwrap();
    let web = Web::serve(None, |_, wire| {
        wire.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000000\r\n\r\n").unwrap();
    });
    let want = download::Want { max_bytes: u64::MAX, ..want(&web.url, None) };
    let error = fetch(dir.path(), &want).0.unwrap_err();
    assert!(matches!(error, DownloadError::DiskFull { needed: 1_000_000_000_000_000, .. }), "{error:?}");
}
