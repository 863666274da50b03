//! A bundle as a tar archive ([ustar](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_92_13_06)):
//! plain files in one folder and nothing else.
//!
//! The rule: an archive with a link, a device, a name that leads elsewhere, a name twice or a wrong checksum is refused as
//! a whole.

use std::collections::BTreeMap;

use super::{LARGEST_FILE, MOST_FILES};

const BLOCK: usize = 512;

type Files = BTreeMap<String, Vec<u8>>;

pub(crate) fn write(files: &Files) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, bytes) in files.iter().filter(|(name, _)| name.len() < 100) {
        out.extend(header(name, bytes.len()));
        out.extend(bytes);
        out.resize(out.len().next_multiple_of(BLOCK), 0);
    }
    out.resize(out.len() + 2 * BLOCK, 0);
    out
}

fn header(name: &str, size: usize) -> Vec<u8> {
    let mut block = vec![0; BLOCK];
    let mut put = |at: usize, text: &str| {
        if let Some(field) = block.get_mut(at..at + text.len()) {
            field.copy_from_slice(text.as_bytes());
        }
    };
    put(0, name);
    put(100, "0000600\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    put(124, &format!("{size:011o}\0"));
    put(136, "00000000000\0");
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    let text = format!("{sum:06o}\0 ");
    if let Some(field) = block.get_mut(148..156) {
        field.copy_from_slice(text.as_bytes());
    }
    block
}

/// The files of an archive, or why it is none.
pub(super) fn read(archive: &[u8]) -> Result<Files, String> {
    let mut files = Files::new();
    let mut at = 0;
    loop {
        let Some(block) = archive.get(at..at + BLOCK) else {
            return Err(if at == 0 { "it is no tar archive".into() } else { "it is truncated".into() });
        };
        if block.iter().all(|byte| *byte == 0) {
            return if files.is_empty() { Err("it is empty".into()) } else { Ok(files) };
        }
        check_sum(block)?;
        let name = text(block, 0..100)?;
        let size = octal(block, 124..136)?;
        let kind = block.get(156).copied().unwrap_or_default();
        let end = usize::try_from(size).ok().and_then(|size| (at + BLOCK).checked_add(size));
        let Some((end, bytes)) = end.and_then(|end| Some((end, archive.get(at + BLOCK..end)?))) else {
            return Err(format!("it is truncated in `{}`", name.escape_debug()));
        };
        at = end.checked_next_multiple_of(BLOCK).ok_or("it is truncated")?;
        match kind {
            // The folder itself, as `tar -C DIR .` writes it.
            b'5' => continue,
            b'0' | 0 => {}
            _ => return Err(format!("`{}` is no plain file", name.escape_debug())),
        }
        let plain = plain(&name).ok_or_else(|| format!("`{}` leads elsewhere", name.escape_debug()))?;
        if size > LARGEST_FILE || files.len() >= MOST_FILES {
            return Err(format!("it has more than {MOST_FILES} files, or one of more than {} MiB", LARGEST_FILE >> 20));
        }
        if files.insert(plain.to_owned(), bytes.to_vec()).is_some() {
            return Err(format!("it has `{plain}` twice"));
        }
    }
}

/// A name in the folder: alone, or behind `./` or one folder's name.
fn plain(name: &str) -> Option<&str> {
    let name = name.strip_prefix("./").unwrap_or(name);
    let name = match name.split_once('/') {
        Some((folder, rest)) if !folder.is_empty() && folder != ".." => rest,
        Some(_) => return None,
        None => name,
    };
    let fits = !name.is_empty() && !name.contains('/') && name != "." && name != "..";
    (fits && !name.chars().any(char::is_control)).then_some(name)
}

fn check_sum(block: &[u8]) -> Result<(), String> {
    let wanted = octal(block, 148..156)?;
    let byte = |(at, byte): (usize, &u8)| if (148..156).contains(&at) { 32 } else { u64::from(*byte) };
    let sum: u64 = block.iter().enumerate().map(byte).sum();
    if sum == wanted { Ok(()) } else { Err("it is no tar archive, or damaged".into()) }
}

fn text(block: &[u8], range: std::ops::Range<usize>) -> Result<String, String> {
    let field = block.get(range).unwrap_or_default();
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    let text = std::str::from_utf8(field.get(..end).unwrap_or_default());
    text.map(str::to_owned).map_err(|_not_utf8| "a name in it is not UTF-8".to_owned())
}

fn octal(block: &[u8], range: std::ops::Range<usize>) -> Result<u64, String> {
    let text = text(block, range)?;
    u64::from_str_radix(text.trim(), 8).map_err(|_no_number| "it is no tar archive, or damaged".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn files(pairs: &[(&str, &[u8])]) -> Files {
        pairs.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect()
    }

    #[test]
    fn what_is_packed_is_read() {
        let all = files(&[("a.json", b"{}"), ("build.log", &[7; 1000]), ("empty", b"")]);
        let packed = write(&all);
        assert_eq!(read(&packed).unwrap(), all);
        assert_eq!(write(&all), packed);
        for end in (1..packed.len() - 2 * BLOCK).step_by(100) {
            read(&packed[..end]).unwrap_err();
        }
    }

    #[test]
    fn what_leads_elsewhere_is_refused() {
        let named = |name: &str, kind: u8| {
            let mut block = header(name, 1);
            block[156] = kind;
            let sum: u32 =
                block.iter().enumerate().map(|(at, b)| if (148..156).contains(&at) { 32 } else { u32::from(*b) }).sum();
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            block.extend([b'x'; BLOCK]);
            block.extend([0; 2 * BLOCK]);
            read(&block).map(|files| files.into_keys().collect::<Vec<_>>())
        };
        for name in ["plan.json", "./plan.json", "proof/plan.json"] {
            assert_eq!(named(name, b'0').unwrap(), ["plan.json"], "{name}");
        }
        for name in ["../plan.json", "/plan.json", "a/../b", "a/b/c", "..", "", "./..", "a/.."] {
            named(name, b'0').unwrap_err();
        }
        for kind in *b"123467xgLK" {
            named("plan.json", kind).unwrap_err();
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..2048), at in 0_usize..1024, byte: u8) {
            read(&bytes).ok();
            let mut packed = write(&files(&[("a", b"x")]));
            packed[at] = byte;
            read(&packed).ok();
        }
    }
}
