//! tar: POSIX ustar and pax, GNU, and the old format, as
//! [POSIX](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html) and
//! [GNU](https://www.gnu.org/software/tar/manual/html_node/Standard.html) describe them.
//!
//! Sparse files, volumes and anything else that is not a file, a folder or a link are refused, not skipped.

use std::io::Read;

use crate::UnpackError;
use crate::budget::Budget;
use crate::entry::{Entry, Kind, Sink};
use crate::format::pax::{self, Pax};
use crate::name;

const BLOCK: usize = 512;

/// The largest header of names, in bytes.
const LARGEST_HEADER: u64 = 1 << 20;

/// Whether these bytes are a header: its checksum is right.
pub(crate) fn is_header(bytes: &[u8]) -> bool {
    bytes.get(..BLOCK).and_then(|block| block.try_into().ok()).is_some_and(|block: &[u8; BLOCK]| checksum_fits(block))
}

/// Hands the entries to `sink`.
pub(crate) fn read(mut reader: impl Read, budget: &mut Budget, sink: &mut Sink<'_>) -> Result<(), UnpackError> {
    let mut pending = Pending::default();
    let mut zeros = 0;
    loop {
        let Some(block) = next_block(&mut reader)? else {
            return if zeros > 0 { Ok(()) } else { Err(UnpackError::malformed("it ends without an end")) };
        };
        if block.iter().all(|byte| *byte == 0) {
            zeros += 1;
            if zeros == 2 {
                return if pending.is_empty() {
                    drain(&mut reader, budget)
                } else {
                    Err(UnpackError::malformed("a header of names belongs to no entry"))
                };
            }
            continue;
        }
        if zeros > 0 {
            return Err(UnpackError::malformed("there is an entry after its end"));
        }
        if !checksum_fits(&block) {
            return Err(UnpackError::malformed("the checksum of a header is wrong"));
        }
        budget.entry()?;
        let size = number(field(&block, 124, 12))?;
        let kind = block[156];
        if matches!(kind, b'L' | b'K' | b'x' | b'g') {
            let bytes = header(&mut reader, size)?;
            budget.bytes(bytes.len() as u64)?;
            pending.take(kind, &bytes)?;
            continue;
        }
        let pax = std::mem::take(&mut pending);
        entry(&block, size, pax, &mut reader, budget, sink)?;
    }
}

/// Headers that belong to the next entry.
#[derive(Debug, Default)]
struct Pending {
    long_name: Option<Vec<u8>>,
    long_target: Option<Vec<u8>>,
    pax: Option<Pax>,
}

impl Pending {
    fn is_empty(&self) -> bool {
        self.long_name.is_none() && self.long_target.is_none() && self.pax.is_none()
    }

    fn take(&mut self, kind: u8, bytes: &[u8]) -> Result<(), UnpackError> {
        let twice = match kind {
            b'L' => self.long_name.replace(until_nul(bytes).to_vec()).is_some(),
            b'K' => self.long_target.replace(until_nul(bytes).to_vec()).is_some(),
            b'x' => self.pax.replace(pax::parse(bytes)?).is_some(),
            // What holds for all entries is time and origin (git archive's commit); a name for all entries is a trick.
            _ => {
                let global = pax::parse(bytes)?;
                if global.path.is_some() || global.linkpath.is_some() || global.size.is_some() {
                    return Err(UnpackError::malformed("it names all entries at once"));
                }
                false
            }
        };
        if twice { Err(UnpackError::malformed("an entry has two names")) } else { Ok(()) }
    }
}

fn entry(
    block: &[u8; BLOCK],
    size: u64,
    pending: Pending,
    reader: &mut impl Read,
    budget: &mut Budget,
    sink: &mut Sink<'_>,
) -> Result<(), UnpackError> {
    let pax = pending.pax.unwrap_or_default();
    let name = pax.path.or(pending.long_name).unwrap_or_else(|| own_name(block));
    if pax.is_sparse {
        return Err(UnpackError::entry(&name, "is a sparse file, which is not supported"));
    }
    let size = pax.size.unwrap_or(size);
    let linked = || {
        let target = pax.linkpath.clone().or_else(|| pending.long_target.clone());
        target.unwrap_or_else(|| until_nul(field(block, 157, 100)).to_vec())
    };
    let mode = number(field(block, 100, 8))?;
    let (kind, size) = match block[156] {
        // The old format has no folders of their own: a slash at the end.
        0 | b'0' | b'7' if name.ends_with(b"/") && block[156] == 0 => (Kind::Folder, size),
        0 | b'0' | b'7' => (Kind::File { executable: mode & 0o111 != 0, size }, size),
        // Links and folders have no content, whatever the field says.
        b'1' => (Kind::SameAs(linked()), 0),
        b'2' => (Kind::Link(linked()), 0),
        b'5' => (Kind::Folder, 0),
        b'3' | b'4' => return Err(UnpackError::entry(&name, "is a device")),
        b'6' => return Err(UnpackError::entry(&name, "is a pipe")),
        b'S' => return Err(UnpackError::entry(&name, "is a sparse file, which is not supported")),
        b'M' | b'V' => return Err(UnpackError::entry(&name, "is a part of a volume, which is not supported")),
        _ => return Err(UnpackError::entry(&name, "is of an unknown kind")),
    };
    if mode & 0o6000 != 0 {
        return Err(UnpackError::entry(&name, "would run as another user (setuid or setgid)"));
    }
    budget.announces(size)?;
    let mut content = Content { reader, left: size, budget, error: None };
    let taken = sink(&Entry { name, kind }, &mut content);
    if let Some(error) = content.error.take() {
        return Err(error);
    }
    taken?;
    content.skip()?;
    padding(reader, size)
}

/// The content of a file, counted.
struct Content<'a, R> {
    reader: &'a mut R,
    left: u64,
    budget: &'a mut Budget,
    error: Option<UnpackError>,
}

impl<R: Read> Content<'_, R> {
    fn skip(&mut self) -> Result<(), UnpackError> {
        let mut buffer = [0; 8192];
        loop {
            let read = self.read(&mut buffer);
            if let Some(error) = self.error.take() {
                return Err(error);
            }
            if read.map_err(UnpackError::malformed)? == 0 {
                return Ok(());
            }
        }
    }
}

impl<R: Read> Read for Content<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..most).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        let read = self.reader.read(buffer)?;
        if read == 0 {
            return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "it ends in the middle of a file"));
        }
        self.left -= read as u64;
        if let Err(error) = self.budget.bytes(read as u64) {
            self.error = Some(error);
            return Err(std::io::Error::other("limit"));
        }
        Ok(read)
    }
}

/// The name in the header itself: with ustar's prefix where it has one.
fn own_name(block: &[u8; BLOCK]) -> Vec<u8> {
    let name = until_nul(field(block, 0, 100));
    let prefix = until_nul(field(block, 345, 155));
    // GNU keeps times in the place of the prefix, and calls itself `ustar  `.
    let has_prefix = field(block, 257, 6) == b"ustar\0" && !prefix.is_empty();
    if has_prefix { [prefix, name].join(&b'/') } else { name.to_vec() }
}

fn header(reader: &mut impl Read, size: u64) -> Result<Vec<u8>, UnpackError> {
    if size > LARGEST_HEADER {
        return Err(UnpackError::malformed("a header of names is larger than 1 MiB"));
    }
    let mut bytes = Vec::new();
    reader.take(size).read_to_end(&mut bytes).map_err(UnpackError::malformed)?;
    if bytes.len() as u64 != size {
        return Err(UnpackError::malformed("it ends in the middle of a header"));
    }
    padding(reader, size)?;
    Ok(bytes)
}

/// What fills the last block of `size` bytes.
fn padding(reader: &mut impl Read, size: u64) -> Result<(), UnpackError> {
    let left = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
    let skipped = std::io::copy(&mut reader.take(left), &mut std::io::sink()).map_err(UnpackError::malformed)?;
    if skipped == left { Ok(()) } else { Err(UnpackError::malformed("it ends in the middle of a block")) }
}

/// Reads what stands behind the end, so that the checksum of a compressed archive is looked at.
fn drain(reader: &mut impl Read, budget: &mut Budget) -> Result<(), UnpackError> {
    let mut buffer = [0; 8192];
    loop {
        let read = reader.read(&mut buffer).map_err(UnpackError::malformed)?;
        if read == 0 {
            return Ok(());
        }
        if buffer.iter().take(read).any(|byte| *byte != 0) {
            return Err(UnpackError::malformed("there is something after its end"));
        }
        budget.bytes(read as u64)?;
    }
}

/// The next block; `None` at the end of the file.
fn next_block(reader: &mut impl Read) -> Result<Option<[u8; BLOCK]>, UnpackError> {
    let (mut block, mut filled) = ([0; BLOCK], 0);
    while filled < BLOCK {
        let read = reader.read(block.get_mut(filled..).unwrap_or_default()).map_err(UnpackError::malformed)?;
        match (read, filled) {
            (0, 0) => return Ok(None),
            (0, _) => return Err(UnpackError::malformed("it ends in the middle of a block")),
            (read, _) => filled += read,
        }
    }
    Ok(Some(block))
}

fn field(block: &[u8; BLOCK], at: usize, length: usize) -> &[u8] {
    block.get(at..at + length).unwrap_or_default()
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// An octal number, or GNU's form for larger ones: a set first bit and a big-endian number.
fn number(field: &[u8]) -> Result<u64, UnpackError> {
    let bad = || UnpackError::malformed("a number of a header is malformed");
    if let Some((first, rest)) = field.split_first().filter(|(first, _)| **first & 0x80 != 0) {
        // A negative one is a time before 1970, and no size.
        let start = u64::from(first & 0x7f);
        return rest
            .iter()
            .try_fold(start, |value, byte| value.checked_mul(256)?.checked_add(u64::from(*byte)))
            .ok_or_else(bad);
    }
    let text = until_nul(field);
    let digits = text.trim_ascii();
    digits.iter().try_fold(0_u64, |value, digit| match digit {
        b'0'..=b'7' => {
            value.checked_mul(8).and_then(|value| value.checked_add(u64::from(digit - b'0'))).ok_or_else(bad)
        }
        _ => Err(bad()),
    })
}

/// Whether the sum of the header's bytes is the one it holds; old programs summed signed bytes.
fn checksum_fits(block: &[u8; BLOCK]) -> bool {
    let Ok(expected) = number(field(block, 148, 8)) else { return false };
    let counted = |at: usize, byte: u8| if (148..156).contains(&at) { b' ' } else { byte };
    let unsigned: u64 = block.iter().enumerate().map(|(at, byte)| u64::from(counted(at, *byte))).sum();
    let signed: i64 = block.iter().enumerate().map(|(at, byte)| i64::from(counted(at, *byte).cast_signed())).sum();
    let is_empty = block.iter().all(|byte| *byte == 0);
    !is_empty && (unsigned == expected || u64::try_from(signed) == Ok(expected)) && !name_is_empty(block)
}

/// A header without a name is none; it would make any 512 bytes with eight digits in the right place one.
fn name_is_empty(block: &[u8; BLOCK]) -> bool {
    until_nul(field(block, 0, 100)).is_empty() && until_nul(field(block, 345, 155)).is_empty()
}

/// The longest name that a header of names may hold is checked where it is used.
const _: () = assert!(name::LONGEST < 1 << 20);
