//! Tables and properties of `RepoUrl`, the list of faults row F29 among them.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn good(text: &str, kind: RepoKind) {
    let url: RepoUrl = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!((url.kind(), url.as_str()), (kind, text));
}

#[track_caller]
fn bad(text: &str) -> Invalid {
    text.parse::<RepoUrl>().expect_err(&format!("{text:?} was accepted"))
}

#[test]
fn accepts_the_five_forms() {
    good("https://github.com/ggml-org/llama.cpp.git", RepoKind::Https);
    good("https://host:8443/a%20b?depth=1", RepoKind::Https);
    good("https://[::1]/x", RepoKind::Https);
    good("ssh://git@host/x.git", RepoKind::Ssh);
    good("ssh://host:2222/~me/x", RepoKind::Ssh);
    good("ssh://git@[fe80::1]:22/x", RepoKind::Ssh);
    good("git@github.com:ggml-org/llama.cpp.git", RepoKind::Ssh);
    good("me@host:x/y:z", RepoKind::Ssh);
    good("/srv/git/llama.cpp.git", RepoKind::Local);
    good("/srv/with blank/é::x", RepoKind::Local);
    good("file:///srv/llama.bundle", RepoKind::Local);
}

/// EP-06, F29
#[test]
fn refuses_other_transports() {
    for text in [
        "ext::sh -c touch% /tmp/x",
        "fd::17/x",
        "git://host/x",
        "ftp://host/x",
        "HTTPS://host/x",
        "git+ssh://host/x",
        "ssh+git://host/x",
    ] {
        assert_eq!(bad(text), SCHEME, "{text}");
    }
    assert_eq!(bad("http://host/x"), PLAIN_HTTP);
    assert_eq!(bad("file://host/x"), FILE_HOST);
    assert_eq!(bad("file://x"), FILE_HOST);
}

/// EP-06, F28, F29
#[test]
fn refuses_what_a_program_would_read_as_an_option() {
    for text in [
        "-x",
        "--upload-pack=x",
        "ssh://-oProxyCommand=x/y",
        "ssh://-host/y",
        "ssh://-l@host/y",
        "ssh://%2doProxyCommand/y",
        "ssh://%2dl@host/y",
        "https://-host/x",
        "https://%2dhost/x",
        "git@-host:x",
        "-git@host:x",
        "git@-oProxyCommand=x:y",
        "git@host:-x",
        "git@host:--upload-pack=x",
    ] {
        bad(text);
    }
}

#[test]
fn a_password_is_called_a_password() {
    for text in ["ssh://git:x@host/y", "ssh://:x@host/y", "https://u:x@host/y"] {
        assert!(bad(text).reason().contains("password"), "{text}");
    }
}

#[test]
fn refuses_paths_that_depend_on_the_working_folder() {
    for text in ["llama.cpp", "./x", "../x", "a/b:c", "a/b@c:d", "host:path", "C:\\x", "~/x"] {
        assert_eq!(bad(text), RELATIVE, "{text}");
    }
}

#[test]
fn refuses_malformed_addresses() {
    for text in [
        "",
        "https://",
        "https:///host/x",
        "https://host",
        "https://host/",
        "https://ho st/x",
        "https://host/a b",
        "https://host\\@evil/x",
        "https://host:99999/x",
        "https://[::1/x",
        "https://host/x#frag",
        "https://host/%00",
        "https://host/a%0ab",
        "https://hóst/x",
        "ssh://host",
        "ssh:///x",
        "ssh://@host/x",
        "ssh://git@/x",
        "ssh://host/%7F",
        "@host:x",
        "git@:x",
        "git@host:",
        "git@ho_st é:x",
        "/a\0b",
        "/a\nb",
        "https://host/a\nb",
        "https://host/\ta",
    ] {
        bad(text);
    }
    bad(&format!("/{}", "a".repeat(4096)));
    good(&format!("/{}", "a".repeat(4095)), RepoKind::Local);
}

/// EP-51, F29: credentials are refused and never repeated.
#[test]
fn refuses_credentials_without_repeating_them() {
    const PASSWORD: &str = "s3cr3tvalue";
    for text in [
        format!("https://user:{PASSWORD}@host/x"),
        format!("https://{PASSWORD}@host/x"),
        format!("https://:{PASSWORD}@host/x"),
        "https://@host/x".to_owned(),
        format!("ssh://git:{PASSWORD}@host/x"),
        format!("ssh://:{PASSWORD}@host/x"),
        format!("git:{PASSWORD}@host:x"),
        format!("git@host:{PASSWORD}@x"),
        format!("https://host/x?access_token={PASSWORD}"),
        format!("https://host/x?a=1&to%6ben={PASSWORD}"),
        format!("https://host/x?api-key={PASSWORD}"),
        format!("http://user:{PASSWORD}@host/x"),
        format!("https://us er:{PASSWORD}@host/x"),
    ] {
        let error = bad(&text);
        for shown in [format!("{error:#}"), format!("{error:?}")] {
            assert!(!shown.contains(PASSWORD), "{text}: {shown}");
        }
    }
}

proptest! {
    /// EP-06: an accepted address has an allowed form, no control character and no credentials.
    #[test]
    fn what_is_accepted_is_safe(
        text in "(https|ssh|file|ext|git)(://|::|:)[-a-z@:/%0-9?=&#.\\[\\]]{0,30}|[-a-z@:/.]{0,20}|\\PC{0,40}"
    ) {
        if let Ok(url) = text.parse::<RepoUrl>() {
            prop_assert_eq!(url.to_string(), &text[..]);
            prop_assert!(!text.starts_with('-') && !text.contains(char::is_control));
            match url.kind() {
                RepoKind::Https => {
                    let parsed = url::Url::parse(&text).unwrap();
                    prop_assert_eq!(parsed.scheme(), "https");
                    prop_assert!(parsed.username().is_empty() && parsed.password().is_none());
                    prop_assert!(!parsed.host_str().unwrap().starts_with('-'));
                }
                RepoKind::Ssh => {
                    prop_assert!(!text.contains("::") || text.contains('['));
                    if let Ok(parsed) = url::Url::parse(&text) {
                        prop_assert!(parsed.password().is_none());
                    }
                }
                RepoKind::Local => prop_assert!(text.starts_with('/') || text.starts_with("file:///")),
            }
        }
    }
}
