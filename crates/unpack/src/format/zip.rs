//! zip, as [its specification](https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT) describes it: stored and
//! deflated entries, zip64, Unix modes and links.
//!
//! The rule: the directory at the end says what there is, each entry's own header must agree with it, and no two entries
//! share a byte of the archive. Encryption, several disks and other methods are refused.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

use crate::UnpackError;
use crate::budget::Budget;
use crate::entry::{Entry, Kind, Sink};
use crate::name;

/// The end of the directory, without its comment, and how long that may be.
const END: u64 = 22;
const COMMENT: u64 = 65_535;

/// The mark of a field whose value is in the zip64 extension.
const LARGE: u64 = 0xffff_ffff;

/// Where the directory is.
#[derive(Debug)]
struct Directory {
    entries: u64,
    at: u64,
    size: u64,
}

/// One entry of the directory.
#[derive(Debug)]
struct Listed {
    name: Vec<u8>,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u64,
    size: u64,
    at: u64,
    mode: Option<u32>,
}

/// Hands the entries to `sink`.
pub(crate) fn read(file: &File, budget: &mut Budget, sink: &mut Sink<'_>) -> Result<(), UnpackError> {
    let length = file.metadata().map_err(UnpackError::malformed)?.len();
    let directory = directory(file, length)?;
    let mut taken: Vec<(u64, u64)> = Vec::new();
    let (mut at, end) = (directory.at, directory.at.saturating_add(directory.size));
    for _ in 0..directory.entries {
        budget.entry()?;
        let (listed, next) = listed(file, at, end)?;
        let start = content_at(file, &listed)?;
        let after = start.saturating_add(listed.packed);
        if after > directory.at {
            return Err(UnpackError::malformed("an entry reaches into the directory"));
        }
        taken.push((listed.at, after));
        entry(file, &listed, start, budget, sink)?;
        at = next;
    }
    taken.sort_unstable();
    if taken.windows(2).any(|pair| matches!(pair, [(_, end), (start, _)] if start < end)) {
        return Err(UnpackError::malformed("two entries share bytes"));
    }
    Ok(())
}

fn entry(
    file: &File,
    listed: &Listed,
    start: u64,
    budget: &mut Budget,
    sink: &mut Sink<'_>,
) -> Result<(), UnpackError> {
    let kind = kind(listed)?;
    budget.announces(listed.size)?;
    let packed = budget.count(Part { file, at: start, left: listed.packed });
    let content: Box<dyn Read> = match listed.method {
        0 => Box::new(packed),
        8 => Box::new(flate2::read::DeflateDecoder::new(packed)),
        _ => return Err(UnpackError::entry(&listed.name, "is compressed by a method that is not supported")),
    };
    let mut content = Checked {
        inner: content,
        left: listed.size,
        crc: flate2::Crc::new(),
        expected: listed.crc,
        budget,
        error: None,
    };
    let entry = match kind {
        Kind::Link(_) => {
            let mut target = Vec::new();
            if listed.size > name::LONGEST as u64 {
                return Err(UnpackError::entry(&listed.name, "links to no valid name"));
            }
            let read = content.read_to_end(&mut target);
            content.result(read)?;
            Entry { name: listed.name.clone(), kind: Kind::Link(target) }
        }
        kind => Entry { name: listed.name.clone(), kind },
    };
    let done = sink(&entry, &mut content);
    if let Some(error) = content.error.take() {
        return Err(error);
    }
    done?;
    let rest = io::copy(&mut content, &mut io::sink());
    content.result(rest).map(|_| ())
}

fn kind(listed: &Listed) -> Result<Kind, UnpackError> {
    if listed.flags & 0x41 != 0 {
        return Err(UnpackError::entry(&listed.name, "is encrypted"));
    }
    let mode = listed.mode.unwrap_or(0o644);
    if mode & 0o6000 != 0 {
        return Err(UnpackError::entry(&listed.name, "would run as another user (setuid or setgid)"));
    }
    let is_folder = listed.name.ends_with(b"/");
    match mode & 0o170_000 {
        0o040_000 => Ok(Kind::Folder),
        0 | 0o100_000 if is_folder => Ok(Kind::Folder),
        0 | 0o100_000 => Ok(Kind::File { executable: mode & 0o111 != 0, size: listed.size }),
        0o120_000 => Ok(Kind::Link(Vec::new())),
        _ => Err(UnpackError::entry(&listed.name, "is a device, a pipe or a socket")),
    }
}

/// The end of the directory: the last place whose comment reaches to the end of the file.
fn directory(file: &File, length: u64) -> Result<Directory, UnpackError> {
    let begin = length.saturating_sub(END + COMMENT);
    let tail = bytes(file, begin, length - begin)?;
    let starts = |at: &usize| {
        let rest = tail.get(*at..).unwrap_or_default();
        rest.starts_with(b"PK\x05\x06")
            && u16_at(rest, 20).is_some_and(|comment| rest.len() as u64 == END + u64::from(comment))
    };
    let last = tail.len().checked_sub(22).ok_or_else(cut)?;
    let at = (0..=last).rev().find(starts).ok_or_else(|| UnpackError::malformed("it has no directory"))?;
    let end = tail.get(at..).unwrap_or_default();
    let value = |at| u16_at(end, at).map(u64::from).ok_or_else(cut);
    let long = |at| u32_at(end, at).map(u64::from).ok_or_else(cut);
    if value(4)? != 0 || value(6)? != 0 || value(8)? != value(10)? {
        return Err(UnpackError::malformed("it is a part of several"));
    }
    let directory = Directory { entries: value(10)?, size: long(12)?, at: long(16)? };
    let end_at = begin + at as u64;
    let is_large = directory.entries == 0xffff || directory.size == LARGE || directory.at == LARGE;
    let directory = if is_large { large(file, end_at)? } else { directory };
    if directory.at.checked_add(directory.size).is_none_or(|end| end > end_at) {
        return Err(UnpackError::malformed("its directory lies outside"));
    }
    Ok(directory)
}

/// The end of the directory of a zip64 archive, by the locator that stands before the usual end.
fn large(file: &File, end_at: u64) -> Result<Directory, UnpackError> {
    let locator = bytes(file, end_at.checked_sub(20).ok_or_else(cut)?, 20)?;
    if !locator.starts_with(b"PK\x06\x07") {
        return Err(UnpackError::malformed("it has no zip64 directory"));
    }
    let end = bytes(file, u64_at(&locator, 8).ok_or_else(cut)?, 56)?;
    if !end.starts_with(b"PK\x06\x06") || u64_at(&end, 24) != u64_at(&end, 32) {
        return Err(UnpackError::malformed("its zip64 directory is malformed"));
    }
    let value = |at| u64_at(&end, at).ok_or_else(cut);
    Ok(Directory { entries: value(32)?, size: value(40)?, at: value(48)? })
}

/// The entry of the directory at `at`, and where the next one is.
fn listed(file: &File, at: u64, end: u64) -> Result<(Listed, u64), UnpackError> {
    let head = bytes(file, at, 46)?;
    if !head.starts_with(b"PK\x01\x02") {
        return Err(UnpackError::malformed("its directory is malformed"));
    }
    let short = |at| u16_at(&head, at).ok_or_else(cut);
    let long = |at| u32_at(&head, at).ok_or_else(cut);
    let (name_len, extra_len, comment_len) = (short(28)?, short(30)?, short(32)?);
    let name = bytes(file, at + 46, u64::from(name_len))?;
    let extra = bytes(file, at + 46 + u64::from(name_len), u64::from(extra_len))?;
    let next = at + 46 + u64::from(name_len) + u64::from(extra_len) + u64::from(comment_len);
    if next > end {
        return Err(cut());
    }
    // Of Unix (3) or macOS (19), in the high half of the attributes.
    let mode = matches!(head.get(5), Some(3 | 19)).then_some(long(38)? >> 16);
    let mut large = zip64(&extra).into_iter();
    let mut value = |short: u32| {
        if u64::from(short) == LARGE { large.next().ok_or_else(cut) } else { Ok(u64::from(short)) }
    };
    // In this order in the extension, each only where its field is full.
    let (size, packed, at) = (value(long(24)?)?, value(long(20)?)?, value(long(42)?)?);
    let (flags, method, crc) = (short(8)?, short(10)?, long(16)?);
    Ok((Listed { name, flags, method, crc, packed, size, at, mode }, next))
}

/// The values of the zip64 extension.
fn zip64(extra: &[u8]) -> Vec<u64> {
    let mut rest = extra;
    while let (Some(id), Some(length)) = (u16_at(rest, 0), u16_at(rest, 2)) {
        let Some(field) = rest.get(4..4 + usize::from(length)) else { break };
        if id == 1 {
            return (0..field.len() / 8).filter_map(|at| u64_at(field, at * 8)).collect();
        }
        rest = rest.get(4 + usize::from(length)..).unwrap_or_default();
    }
    Vec::new()
}

/// Where the content begins, behind the entry's own header, which must be of the same file.
fn content_at(file: &File, listed: &Listed) -> Result<u64, UnpackError> {
    let head = bytes(file, listed.at, 30)?;
    let short = |at| u16_at(&head, at).ok_or_else(cut);
    let (name_len, extra_len) = (u64::from(short(26)?), u64::from(short(28)?));
    let name_at = listed.at.saturating_add(30);
    let same = head.starts_with(b"PK\x03\x04")
        && short(8)? == listed.method
        && name_len == listed.name.len() as u64
        && bytes(file, name_at, name_len)? == listed.name;
    if !same {
        return Err(UnpackError::entry(&listed.name, "is another one in the archive's directory"));
    }
    Ok(name_at.saturating_add(name_len).saturating_add(extra_len))
}

/// Content that is exactly as long as announced and has the announced checksum.
struct Checked<'a> {
    inner: Box<dyn Read + 'a>,
    left: u64,
    crc: flate2::Crc,
    expected: u32,
    budget: &'a mut Budget,
    error: Option<UnpackError>,
}

impl Checked<'_> {
    fn fail<T>(&mut self, error: UnpackError) -> io::Result<T> {
        self.error = Some(error);
        Err(io::Error::other("limit"))
    }

    /// What a read came to, with the reason where it was this reader's own.
    fn result<T>(&mut self, read: io::Result<T>) -> Result<T, UnpackError> {
        match self.error.take() {
            Some(error) => Err(error),
            None => read.map_err(UnpackError::malformed),
        }
    }
}

impl Read for Checked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = match self.inner.read(buffer) {
            Ok(read) => read,
            Err(error) => return self.fail(UnpackError::malformed(error)),
        };
        if read as u64 > self.left {
            return self.fail(UnpackError::malformed("an entry is longer than announced"));
        }
        self.left -= read as u64;
        self.crc.update(buffer.get(..read).unwrap_or_default());
        if read == 0 && (self.left > 0 || self.crc.sum() != self.expected) {
            return self.fail(UnpackError::malformed("the checksum or length of an entry is wrong"));
        }
        match self.budget.bytes(read as u64) {
            Ok(()) => Ok(read),
            Err(error) => self.fail(error),
        }
    }
}

/// A part of the file.
struct Part<'a> {
    file: &'a File,
    at: u64,
    left: u64,
}

impl Read for Part<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.file.read_at(buffer.get_mut(..most).unwrap_or_default(), self.at)?;
        self.at += read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}

fn cut() -> UnpackError {
    UnpackError::malformed("it ends too early")
}

/// So many bytes at a place; at most 128 KiB are asked for.
fn bytes(file: &File, at: u64, length: u64) -> Result<Vec<u8>, UnpackError> {
    let mut bytes = vec![0; usize::try_from(length).ok().filter(|length| *length <= 128 << 10).ok_or_else(cut)?];
    file.read_exact_at(&mut bytes, at).map_err(|_early| cut())?;
    Ok(bytes)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    array(bytes, at).map(u64::from_le_bytes)
}
