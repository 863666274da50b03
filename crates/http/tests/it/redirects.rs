//! Where a redirect may lead, and what it takes along.

use http::{Client, HttpError, Options, Plain, Request, Secret, Url};
use testkit::web::{Authority, Web, reply};

fn to(target: String) -> Web {
    Web::serve(None, move |_, wire| reply(wire, "302 Found", &format!("Location: {target}\r\n"), ""))
}

fn plain() -> Client {
    Client::new(Options { plain: Plain::Always, ..Options::default() }).unwrap()
}

#[test]
fn a_credential_stays_at_its_origin() {
    let other = Web::serve(None, |_, wire| reply(wire, "200 OK", "", "there"));
    let target = format!("{}/file?signature=x", other.url);
    let web = Web::serve(None, move |asked, wire| match asked.path.as_str() {
        "/start" => reply(wire, "307 Temporary Redirect", "Location: /same\r\n", ""),
        _ => reply(wire, "302 Found", &format!("Location: {target}\r\n"), ""),
    });
    let request = Request::get(Url::parse(&format!("{}/start", web.url)).unwrap())
        .header("accept", "application/json")
        .authorization(Secret::new("Bearer hunter2"));
    let mut answer = plain().send(&request).unwrap();
    assert_eq!(answer.bytes(9).unwrap(), b"there");
    assert!(answer.url().reveal().ends_with("/file?signature=x") && !answer.url().to_string().contains("signature"));
    let at_home: Vec<_> = web.asked().iter().map(|asked| asked.header("authorization").map(str::to_owned)).collect();
    assert_eq!(at_home, [Some("Bearer hunter2".to_owned()), Some("Bearer hunter2".to_owned())]);
    let away = &other.asked()[0];
    assert_eq!((away.header("authorization"), away.header("accept")), (None, Some("application/json")));
}

#[test]
fn https_never_leads_to_http() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::create(dir.path());
    let plain_web = Web::serve(None, |_, wire| reply(wire, "200 OK", "", ""));
    let target = plain_web.url.clone();
    let web = Web::serve(Some(&authority), move |_, wire| {
        reply(wire, "301 Moved Permanently", &format!("Location: {target}/x?a=b\r\n"), "");
    });
    let options = Options { added_authorities: Some(authority.file), plain: Plain::Always, ..Options::default() };
    let error = Client::new(options).unwrap().send(&Request::get(Url::parse(&web.url).unwrap())).unwrap_err();
    assert!(matches!(&error, HttpError::InsecureRedirect { .. }), "{error:?}");
    assert!(!error.to_string().contains("a=b"), "{error}");
    assert!(plain_web.asked().is_empty());
}

#[test]
fn a_circle_and_a_dead_end_are_named() {
    let circle = Web::serve(None, |_, wire| reply(wire, "302 Found", "Location: /again\r\n", ""));
    let error = plain().send(&Request::get(Url::parse(&circle.url).unwrap())).unwrap_err();
    assert!(matches!(error, HttpError::Redirects { .. }), "{error:?}");
    assert_eq!(circle.asked().len(), 11);
    for location in ["ftp://127.0.0.1/x", "https://user:pw@127.0.0.1/", "http://[::1/"] {
        let web = to(location.into());
        let error = plain().send(&Request::get(Url::parse(&web.url).unwrap())).unwrap_err();
        assert!(matches!(error, HttpError::Redirects { .. }), "{error:?}");
        assert!(!error.to_string().contains("pw"), "{error}");
    }
    // A redirect that names no place is an answer like any other.
    let web = Web::serve(None, |_, wire| reply(wire, "302 Found", "", ""));
    assert_eq!(plain().send(&Request::get(Url::parse(&web.url).unwrap())).unwrap().status(), 302);
}

#[test]
fn a_redirect_may_be_the_answer() {
    let web = to("https://login.example/".into());
    let answer = plain().send(&Request::get(Url::parse(&web.url).unwrap()).no_redirects()).unwrap();
    assert_eq!((answer.status(), answer.header("location")), (302, Some("https://login.example/")));
    assert_eq!(web.asked().len(), 1);
}
