//! Servers that stall, lie, or never end.

use std::time::{Duration, Instant};

use cancel::Cancel;
use http::{Client, HttpError, Options, Plain, Request, Url};
use testkit::web::{Authority, Web, Wire, reply};

const PATIENCE: Duration = Duration::from_secs(20);

fn options() -> Options {
    Options { plain: Plain::Loopback, silence: Duration::from_millis(300), ..Options::default() }
}

/// Sends a request and reads its body to the end.
fn whole(options: Options, url: &str, deadline: Option<Duration>) -> Result<Vec<u8>, HttpError> {
    let mut request = Request::get(Url::parse(url).unwrap());
    if let Some(deadline) = deadline {
        request = request.deadline(Instant::now() + deadline);
    }
    Client::new(options)?.send(&request)?.bytes(1 << 20)
}

/// Writes a byte now and then, for as long as the client stays.
fn drip(wire: &mut dyn Wire, pause: Duration) {
    while wire.write_all(b"x").and_then(|()| wire.flush()).is_ok() {
        std::thread::sleep(pause);
    }
}

#[test]
fn silence_ends_the_wait_before_and_within_a_body() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::create(dir.path());
    for authority in [None, Some(&authority)] {
        for sent in ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome"] {
            let web = Web::serve(authority, move |_, wire| {
                wire.write_all(sent.as_bytes()).unwrap();
                wire.flush().unwrap();
                std::thread::sleep(Duration::from_secs(4));
            });
            let added_authorities = authority.map(|authority| authority.file.clone());
            let begin = Instant::now();
            let error = whole(Options { added_authorities, ..options() }, &web.url, None).unwrap_err();
            assert!(matches!(error, HttpError::Silent { .. }), "{error:?}");
            assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
        }
    }
}

/// A slow server is not a silent one, and a deadline ends it.
#[test]
fn a_deadline_ends_what_goes_on_for_ever() {
    let web = Web::serve(None, |_, wire| {
        wire.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        drip(wire, Duration::from_millis(50));
    });
    let begin = Instant::now();
    let error = whole(options(), &web.url, Some(Duration::from_secs(1))).unwrap_err();
    assert!(matches!(error, HttpError::Deadline { .. }), "{error:?}");
    assert!(begin.elapsed() >= Duration::from_millis(900) && begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
}

#[test]
fn a_cancel_ends_any_wait() {
    let web = Web::serve(None, |_, _| std::thread::sleep(Duration::from_secs(10)));
    let cancel = Cancel::new();
    let given = Options { cancel: cancel.clone(), silence: Duration::from_mins(1), ..options() };
    let begin = Instant::now();
    let error = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| whole(given, &web.url, None).unwrap_err());
        std::thread::sleep(Duration::from_millis(300));
        cancel.cancel();
        waiting.join().unwrap()
    });
    assert!(matches!(error, HttpError::Cancelled), "{error:?}");
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

#[test]
fn a_body_is_as_long_as_announced_and_no_longer_than_allowed() {
    let short = Web::serve(None, |_, wire| {
        wire.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this").unwrap();
    });
    let error = whole(options(), &short.url, None).unwrap_err();
    assert!(matches!(error, HttpError::Cut { .. }) && error.is_transient(), "{error:?}");
    let announced = Web::serve(None, |_, wire| {
        wire.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n").unwrap();
    });
    let unending = Web::serve(None, |_, wire| {
        wire.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
        let block = vec![0; 64 << 10];
        while wire.write_all(&block).is_ok() {}
    });
    for web in [announced, unending] {
        let error = whole(options(), &web.url, None).unwrap_err();
        assert!(matches!(error, HttpError::TooLarge { limit: 0x10_0000, .. }), "{error:?}");
    }
}

#[test]
fn headers_without_end_and_no_http_are_refused() {
    let unending = Web::serve(None, |_, wire| {
        wire.write_all(b"HTTP/1.1 200 OK\r\nX-Long: ").unwrap();
        let block = vec![b'a'; 4 << 10];
        while wire.write_all(&block).is_ok() {}
    });
    let error = whole(options(), &unending.url, None).unwrap_err();
    assert!(matches!(error, HttpError::Protocol { .. }), "{error:?}");
    let other = Web::serve(None, |_, wire| {
        wire.write_all(b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n\r\n").unwrap();
    });
    let error = whole(options(), &other.url, None).unwrap_err();
    assert!(matches!(error, HttpError::Protocol { .. }), "{error:?}");
}

#[test]
fn a_page_is_what_it_is() {
    let web = Web::serve(None, |_, wire| reply(wire, "200 OK", "Content-Type: text/html\r\n", "<html>log in</html>"));
    assert_eq!(whole(options(), &web.url, None).unwrap(), b"<html>log in</html>");
}
