//! The architectures in a fatbin, which is the container of code for NVIDIA GPUs.
//!
//! NVIDIA does not document it. Its headers are as `cuobjdump` reads them: a container with the magic 0xba55ed50, a header of
//! 16 bytes and its size; in it entries with their kind (1: PTX, 2: machine code), the size of their own header, that of
//! what follows, and the architecture at offset 28. Whatever looks different is unknown.

use object::ReadRef;

const MAGIC: u32 = 0xba55_ed50;

/// No fatbin has more entries that are looked at.
const MOST: usize = 100_000;

/// What a fatbin holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fatbin {
    pub(crate) code: Vec<u32>,
    pub(crate) ptx: Vec<u32>,
    pub(crate) is_unknown: bool,
    /// Whether any of it is compressed with zstd, which older drivers cannot read.
    pub(crate) is_zstd: bool,
}

/// The first bytes of what zstd compressed ([RFC 8878](https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1)).
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Reads the section at `at`.
pub(crate) fn read<'d, R: ReadRef<'d>>(data: R, at: u64, size: u64) -> Fatbin {
    let mut found = Fatbin::default();
    let end = at.saturating_add(size);
    let mut at = at;
    let mut seen = 0;
    while at < end {
        let Some((header, body)) = container(data, at) else {
            // Containers are padded with zeros to eight bytes.
            match data.read_bytes_at(at, 8.min(end - at)) {
                Ok(bytes) if bytes.iter().all(|byte| *byte == 0) && seen < MOST => {
                    (at, seen) = (at + 8, seen + 1);
                    continue;
                }
                _ => {
                    found.is_unknown = true;
                    break;
                }
            }
        };
        let (mut entry, stop) = (at.saturating_add(header), at.saturating_add(header).saturating_add(body));
        if stop > end {
            found.is_unknown = true;
            break;
        }
        while entry < stop {
            seen += 1;
            let Some(Code { kind, header, length, architecture }) = entry_at(data, entry).filter(|_| seen < MOST)
            else {
                found.is_unknown = true;
                return found;
            };
            found.is_zstd |= data.read_bytes_at(entry.saturating_add(header), 4).is_ok_and(|bytes| bytes == ZSTD);
            match kind {
                1 => found.ptx.push(architecture),
                2 => found.code.push(architecture),
                // Link-time code and the like: compiled before it runs.
                _ => found.is_unknown = true,
            }
            entry = entry.saturating_add(length);
        }
        at = stop;
    }
    for list in [&mut found.code, &mut found.ptx] {
        list.sort_unstable();
        list.dedup();
    }
    found
}

/// Sizes of a container's header and body.
fn container<'d, R: ReadRef<'d>>(data: R, at: u64) -> Option<(u64, u64)> {
    let bytes = data.read_bytes_at(at, 16).ok()?;
    let (magic, header, body) = (word(bytes, 0)?, half(bytes, 6)?, long(bytes, 8)?);
    (magic == MAGIC && header >= 16).then_some((u64::from(header), body))
}

/// What is known of an entry; sizes in bytes.
struct Code {
    kind: u16,
    header: u64,
    /// Of header and content.
    length: u64,
    architecture: u32,
}

fn entry_at<'d, R: ReadRef<'d>>(data: R, at: u64) -> Option<Code> {
    let bytes = data.read_bytes_at(at, 32).ok()?;
    let (kind, header, body, architecture) = (half(bytes, 0)?, word(bytes, 4)?, long(bytes, 8)?, word(bytes, 28)?);
    let plausible = header >= 32 && (10..1000).contains(&architecture);
    let header = u64::from(header);
    Some(Code { kind, header, length: header.checked_add(body)?, architecture }).filter(|_| plausible)
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fatbin(entries: &[(u16, u32)]) -> Vec<u8> {
        let mut body = Vec::new();
        for (kind, architecture) in entries {
            let mut entry = vec![0; 72];
            entry[..2].copy_from_slice(&kind.to_le_bytes());
            entry[4..8].copy_from_slice(&64_u32.to_le_bytes());
            entry[8..16].copy_from_slice(&8_u64.to_le_bytes());
            entry[28..32].copy_from_slice(&architecture.to_le_bytes());
            body.extend(entry);
        }
        let mut bytes = MAGIC.to_le_bytes().to_vec();
        bytes.extend([1, 0, 16, 0]);
        bytes.extend((body.len() as u64).to_le_bytes());
        bytes.extend(body);
        bytes
    }

    #[test]
    fn architectures_are_read_and_the_rest_is_unknown() {
        let two = [fatbin(&[(2, 90), (2, 86), (1, 90)]), vec![0; 8], fatbin(&[(2, 86)])].concat();
        let found = read(&two[..], 0, two.len() as u64);
        assert_eq!(found, Fatbin { code: vec![86, 90], ptx: vec![90], is_unknown: false, is_zstd: false });
        let cut = read(&two[..], 0, two.len() as u64 - 3);
        assert!(cut.is_unknown && cut.code == [86, 90], "{cut:?}");
        let mut compressed = fatbin(&[(2, 90)]);
        compressed[16 + 64..16 + 68].copy_from_slice(&ZSTD);
        assert!(read(&compressed[..], 0, compressed.len() as u64).is_zstd);
        assert!(read(&b"something else, 16 bytes"[..], 0, 24).is_unknown);
        assert!(read(&fatbin(&[(2, 5)])[..], 0, 88).is_unknown);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, length: u64) {
            let bytes = [&MAGIC.to_le_bytes()[..], &[1, 0, 16, 0], &length.to_le_bytes(), &bytes].concat();
            read(&bytes[..], 0, bytes.len() as u64);
        }
    }
}
