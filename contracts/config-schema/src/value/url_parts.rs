//! The parts of a URL behind its authority, and whether its host and port are ones that a URL parser takes.
//!
//! The rules are those of <https://url.spec.whatwg.org/> for texts that are printable ASCII without `\` and whose host is a
//! word or an address in brackets: [`url_rules`](super::url_rules) lets no other text through. A general parser brings
//! Unicode tables for host names, which have no place in such a text. One difference: what follows `xn--` is not decoded.

use std::borrow::Cow;
use std::net::Ipv6Addr;

/// What follows the authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    pub(super) has_fragment: bool,
}

impl<'a> Parts<'a> {
    /// Splits what follows the authority: empty, or a text that begins with `/`, `?` or `#`.
    pub(super) fn of(text: &'a str) -> Self {
        let (text, has_fragment) = match text.split_once('#') {
            Some((before, _)) => (before, true),
            None => (text, false),
        };
        let (path, query) = match text.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (text, None),
        };
        Self { path, query, has_fragment }
    }

    /// Whether the path names nothing: it is empty, or `/` once its dot segments are resolved.
    pub(super) fn is_root(self) -> bool {
        let mut segments = Vec::new();
        let mut written = self.path.split('/').skip(1).peekable();
        while let Some(segment) = written.next() {
            let dots = segment.to_ascii_lowercase().replace("%2e", ".");
            if dots == ".." {
                segments.pop();
            }
            if !matches!(dots.as_str(), "." | "..") {
                segments.push(segment);
            } else if written.peek().is_none() {
                segments.push("");
            }
        }
        segments.is_empty() || segments == [""]
    }

    /// The names of the query's parameters, without percent-encoding.
    pub(super) fn parameters(self) -> impl Iterator<Item = Cow<'a, str>> {
        let pairs = self.query.into_iter().flat_map(|query| query.split('&'));
        pairs.filter(|pair| !pair.is_empty()).map(|pair| decoded(pair.split('=').next().unwrap_or_default()))
    }
}

/// A port: none, or a number of 16 bits.
pub(super) fn is_port(text: &str) -> bool {
    text.is_empty() || (text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok())
}

/// An address that stands in brackets.
pub(super) fn is_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

/// Whether an `https` host whose last label is a number is an IPv4 address, in any of its spellings (`127.1`, `0x7f.1`).
/// Any other host is a name.
pub(super) fn is_name_or_ipv4(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let labels: Vec<&str> = host.split('.').collect();
    let Some((last, others)) = labels.split_last() else {
        return true;
    };
    let digits = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    if !digits && number(last).is_none() {
        return true;
    }
    let room = u32::try_from(others.len()).ok().and_then(|n| 4_u32.checked_sub(n)).unwrap_or(0);
    let fits = number(last).is_some_and(|n| room > 0 && n < 1_u64 << (8 * room));
    fits && others.iter().all(|label| number(label).is_some_and(|n| n < 256))
}

/// A number as part of an IPv4 address: decimal, octal behind `0`, hexadecimal behind `0x`.
fn number(label: &str) -> Option<u64> {
    let hexadecimal = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    let (digits, radix) = match (hexadecimal, label.strip_prefix('0')) {
        (Some(digits), _) => (digits, 16),
        (None, Some(digits)) => (digits, 8),
        (None, None) => (label, 10),
    };
    match digits {
        "" => (!label.is_empty()).then_some(0),
        _ if digits.starts_with('+') => None,
        _ => u64::from_str_radix(digits, radix).ok(),
    }
}

fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let encoded = after.get(..2).filter(|_| first == b'%').and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
            u8::from_str_radix(digits, 16).ok()
        });
        bytes.push(encoded.unwrap_or(first));
        rest = if encoded.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    /// The whole judgement of a host and port, as [`url_rules`](super::super::url_rules) composes it.
    fn is_authority(scheme: &str, host: &str, port: &str) -> bool {
        let host = match host.strip_prefix('[') {
            Some(address) => is_ipv6(address.trim_end_matches(']')),
            None => scheme != "https" || is_name_or_ipv4(host),
        };
        host && is_port(port)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        /// The judgement and the parts are those of the `url` crate.
        #[test]
        fn agrees_with_a_general_parser(
            scheme in "https|ssh",
            host in "[a-z0-9_.-]{1,8}|(0x?[0-9a-f]{0,3}|[0-9]{1,4})(\\.(0x?[0-9a-f]{0,3}|[0-9]{1,4})){0,4}\\.?|\\[[0-9a-f:.]{0,12}\\]|\\[([0-9a-f]{0,2}:){2,7}[0-9]{0,2}\\]",
            port in "[0-9]{0,6}|0{0,8}[0-9]{1,5}|[a-f0-9:+-]{0,3}",
            rest in "(/(\\.|%2[eE]|[a-c%]){0,3}){0,4}(\\?[a-z%0-9=&+]{0,12})?(#[a-z?]{0,3})?",
        ) {
            prop_assume!(!host.contains("xn--"));
            let text = format!("{scheme}://{host}:{port}{rest}");
            let Ok(parsed) = Url::parse(&text) else {
                prop_assert!(!is_authority(&scheme, &host, &port), "{}", text);
                return Ok(());
            };
            prop_assert!(is_authority(&scheme, &host, &port), "{}", text);
            let parts = Parts::of(&rest);
            prop_assert_eq!(parts.is_root(), matches!(parsed.path(), "" | "/"), "{}", text);
            prop_assert_eq!(parts.has_fragment, parsed.fragment().is_some());
            // A plus sign is a blank in forms alone, and `%2b` a plus sign in both: the two are not told apart here.
            let names: Vec<_> = parts.parameters().map(|name| name.replace('+', " ")).collect();
            let expected: Vec<_> = parsed.query_pairs().map(|(name, _)| name.replace('+', " ")).collect();
            prop_assert_eq!(names, expected, "{}", text);
        }
    }
}
