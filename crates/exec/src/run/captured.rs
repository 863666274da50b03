//! One stream of a program: its secrets masked, its end kept, its lines handed on.

use redact::MaskStream;

use crate::Redactor;

/// A line longer than this is handed on in pieces.
const LONGEST_LINE: usize = 64 << 10;

/// What one stream printed.
pub(super) struct Captured {
    mask: MaskStream,
    kept: Kept,
}

/// The end of what was printed, and the line that is not complete yet.
struct Kept {
    limit: usize,
    bytes: Vec<u8>,
    line: Vec<u8>,
}

impl Captured {
    /// Keeps the last `limit` bytes, with what `redactor` knows masked.
    pub(super) fn new(limit: usize, redactor: &Redactor) -> Self {
        Self { mask: MaskStream::new(redactor), kept: Kept { limit, bytes: Vec::new(), line: Vec::new() } }
    }

    pub(super) fn push(&mut self, chunk: &[u8], on_line: &mut dyn FnMut(&str)) {
        self.mask.push(chunk, &mut |bytes| self.kept.push(bytes, on_line));
    }

    /// What was kept, at the end of the stream.
    pub(super) fn finish(mut self, on_line: &mut dyn FnMut(&str)) -> Vec<u8> {
        self.mask.finish(&mut |bytes| self.kept.push(bytes, on_line));
        if !self.kept.line.is_empty() {
            self.kept.emit(on_line);
        }
        let Kept { limit, mut bytes, .. } = self.kept;
        bytes.drain(..bytes.len().saturating_sub(limit));
        bytes
    }
}

impl Kept {
    fn push(&mut self, chunk: &[u8], on_line: &mut dyn FnMut(&str)) {
        self.bytes.extend_from_slice(chunk);
        if self.bytes.len() > 2 * self.limit {
            self.bytes.drain(..self.bytes.len() - self.limit);
        }
        for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.line.len() > LONGEST_LINE {
                self.emit(on_line);
            }
        }
    }

    fn emit(&mut self, on_line: &mut dyn FnMut(&str)) {
        on_line(String::from_utf8_lossy(&self.line).trim_end_matches(['\n', '\r']));
        self.line.clear();
    }
}
