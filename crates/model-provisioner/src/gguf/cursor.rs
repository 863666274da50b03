//! Reading numbers and texts from a file whose claims are not trusted: every length is compared with what is left.

use std::io::{BufReader, Read, Seek, SeekFrom};

use super::GgufFault;

/// No header is longer, in bytes: the largest known vocabularies take some 20 MB.
const LONGEST_HEADER: u64 = 256 << 20;

/// A position in a file of known length.
pub(super) struct Cursor<R> {
    reader: BufReader<R>,
    at: u64,
    end: u64,
}

impl<R: Read + Seek> Cursor<R> {
    /// Starts at byte 0 of a file of `len` bytes.
    pub(super) fn new(reader: R, len: u64) -> Self {
        Self { reader: BufReader::with_capacity(64 << 10, reader), at: 0, end: len.min(LONGEST_HEADER) }
    }

    /// Starts at byte `at` of a file of `len` bytes.
    pub(super) fn at(mut reader: R, len: u64, at: u64) -> Result<Self, GgufFault> {
        reader.seek(SeekFrom::Start(at)).map_err(|error| GgufFault::Io(error.to_string()))?;
        let cursor = Self::new(reader, len);
        if at > cursor.end { Err(GgufFault::Cut(at)) } else { Ok(Self { at, ..cursor }) }
    }

    /// How many bytes were read.
    pub(super) fn position(&self) -> u64 {
        self.at
    }

    /// How many bytes may still be read.
    pub(super) fn left(&self) -> u64 {
        self.end - self.at
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], GgufFault> {
        self.claim(N as u64)?;
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, GgufFault> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, GgufFault> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A text with its length before it, of at most `most` bytes.
    pub(super) fn text(&mut self, what: &'static str, most: u64) -> Result<String, GgufFault> {
        let at = self.at;
        String::from_utf8(self.bytes(what, most)?).map_err(|_not_utf8| GgufFault::NotText(at))
    }

    /// Bytes with their length before them, at most `most`.
    pub(super) fn bytes(&mut self, what: &'static str, most: u64) -> Result<Vec<u8>, GgufFault> {
        let count = self.u64()?;
        if count > most {
            return Err(GgufFault::TooMany { what, count, most });
        }
        self.claim(count)?;
        let mut bytes = vec![0; usize::try_from(count).unwrap_or(0)];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// Passes over `count` bytes.
    pub(super) fn skip(&mut self, count: u64) -> Result<(), GgufFault> {
        self.claim(count)?;
        let step = i64::try_from(count).unwrap_or(0);
        self.reader.seek_relative(step).map_err(|error| GgufFault::Io(error.to_string()))?;
        self.at += count;
        Ok(())
    }

    /// Passes over a text with its length before it.
    pub(super) fn skip_text(&mut self) -> Result<(), GgufFault> {
        let count = self.u64()?;
        self.skip(count)
    }

    fn claim(&self, count: u64) -> Result<(), GgufFault> {
        if count > self.left() { Err(GgufFault::Cut(self.at)) } else { Ok(()) }
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), GgufFault> {
        self.reader.read_exact(bytes).map_err(|error| match error.kind() {
            // It shrank since its length was taken.
            std::io::ErrorKind::UnexpectedEof => GgufFault::Cut(self.at),
            _ => GgufFault::Io(error.to_string()),
        })?;
        self.at += bytes.len() as u64;
        Ok(())
    }
}
