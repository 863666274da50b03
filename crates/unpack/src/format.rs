//! Which format an archive has, by its first bytes, and its entries.

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};

use crate::UnpackError;
use crate::budget::Budget;
use crate::entry::{Entry, Kind, Sink};

pub(crate) mod pax;
pub(crate) mod tar;
pub(crate) mod zip;

/// Memory that a decoder may use, in bytes: that of `xz -9` and of `zstd --long=27`.
const MEMORY: u64 = 192 << 20;

/// The largest window of zstd that is decoded, as a power of two.
const WINDOW: u32 = 27;

/// What the first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Gzip,
    Xz,
    Zstd,
    Zip,
    Tar,
    /// An ELF file or a script: the program itself.
    Program,
}

/// The format, from the beginning of a file or of what it decompresses to.
fn format(head: &[u8]) -> Option<Format> {
    match head {
        [0x1f, 0x8b, 8, ..] => Some(Format::Gzip),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Format::Xz),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Format::Zstd),
        // A local file, or the end of an archive without any.
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Format::Zip),
        [0x7f, b'E', b'L', b'F', ..] | [b'#', b'!', ..] => Some(Format::Program),
        _ if tar::is_header(head) => Some(Format::Tar),
        _ => None,
    }
}

/// Hands the entries of an archive to `sink`. `name` is what a lone program is called.
pub(crate) fn read(file: &File, name: &str, budget: &mut Budget, sink: &mut Sink<'_>) -> Result<(), UnpackError> {
    let mut head = Vec::new();
    let mut start = file;
    start.seek(SeekFrom::Start(0)).map_err(UnpackError::malformed)?;
    start.take(512).read_to_end(&mut head).map_err(UnpackError::malformed)?;
    start.seek(SeekFrom::Start(0)).map_err(UnpackError::malformed)?;
    let counted = budget.count(BufReader::with_capacity(128 << 10, file));
    match format(&head).ok_or(UnpackError::UnknownFormat)? {
        Format::Tar => tar::read(counted, budget, sink),
        Format::Zip => zip::read(file, budget, sink),
        Format::Program => program(counted, file, name, budget, sink),
        compressed => {
            let mut inner = decoder(compressed, counted)?;
            let mut head = Vec::new();
            inner.by_ref().take(512).read_to_end(&mut head).map_err(UnpackError::malformed)?;
            let found = format(&head);
            let inner = BufReader::with_capacity(128 << 10, Cursor::new(head).chain(inner));
            match found {
                Some(Format::Tar) => tar::read(inner, budget, sink),
                // `engine.gz`: one program, compressed.
                Some(Format::Program) => program(inner, file, stem(name), budget, sink),
                _ => Err(UnpackError::UnknownFormat),
            }
        }
    }
}

fn decoder<'a>(format: Format, reader: impl Read + 'a) -> Result<Box<dyn Read + 'a>, UnpackError> {
    let buffered = BufReader::with_capacity(128 << 10, reader);
    Ok(match format {
        Format::Xz => {
            let stream = liblzma::stream::Stream::new_stream_decoder(MEMORY, liblzma::stream::CONCATENATED);
            let stream = stream.map_err(UnpackError::malformed)?;
            Box::new(liblzma::bufread::XzDecoder::new_stream(buffered, stream))
        }
        Format::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(buffered).map_err(UnpackError::malformed)?;
            decoder.window_log_max(WINDOW).map_err(UnpackError::malformed)?;
            Box::new(decoder)
        }
        _ => Box::new(flate2::bufread::MultiGzDecoder::new(buffered)),
    })
}

/// A program that comes alone.
fn program(
    mut reader: impl Read,
    file: &File,
    name: &str,
    budget: &mut Budget,
    sink: &mut Sink<'_>,
) -> Result<(), UnpackError> {
    budget.entry()?;
    let size = file.metadata().map_err(UnpackError::malformed)?.len();
    let entry = Entry { name: name.as_bytes().to_vec(), kind: Kind::File { executable: true, size } };
    let mut content = Lone { reader: &mut reader, budget, error: None };
    let taken = sink(&entry, &mut content);
    content.error.map_or(taken, Err)
}

/// The content of a lone program, counted: it says nowhere how long it is.
struct Lone<'a, R> {
    reader: &'a mut R,
    budget: &'a mut Budget,
    error: Option<UnpackError>,
}

impl<R: Read> Read for Lone<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        if let Err(error) = self.budget.bytes(read as u64) {
            self.error = Some(error);
            return Err(std::io::Error::other("limit"));
        }
        Ok(read)
    }
}

/// A name without its last extension.
fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem })
}
