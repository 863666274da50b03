//! zip archives that no honest program makes.

use unpack::{Options, UnpackError};

use crate::support::try_bytes;

/// One entry as its two headers say it.
#[derive(Clone)]
struct Entry {
    name: Vec<u8>,
    own_name: Vec<u8>,
    flags: u16,
    method: u16,
    crc: u32,
    size: u32,
    made_by: u16,
    mode: u32,
    content: Vec<u8>,
}

fn entry(name: &[u8], content: &[u8]) -> Entry {
    let mut crc = flate2::Crc::new();
    crc.update(content);
    let (name, own_name, size) = (name.to_vec(), name.to_vec(), u32::try_from(content.len()).unwrap());
    let content = content.to_vec();
    Entry { name, own_name, flags: 0, method: 0, crc: crc.sum(), size, made_by: 0x0314, mode: 0o100_644, content }
}

fn short(bytes: &mut Vec<u8>, values: &[u16]) {
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn long(bytes: &mut Vec<u8>, values: &[u32]) {
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

/// The archive; `offset` changes where the directory says that entries are.
fn zip(entries: &[Entry], offset: impl Fn(usize, u32) -> u32) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (index, entry) in entries.iter().enumerate() {
        let at = u32::try_from(bytes.len()).unwrap();
        let packed = u32::try_from(entry.content.len()).unwrap();
        bytes.extend_from_slice(b"PK\x03\x04");
        short(&mut bytes, &[20, entry.flags, entry.method, 0, 0]);
        long(&mut bytes, &[entry.crc, packed, entry.size]);
        short(&mut bytes, &[u16::try_from(entry.own_name.len()).unwrap(), 0]);
        bytes.extend_from_slice(&entry.own_name);
        bytes.extend_from_slice(&entry.content);
        directory.extend_from_slice(b"PK\x01\x02");
        short(&mut directory, &[entry.made_by, 20, entry.flags, entry.method, 0, 0]);
        long(&mut directory, &[entry.crc, packed, entry.size]);
        short(&mut directory, &[u16::try_from(entry.name.len()).unwrap(), 0, 0, 0, 0]);
        long(&mut directory, &[entry.mode << 16, offset(index, at)]);
        directory.extend_from_slice(&entry.name);
    }
    let (at, size) = (u32::try_from(bytes.len()).unwrap(), u32::try_from(directory.len()).unwrap());
    bytes.extend_from_slice(&directory);
    bytes.extend_from_slice(b"PK\x05\x06");
    let count = u16::try_from(entries.len()).unwrap();
    short(&mut bytes, &[0, 0, count, count]);
    long(&mut bytes, &[size, at]);
    short(&mut bytes, &[0]);
    bytes
}

#[track_caller]
fn refused(what: &str, bytes: &[u8]) {
    let (result, _dir) = try_bytes(bytes, &Options::default());
    let expected = matches!(&result, Err(UnpackError::Entry { .. } | UnpackError::Malformed { .. }));
    assert!(expected, "{what}: {result:?}");
}

fn same(_: usize, at: u32) -> u32 {
    at
}

#[test]
fn an_honest_one_is_unpacked() {
    let (result, dir) = try_bytes(&zip(&[entry(b"a/b", b"hello"), entry(b"a/", b"")], same), &Options::default());
    assert_eq!(result.unwrap().files, ["a/b"]);
    assert_eq!(std::fs::read(dir.path().join("out/a/b")).unwrap(), b"hello");
}

#[test]
fn names_links_and_kinds() {
    for name in [&b"../x"[..], b"/x", b"a/../../x", b"\xff", b"", b"a\0b"] {
        refused(&String::from_utf8_lossy(name), &zip(&[entry(name, b"x")], same));
    }
    let with = |mode: u32, content: &[u8]| Entry { mode, ..entry(b"x", content) };
    for (mode, what) in [(0o104_755, "setuid"), (0o020_644, "device"), (0o010_644, "pipe"), (0o140_644, "socket")] {
        refused(what, &zip(&[with(mode, b"x")], same));
    }
    for target in [&b"/etc/passwd"[..], b"../x", b"", &[b'a'; 5000]] {
        refused("link", &zip(&[with(0o120_777, target), entry(b"f", b"")], same));
    }
    refused("through a link", &zip(&[with(0o120_777, b"d"), entry(b"x/y", b""), entry(b"d/z", b"")], same));
}

#[test]
fn headers_that_lie() {
    let good = entry(b"x", b"hello");
    refused("encrypted", &zip(&[Entry { flags: 1, ..good.clone() }], same));
    refused("another method", &zip(&[Entry { method: 14, ..good.clone() }], same));
    refused("a wrong checksum", &zip(&[Entry { crc: 1, ..good.clone() }], same));
    refused("longer than said", &zip(&[Entry { size: 3, ..good.clone() }], same));
    refused("shorter than said", &zip(&[Entry { size: 30, ..good.clone() }], same));
    refused("two names", &zip(&[Entry { own_name: b"y".to_vec(), ..good.clone() }], same));
    refused("no deflate", &zip(&[Entry { method: 8, ..good.clone() }], same));
    refused("an offset outside", &zip(std::slice::from_ref(&good), |_, _| 1 << 30));
    refused("twice the same bytes", &zip(&[good.clone(), good.clone()], |_, _| 0));
    let mut cut = zip(std::slice::from_ref(&good), same);
    let at = cut.len() - 22;
    cut[at + 8] = 2;
    cut[at + 10] = 2;
    refused("more entries than there are", &cut);
    let mut several = zip(&[good], same);
    several[at + 4] = 1;
    refused("a part of several", &several);
}
