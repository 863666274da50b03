//! Masks known values in a stream of bytes, also where a value is split over two chunks.
//!
//! Only values are masked here, never what follows a telling name: a program's output is parsed, and must stay as it is.

use crate::{MASK, Redactor};

/// Masks one stream. With no known value it copies nothing.
#[derive(Debug)]
pub struct MaskStream {
    redactor: Redactor,
    /// The end of the stream so far, which may be the beginning of a value.
    held: Vec<u8>,
}

impl MaskStream {
    /// Masks what `redactor` knows.
    pub fn new(redactor: &Redactor) -> Self {
        Self { redactor: redactor.clone(), held: Vec::new() }
    }

    /// Hands the next bytes on, masked; bytes that may be the beginning of a value come with a later call.
    pub fn push(&mut self, chunk: &[u8], on_bytes: &mut dyn FnMut(&[u8])) {
        if self.redactor.is_empty() {
            on_bytes(chunk);
        } else if self.held.is_empty() {
            let kept = self.emit(chunk, on_bytes);
            self.held.extend_from_slice(chunk.get(kept..).unwrap_or_default());
        } else {
            let mut bytes = std::mem::take(&mut self.held);
            bytes.extend_from_slice(chunk);
            let kept = self.emit(&bytes, on_bytes);
            bytes.drain(..kept);
            self.held = bytes;
        }
    }

    /// Hands on what was held back, at the end of the stream.
    pub fn finish(&mut self, on_bytes: &mut dyn FnMut(&[u8])) {
        let bytes = std::mem::take(&mut self.held);
        // A shorter value may be complete in what could have become a longer one.
        self.emit_until(&bytes, on_bytes, |_| bytes.len());
    }

    /// Hands on all of `bytes` that is decided; returns how much that was.
    fn emit(&self, bytes: &[u8], on_bytes: &mut dyn FnMut(&[u8])) -> usize {
        self.emit_until(bytes, on_bytes, |from| self.redactor.search().open(bytes, from).unwrap_or(bytes.len()))
    }

    /// Hands on `bytes` up to where `decided` says that no more is decided, given how much was handed on so far.
    fn emit_until(&self, bytes: &[u8], on_bytes: &mut dyn FnMut(&[u8]), decided: impl Fn(usize) -> usize) -> usize {
        let (mut from, mut until) = (0, decided(0));
        loop {
            let found = self.redactor.find(bytes, from).filter(|found| found.start < until);
            let (end, mask) = found.as_ref().map_or((until, &[][..]), |found| (found.start, MASK.as_bytes()));
            for part in [bytes.get(from..end).unwrap_or_default(), mask] {
                if !part.is_empty() {
                    on_bytes(part);
                }
            }
            let Some(found) = found else {
                return until;
            };
            from = found.end;
            if until < from {
                until = decided(from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn redactor(values: &[&str]) -> Redactor {
        let mut redactor = Redactor::new();
        for value in values {
            redactor.add(value);
        }
        redactor
    }

    fn masked(values: &[&str], chunks: &[&[u8]]) -> String {
        let mut mask = MaskStream::new(&redactor(values));
        let mut out = Vec::new();
        for chunk in chunks {
            mask.push(chunk, &mut |bytes| out.extend_from_slice(bytes));
        }
        mask.finish(&mut |bytes| out.extend_from_slice(bytes));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_are_masked_wherever_chunks_end() {
        assert_eq!(masked(&[], &[b"s3cret"]), "s3cret");
        assert_eq!(masked(&["s3cret"], &[b"a s3cret, s3c", b"ret and s3cre"]), "a ***, *** and s3cre");
        assert_eq!(masked(&["s3cret", "s3cret-long"], &[b"s3cret", b"-long s3cret", b"!"]), "*** ***!");
        assert_eq!(masked(&["s3cret", "s3cret-long"], &[b"x s3cret-lo"]), "x ***-lo");
        assert_eq!(masked(&["aaaaab"], &[b"aaaaaaaa", b"b"]), "aaa***");
        assert_eq!(masked(&["s3cr3t/+x"], &[b"s3cr3t%2F", b"%2Bx s3cr3t%2F%2B", b"x"]), "*** ***");
    }

    /// What cannot be a value's beginning is not held back, so that lines come as they are printed.
    #[test]
    fn only_the_beginning_of_a_value_is_held_back() {
        let mut mask = MaskStream::new(&redactor(&["s3cret"]));
        let mut out = Vec::new();
        mask.push(b"line\n", &mut |bytes| out.extend_from_slice(bytes));
        assert_eq!(out, b"line\n");
    }

    proptest! {
        #[test]
        fn chunks_make_no_difference(text in "[abcxy]{0,80}", values in prop::collection::vec("[abc]{4,6}[xy][abc]", 1..4), size in 1_usize..9) {
            let values: Vec<_> = values.iter().map(String::as_str).collect();
            let chunks: Vec<_> = text.as_bytes().chunks(size).collect();
            let out = masked(&values, &chunks);
            prop_assert_eq!(&out, &masked(&values, &[text.as_bytes()]));
            prop_assert!(values.iter().all(|value| !out.contains(value)));
        }
    }
}
