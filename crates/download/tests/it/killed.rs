//! What has arrived outlives its process.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use download::Notice;
use testkit::exec::{CommandSpec, run};
use testkit::web::{Web, file};

use crate::support::{bytes, content, digest, fetch, want};

/// The example that downloads, built with the tests.
fn example() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().parent().unwrap().join("examples/fetch")
}

/// EP-20: `kill -9` in the middle of a download; the next call goes on where it was.
#[test]
fn a_killed_download_is_resumed_by_the_next_call() {
    let (dir, body) = (tempfile::tempdir().unwrap(), bytes(1_000_000));
    let served = body.clone();
    let calls = AtomicUsize::new(0);
    let web = Web::serve(None, move |asked, wire| {
        if calls.fetch_add(1, Ordering::SeqCst) == 0 {
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\nETag: \"v1\"\r\n\r\n";
            wire.write_all(head.as_bytes()).unwrap();
            wire.write_all(&served[..400_000]).unwrap();
            wire.flush().unwrap();
            std::thread::sleep(Duration::from_secs(8));
        } else {
            file(asked, wire, &served, "\"v1\"");
        }
    });
    let at = dir.path().join("downloads");
    // `timeout` kills it as `kill -9` does.
    let spec = CommandSpec::new("/usr/bin/timeout", Duration::from_secs(30))
        .args(["-s", "KILL", "1"])
        .arg(example())
        .args([at.display().to_string(), web.url.clone(), digest(&body).to_string()]);
    let begin = Instant::now();
    let output = run(&spec).unwrap();
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
    assert!(output.stdout_text().is_empty(), "{}", output.stdout_text());
    let (fetched, told) = fetch(&at, &want(&web.url, Some(digest(&body))));
    assert!(content(&fetched.unwrap()) == body);
    let resumed = told.iter().find_map(|notice| match notice {
        Notice::Resumes(bytes) => Some(*bytes),
        _ => None,
    });
    assert!(resumed.is_some_and(|bytes| bytes > 0 && bytes <= 400_000), "{told:?}");
}
