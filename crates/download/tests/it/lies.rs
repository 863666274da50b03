//! Servers that cut, stall, lie about ranges, and change the file.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use download::{DownloadError, Notice};
use testkit::web::{Asked, Web, Wire, file, reply};

use crate::support::{bytes, content, digest, fetch, want};

const LENGTH: usize = 600_000;

/// A server whose first answer is a part of the file that ends early; the next ones are written by `next`.
fn cut_first(body: Vec<u8>, next: impl Fn(&Asked, &mut dyn Wire, &[u8]) + Send + Sync + 'static) -> Web {
    let calls = AtomicUsize::new(0);
    Web::serve(None, move |asked, wire| {
        if calls.fetch_add(1, Ordering::SeqCst) == 0 {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\nETag: \"v1\"\r\n\r\n");
            wire.write_all(head.as_bytes()).unwrap();
            wire.write_all(&body[..200_000]).unwrap();
        } else {
            next(asked, wire, &body);
        }
    })
}

#[test]
fn a_cut_download_is_resumed_where_it_was() {
    let (dir, body) = (tempfile::tempdir().unwrap(), bytes(LENGTH));
    let web = cut_first(body.clone(), |asked, wire, body| file(asked, wire, body, "\"v1\""));
    for digest in [Some(digest(&body)), None] {
        let (fetched, told) = fetch(dir.path(), &want(&web.url, digest));
        assert!(content(&fetched.unwrap()) == body);
        assert!(digest.is_none() || told.contains(&Notice::Resumes(200_000)), "{told:?}");
    }
    let second = &web.asked()[1];
    assert_eq!((second.header("range"), second.header("if-range")), (Some("bytes=200000-"), Some("\"v1\"")));
}

/// Some servers send no more than so much of a file at once: a part that ends early is not the whole, digest or none.
#[test]
fn a_file_in_slices_is_whole() {
    const SLICE: usize = 150_000;
    let (dir, body) = (tempfile::tempdir().unwrap(), bytes(LENGTH));
    let web = cut_first(body.clone(), |asked, wire, body| {
        let Some(from) = asked.header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')) else {
            return file(asked, wire, body, "\"v1\"");
        };
        let from: usize = from.parse().unwrap();
        let to = (from + SLICE).min(LENGTH);
        let head = format!("Content-Range: bytes {from}-{}/{LENGTH}\r\nETag: \"v1\"\r\n", to - 1);
        let head = format!("HTTP/1.1 206 Partial Content\r\nContent-Length: {}\r\n{head}\r\n", to - from);
        wire.write_all(head.as_bytes()).unwrap();
        wire.write_all(&body[from..to]).unwrap();
    });
    let (fetched, told) = fetch(dir.path(), &want(&web.url, None));
    assert!(content(&fetched.unwrap()) == body, "{told:?}");
    assert_eq!(web.asked().len(), 4, "{told:?}");
}

#[test]
fn a_stalled_download_is_resumed() {
    let (dir, body) = (tempfile::tempdir().unwrap(), bytes(LENGTH));
    let served = body.clone();
    let calls = AtomicUsize::new(0);
    let web = Web::serve(None, move |asked, wire| {
        if calls.fetch_add(1, Ordering::SeqCst) == 0 {
            wire.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n").as_bytes()).unwrap();
            wire.write_all(&served[..1000]).unwrap();
            wire.flush().unwrap();
            std::thread::sleep(Duration::from_secs(3));
        } else {
            file(asked, wire, &served, "\"v1\"");
        }
    });
    let (fetched, told) = fetch(dir.path(), &want(&web.url, Some(digest(&body))));
    assert!(content(&fetched.unwrap()) == body);
    assert!(told.contains(&Notice::Resumes(1000)), "{told:?}");
}

/// Each of these answers to a request for the rest is not the rest; the file is whole all the same, or refused.
#[test]
fn what_is_not_the_rest_is_never_appended() {
    type Answer = fn(&Asked, &mut dyn Wire, &[u8]);
    let answers: [(&str, Answer); 6] = [
        ("the server ignores ranges", |asked, wire, body| {
            file(&Asked { headers: Vec::new(), ..asked.clone() }, wire, body, "\"v1\"");
        }),
        ("the file has another ETag", |asked, wire, body| file(asked, wire, body, "\"v2\"")),
        ("another range", |asked, wire, body| partial(asked, wire, body, 100_000, "\"v1\"")),
        ("another ETag, lying about it", |asked, wire, body| partial(asked, wire, body, 200_000, "\"v2\"")),
        ("no range at all", |asked, wire, body| match asked.range() {
            Some(_) => reply(wire, "206 Partial Content", "", "xyz"),
            None => file(asked, wire, body, "\"v1\""),
        }),
        ("nothing left", |asked, wire, body| match asked.range() {
            Some(_) => reply(wire, "416 Range Not Satisfiable", "Content-Range: bytes */5\r\n", ""),
            None => file(asked, wire, body, "\"v1\""),
        }),
    ];
    for (what, answer) in answers {
        let (dir, body) = (tempfile::tempdir().unwrap(), bytes(LENGTH));
        let web = cut_first(body.clone(), answer);
        let (fetched, told) = fetch(dir.path(), &want(&web.url, Some(digest(&body))));
        assert!(content(&fetched.expect(what)) == body, "{what}");
        assert!(told.iter().any(|notice| matches!(notice, Notice::StartsOver(_))), "{what}: {told:?}");
    }
}

fn partial(asked: &Asked, wire: &mut dyn Wire, body: &[u8], from: usize, etag: &str) {
    if asked.range().is_none() {
        return file(asked, wire, body, etag);
    }
    let range = format!("Content-Range: bytes {from}-{}/{LENGTH}\r\nETag: {etag}\r\n", LENGTH - 1);
    let head = format!("HTTP/1.1 206 Partial Content\r\nContent-Length: {}\r\n{range}\r\n", LENGTH - from);
    wire.write_all(head.as_bytes()).ok();
    wire.write_all(&body[from..]).ok();
}

/// A server that keeps no validators and changes the file under a resumed download: the digest finds out, and it is
/// downloaded once more as a whole.
#[test]
fn a_resumed_file_with_another_digest_is_downloaded_once_more() {
    let (dir, old, new) = (tempfile::tempdir().unwrap(), vec![1; LENGTH], bytes(LENGTH));
    let served = new.clone();
    let calls = AtomicUsize::new(0);
    let web = Web::serve(None, move |asked, wire| {
        if calls.fetch_add(1, Ordering::SeqCst) == 0 {
            wire.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n").as_bytes()).unwrap();
            wire.write_all(&old[..1000]).unwrap();
        } else {
            partial(asked, wire, &served, 1000, "\"any\"");
        }
    });
    let (fetched, told) = fetch(dir.path(), &want(&web.url, Some(digest(&new))));
    assert!(content(&fetched.unwrap()) == new, "{told:?}");
}

#[test]
fn another_file_is_refused_and_not_kept() {
    let (dir, body) = (tempfile::tempdir().unwrap(), bytes(1000));
    let other = Web::file(None, bytes(999));
    let page =
        Web::serve(None, |_, wire| reply(wire, "200 OK", "Content-Type: text/html; charset=utf-8\r\n", "<html>"));
    for (web, is_html) in [(&other, false), (&page, true)] {
        let error = fetch(dir.path(), &want(&web.url, Some(digest(&body)))).0.unwrap_err();
        assert!(matches!(error, DownloadError::Digest { is_page, .. } if is_page == is_html), "{error:?}");
        assert_eq!(web.asked().len(), 1);
    }
    let left = std::fs::read_dir(dir.path()).unwrap().flatten().filter(|entry| entry.path().extension().is_none());
    assert_eq!(left.count(), 0);
}

/// A server that always lies is not asked for ever.
#[test]
fn a_server_that_never_gets_further_is_given_up() {
    let (dir, body) = (tempfile::tempdir().unwrap(), bytes(LENGTH));
    let web = Web::serve(None, |_, wire| {
        wire.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n").as_bytes()).unwrap();
    });
    let (fetched, _) = fetch(dir.path(), &want(&web.url, Some(digest(&body))));
    assert!(fetched.unwrap_err().is_transient());
    assert_eq!(web.asked().len(), 4);
}
