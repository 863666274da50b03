//! `WWW-Authenticate`: what a registry asks for.
//!
//! The grammar is that of [RFC 9110, 11.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1), as far as registries use it.

/// What a registry asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// User name and password with each request.
    Basic,
    /// A token of the server `realm`.
    Bearer { realm: String, service: Option<String>, scope: Option<String> },
}

/// The strongest challenge of these headers that is understood.
pub(crate) fn parse<'a>(headers: impl Iterator<Item = &'a str>) -> Option<Challenge> {
    let mut basic = None;
    for header in headers {
        for (scheme, parameters) in schemes(header) {
            let value = |name: &str| {
                parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
            };
            if scheme.eq_ignore_ascii_case("bearer") {
                if let Some(realm) = value("realm") {
                    return Some(Challenge::Bearer { realm, service: value("service"), scope: value("scope") });
                }
            } else if scheme.eq_ignore_ascii_case("basic") {
                basic = Some(Challenge::Basic);
            }
        }
    }
    basic
}

type Parameters = Vec<(String, String)>;

/// The challenges of one header: a scheme, and `name=value` or `name="value"` parted by commas.
fn schemes(header: &str) -> Vec<(String, Parameters)> {
    let mut schemes: Vec<(String, Parameters)> = Vec::new();
    for part in parts(header) {
        let part = part.trim();
        let (first, rest) = part.split_once(' ').unwrap_or((part, ""));
        let parameter = if first.contains('=') {
            part
        } else {
            if !first.is_empty() {
                schemes.push((first.to_owned(), Parameters::new()));
            }
            rest.trim()
        };
        if let (Some((name, value)), Some((_, parameters))) = (parameter.split_once('='), schemes.last_mut()) {
            let value = value.trim();
            let value = match value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) {
                Some(quoted) => unescaped(quoted),
                None => value.to_owned(),
            };
            parameters.push((name.trim().to_owned(), value));
        }
    }
    schemes
}

/// The parts between commas that are not inside of quotes.
fn parts(header: &str) -> Vec<&str> {
    let (mut parts, mut begin, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, letter) in header.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(header.get(begin..at).unwrap_or_default());
                begin = at + 1;
            }
            _ => {}
        }
    }
    parts.push(header.get(begin..).unwrap_or_default());
    parts
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        plain.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(headers: &[&str]) -> Option<Challenge> {
        parse(headers.iter().copied())
    }

    #[test]
    fn headers_of_registries() {
        let bearer = |realm: &str, service: Option<&str>, scope: Option<&str>| {
            let owned = |text: Option<&str>| text.map(str::to_owned);
            Some(Challenge::Bearer { realm: realm.into(), service: owned(service), scope: owned(scope) })
        };
        let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#;
        assert_eq!(
            of(&[hub]),
            bearer("https://auth.docker.io/token", Some("registry.docker.io"), Some("repository:a/b:pull,push"))
        );
        assert_eq!(of(&["bearer realm=https://r/t"]), bearer("https://r/t", None, None));
        assert_eq!(of(&[r#"Basic realm="a, \"b\"", Bearer realm="https://r/t""#]), bearer("https://r/t", None, None));
        assert_eq!(of(&[r#"Basic realm="x""#, r#"Bearer realm="https://r/t""#]), bearer("https://r/t", None, None));
        assert_eq!(of(&[r#"Basic realm="x""#]), Some(Challenge::Basic));
        assert_eq!(of(&["Basic"]), Some(Challenge::Basic));
        for header in ["", "Negotiate", "Bearer", "Bearer service=x", "\"", ",,,", "=x"] {
            assert_eq!(of(&[header]), None, "{header}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_header_is_read(header in ".{0,200}") {
            of(&[&header]);
        }
    }
}
