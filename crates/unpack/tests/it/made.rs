//! Any archive of any entries: what is unpacked is inside, and is what was packed.

use proptest::prelude::*;
use unpack::Options;

use crate::support::{Tar, try_bytes};

/// A kind, a name and a link's target, of parts that are mostly dangerous.
fn entries() -> impl Strategy<Value = Vec<(u8, String, String)>> {
    let part = prop_oneof![Just(".."), Just("."), Just(""), Just("a"), Just("b"), Just("c")];
    let path = proptest::collection::vec(part, 1..4).prop_map(|parts| parts.join("/"));
    let kind = prop_oneof![Just(b'0'), Just(b'1'), Just(b'2'), Just(b'5')];
    proptest::collection::vec((kind, path.clone(), path), 1..7)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn nothing_leads_out(entries in entries(), no_links: bool) {
        let mut tar = Tar::new();
        for (kind, name, link) in &entries {
            let content: &[u8] = if *kind == b'0' { b"content" } else { b"" };
            tar = tar.add(*kind, name.as_bytes(), link.as_bytes(), 0o644, content);
        }
        // `try_bytes` checks the folder around.
        let (result, dir) = try_bytes(&tar.end(), &Options { no_links, ..Options::default() });
        if let Ok(unpacked) = result {
            let out = dir.path().join("out").canonicalize().unwrap();
            for file in &unpacked.files {
                prop_assert_eq!(std::fs::read(out.join(file)).unwrap(), b"content");
            }
            for link in unpacked.links {
                // Where it leads to anything, that is inside.
                if let Ok(end) = out.join(link).canonicalize() {
                    prop_assert!(end.starts_with(&out), "{end:?}");
                }
            }
        }
    }

    #[test]
    fn no_bytes_make_it_panic(mut bytes: Vec<u8>, magic in 0..5_usize) {
        let magics: [&[u8]; 5] = [b"", b"\x1f\x8b\x08\0", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"];
        bytes.splice(0..0, magics[magic].iter().copied());
        prop_assert!(try_bytes(&bytes, &Options::default()).0.is_err());
    }

    #[test]
    fn no_changed_byte_makes_it_panic(at in 0..1536_usize, byte: u8) {
        let mut bytes = Tar::new().file("a", b"hello").add(b'2', b"l", b"a", 0o777, b"").end();
        bytes[at] = byte;
        try_bytes(&bytes, &Options::default()).0.ok();
    }
}
