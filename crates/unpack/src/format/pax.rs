//! The records of a pax header: `LENGTH KEY=VALUE\n`, where LENGTH counts itself.

use crate::UnpackError;

/// What a pax header says of an entry. Times, owners and attributes are left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pax {
    pub(crate) path: Option<Vec<u8>>,
    pub(crate) linkpath: Option<Vec<u8>>,
    pub(crate) size: Option<u64>,
    /// GNU's sparse files keep their real name and size here.
    pub(crate) is_sparse: bool,
}

pub(crate) fn parse(mut bytes: &[u8]) -> Result<Pax, UnpackError> {
    let bad = || UnpackError::malformed("a pax header is malformed");
    let mut pax = Pax::default();
    while !bytes.is_empty() {
        let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let length = bytes.get(..digits).and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<usize>().ok());
        let record = length.and_then(|length| bytes.get(digits..length)).ok_or_else(bad)?;
        let record = record.strip_prefix(b" ").and_then(|record| record.strip_suffix(b"\n")).ok_or_else(bad)?;
        let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(bad)?;
        let (key, value) = (record.get(..equals).unwrap_or_default(), record.get(equals + 1..).unwrap_or_default());
        match key {
            // An empty value takes an earlier one back, as POSIX says.
            b"path" => pax.path = (!value.is_empty()).then(|| value.to_vec()),
            b"linkpath" => pax.linkpath = (!value.is_empty()).then(|| value.to_vec()),
            b"size" => {
                let size = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
                pax.size = Some(size.and_then(|text| text.parse().ok()).ok_or_else(bad)?);
            }
            _ if key.starts_with(b"GNU.sparse.") => pax.is_sparse = true,
            _ => {}
        }
        bytes = length.and_then(|length| bytes.get(length..)).ok_or_else(bad)?;
    }
    Ok(pax)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn records_are_counted() {
        let pax = parse(b"12 path=a/b\n11 size=42\n20 mtime=1234567890\n").unwrap();
        assert_eq!((pax.path.as_deref(), pax.size), (Some(&b"a/b"[..]), Some(42)));
        assert!(parse(b"22 GNU.sparse.major=1\n").unwrap().is_sparse);
        for bytes in [
            &b"11 path=a/b\n"[..],
            b"13 path=a/b\n",
            b"x",
            b"99999999999999999999 a=b\n",
            b"5 ab\n",
            b"0 ",
            b"11 size=-1\n",
            b"3 =\n",
        ] {
            assert!(parse(bytes).is_err(), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, text in "[0-9]{1,3} [a-z]{0,6}=[a-z]{0,6}\n{0,2}") {
            parse(&bytes).ok();
            parse(text.as_bytes()).ok();
        }
    }
}
