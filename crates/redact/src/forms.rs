//! The forms in which a program may echo a value: as it is, percent-encoded, JSON-escaped, and in base64, alone or within
//! a longer text.

use std::fmt::Write;

/// The two base64 alphabets differ in these digits: <https://www.rfc-editor.org/rfc/rfc4648#section-5>.
const ALPHABETS: [[u8; 2]; 2] = [*b"+/", *b"-_"];

/// All forms of a value, each once.
pub(crate) fn of(value: &str) -> Vec<String> {
    let mut forms = vec![value.to_owned()];
    for form in [percent(value, true), percent(value, false), json(value, false), json(value, true)] {
        forms.push(form);
    }
    for last_two in ALPHABETS {
        for before in 0..3 {
            let (whole, sure) = base64(value, before, last_two);
            forms.extend([whole, sure]);
        }
    }
    forms.sort();
    forms.dedup();
    forms
}

/// Percent-encoded with hexadecimal digits in this case, as in <https://www.rfc-editor.org/rfc/rfc3986#section-2.1>.
fn percent(text: &str, upper: bool) -> String {
    let encoded = |b: u8| if upper { format!("%{b:02X}") } else { format!("%{b:02x}") };
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"-._~".contains(b);
    text.bytes().map(|b| if is_plain(&b) { char::from(b).to_string() } else { encoded(b) }).collect()
}

/// As a JSON string without its quotes: <https://www.rfc-editor.org/rfc/rfc8259#section-7>. Some writers escape all that is
/// not ASCII.
fn json(text: &str, ascii: bool) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if u32::from(c) < 0x20 || (ascii && !c.is_ascii()) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a `String` cannot fail.
                    write!(out, "\\u{unit:04x}").ok();
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// In base64, with `before` bytes of another text before it, without the digits that depend on these: with the last digit,
/// which is the value's own where nothing follows, and without it where it depends on what follows. No padding, so that the
/// form is also found where padding follows.
fn base64(text: &str, before: usize, last_two: [u8; 2]) -> (String, String) {
    let digit = |n: u32| match u8::try_from(n & 63).unwrap_or(0) {
        n @ 0..=25 => char::from(b'A' + n),
        n @ 26..=51 => char::from(b'a' + n - 26),
        n @ 52..=61 => char::from(b'0' + n - 52),
        62 => char::from(last_two[0]),
        _ => char::from(last_two[1]),
    };
    let bytes: Vec<u8> = std::iter::repeat_n(0, before).chain(text.bytes()).collect();
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0_u32, |n, b| (n << 8) | u32::from(*b)) << (8 * (3 - chunk.len()));
        out.extend((0..=chunk.len()).map(|i| digit(n >> (18 - 6 * i))));
    }
    let first = if before == 0 { 0 } else { before + 1 };
    let sure = out.len() - usize::from(!bytes.len().is_multiple_of(3));
    (out.get(first..).unwrap_or_default().to_owned(), out.get(first..sure).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_what_programs_write() {
        assert_eq!(percent("a/b c~é", true), "a%2Fb%20c~%C3%A9");
        assert_eq!(percent("a/b", false), "a%2fb");
        assert_eq!(json("a\"b\\c\n\u{1}é", false), "a\\\"b\\\\c\\n\\u0001é");
        assert_eq!(json("é😀", true), "\\u00e9\\ud83d\\ude00");
        // The examples of https://en.wikipedia.org/wiki/Base64.
        let whole = |text: &str| base64(text, 0, *b"+/").0;
        assert_eq!(whole("any carnal pleasure"), "YW55IGNhcm5hbCBwbGVhc3VyZQ");
        assert_eq!(whole("any carnal pleasur"), "YW55IGNhcm5hbCBwbGVhc3Vy");
    }

    /// A value within a longer text, such as `user:password`, leaves at most the digits it shares with its neighbours.
    #[test]
    fn base64_is_found_at_every_offset() {
        for value in ["s3cr3t/+x", "s3cr3t/+xy", "s3cr3t/+xyz"] {
            for (head, tail) in [("", ""), ("u", ""), ("u:", ""), ("us:", "!"), ("u", "!!"), ("u:", "!!!")] {
                for last_two in ALPHABETS {
                    let text = base64(&format!("{head}{value}{tail}"), 0, last_two).0;
                    let found =
                        of(value).into_iter().filter(|form| text.contains(form.as_str())).map(|form| form.len());
                    let most = found.max().unwrap_or(0);
                    assert!(most * 3 >= (value.len() - 1) * 4 - 6, "{value} {head} {tail}: {most} of {text}");
                }
            }
        }
    }
}
