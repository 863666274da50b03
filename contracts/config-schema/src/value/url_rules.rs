//! The rules every URL of this contract keeps: nothing secret in it, nothing a program reads as an option.

use redact::looks_secret;

use super::url_parts::{self, Parts};
use crate::Invalid;

const LONGEST: usize = 4096;

const HELP: &str = "write it as in `https://host/path`";
const LENGTH: Invalid = Invalid::new("a URL or path has 1 to 4096 bytes", HELP);
const CONTROL: Invalid =
    Invalid::new("a URL or path holds no control character", "write it in one line, without NUL, newline or tab");
const DASH: Invalid = Invalid::new("a URL or path does not start with `-`: it would be read as an option", HELP);
const CHARACTER: Invalid =
    Invalid::new("a URL holds no blank, no backslash and only ASCII", "percent-encode other characters, as in `%20`");
const NOT_A_URL: Invalid = Invalid::new("this is not a valid URL", HELP);
const USERINFO: Invalid = Invalid::new(
    "a URL holds no user name or password",
    "leave out what stands before `@`, and hand credentials over by git's credential helper or a netrc file",
);
const PASSWORD: Invalid = Invalid::new("a URL holds no password", "leave the password out and use an ssh key");
const USER: Invalid = Invalid::new(
    "the user name is letters, digits and `. _ -`, and does not start with `-`",
    "write it as in `ssh://git@host/path` or `git@host:path`",
);
const HOST: Invalid =
    Invalid::new("the host is letters, digits and `. _ -`, or an address, and does not start with `-`", HELP);
const PATH: Invalid = Invalid::new("the URL names no path on its host", HELP);
const ENCODED_CONTROL: Invalid = Invalid::new(
    "a URL's path hides no control character in percent-encoding",
    "leave `%00`, `%0a` and their like out",
);
const FRAGMENT: Invalid = Invalid::new(
    "the URL has a fragment, which no server sees",
    "leave out what stands behind `#`; a branch or tag goes into `ref`",
);
const QUERY_SECRET: Invalid = Invalid::new(
    "the URL's query has a parameter whose name looks secret",
    "leave the parameter out and hand credentials over by git's credential helper or a netrc file",
);

/// What holds for any URL and any path: 1 to 4096 bytes, no control character, no leading `-`.
pub(crate) fn one_argument(text: &str) -> Result<(), Invalid> {
    if text.is_empty() || text.len() > LONGEST {
        Err(LENGTH)
    } else if text.chars().any(char::is_control) {
        Err(CONTROL)
    } else if text.starts_with('-') {
        Err(DASH)
    } else {
        Ok(())
    }
}

/// What holds for a URL with a host. A user name is allowed with `user_allowed`, a password never.
pub(crate) fn remote(text: &str, user_allowed: bool) -> Result<(), Invalid> {
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return Err(CHARACTER);
    }
    let (scheme, rest) = text.split_once("://").ok_or(NOT_A_URL)?;
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    match authority.rsplit_once('@') {
        Some(_) if !user_allowed => return Err(USERINFO),
        Some((login, _)) if login.contains(':') => return Err(PASSWORD),
        Some((login, host)) => {
            user(login)?;
            host_and_port(host, scheme)?;
        }
        None => host_and_port(authority, scheme)?,
    }
    let parts = Parts::of(rest);
    if parts.is_root() {
        return Err(PATH);
    }
    if hides_control(rest) {
        return Err(ENCODED_CONTROL);
    }
    if parts.has_fragment {
        return Err(FRAGMENT);
    }
    if parts.parameters().any(|name| looks_secret(&name)) {
        return Err(QUERY_SECRET);
    }
    Ok(())
}

/// A user name before `@`.
pub(crate) fn user(text: &str) -> Result<(), Invalid> {
    if is_word(text) { Ok(()) } else { Err(USER) }
}

/// A host name.
pub(crate) fn host(text: &str) -> Result<(), Invalid> {
    if is_word(text) { Ok(()) } else { Err(HOST) }
}

/// A host name or an address in brackets, with or without a port.
fn host_and_port(text: &str, scheme: &str) -> Result<(), Invalid> {
    let (valid, port) = if let Some(bracketed) = text.strip_prefix('[') {
        let (address, port) = bracketed.split_once(']').ok_or(HOST)?;
        let port = if port.is_empty() { port } else { port.strip_prefix(':').ok_or(HOST)? };
        (url_parts::is_ipv6(address), port)
    } else {
        let (name, port) = text.split_once(':').unwrap_or((text, ""));
        host(name)?;
        (scheme != "https" || url_parts::is_name_or_ipv4(name), port)
    };
    if valid && url_parts::is_port(port) { Ok(()) } else { Err(NOT_A_URL) }
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn hides_control(text: &str) -> bool {
    text.as_bytes().windows(3).any(|window| match window {
        [b'%', high, low] => matches!(high, b'0' | b'1') || (*high == b'7' && low.eq_ignore_ascii_case(&b'f')),
        _ => false,
    })
}
