//! Reads a log of any size into bounded memory: its start and its end, which is all that the rules look at.

use std::fmt::Write;
use std::io::{self, Read};

use crate::text::WINDOW;

/// How much is read at once, in bytes.
const CHUNK: usize = 256 << 10;

/// Reads a log to its end and keeps the first and the last 2 MiB of it; between them, where something is left out, a line of
/// its own says how much. Bytes that are not UTF-8 are replaced.
///
/// # Errors
///
/// What the reader returns, except for [`io::ErrorKind::Interrupted`].
pub fn read_log(mut reader: impl Read) -> io::Result<String> {
    let mut head = Vec::new();
    reader.by_ref().take(WINDOW as u64).read_to_end(&mut head)?;
    let (mut tail, mut chunk, mut left_out) = (Vec::new(), vec![0; CHUNK], 0);
    loop {
        let count = match reader.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        tail.extend_from_slice(chunk.get(..count).unwrap_or_default());
        // Moved seldom, so that each byte is copied about twice.
        if tail.len() > 2 * WINDOW {
            left_out += tail.drain(..tail.len() - WINDOW).count();
        }
    }
    if tail.len() > WINDOW {
        left_out += tail.drain(..tail.len() - WINDOW).count();
    }
    let mut text = String::from_utf8_lossy(&head).into_owned();
    if left_out > 0 {
        // Writing to a `String` cannot fail.
        write!(text, "\n... {left_out} bytes are left out ...\n").ok();
    }
    text.push_str(&String::from_utf8_lossy(&tail));
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives what it holds in pieces of a few bytes, as a pipe may.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(to.len()).min(70_001);
            to[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn a_small_log_is_whole() {
        for text in ["", "a", "a\nb\n", "\u{e4}\n"] {
            assert_eq!(read_log(text.as_bytes()).unwrap(), text);
        }
        assert_eq!(read_log(&b"a\xffb"[..]).unwrap(), "a\u{fffd}b");
        let full = "x".repeat(2 * WINDOW);
        assert_eq!(read_log(Slow(full.as_bytes())).unwrap(), full);
    }

    #[test]
    fn a_large_log_is_its_start_and_its_end() {
        for more in [1, 5, WINDOW, 3 * WINDOW + 7] {
            let log = format!("start{}end", "x".repeat(2 * WINDOW - 8 + more));
            let read = read_log(Slow(log.as_bytes())).unwrap();
            assert!(read.starts_with("start") && read.ends_with("end"), "{more}");
            assert!(read.contains(&format!("... {more} bytes are left out ...")), "{more}");
            assert!(read.len() < 2 * WINDOW + 60, "{more}");
        }
    }
}
