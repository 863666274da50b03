//! The SHA-256 of a file.

use std::fmt::Write;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::DurableError;

/// A file's size in bytes and its SHA-256 in lower-case hexadecimal.
pub fn sha256(path: &Path) -> Result<(u64, String), DurableError> {
    let mut file = File::open(path).map_err(DurableError::io("read", path))?;
    let (mut hasher, mut size, mut buffer) = (Sha256::new(), 0, vec![0; 256 << 10]);
    loop {
        let n = file.read(&mut buffer).map_err(DurableError::io("read", path))?;
        if n == 0 {
            return Ok((size, hex(&hasher.finalize())));
        }
        size += n as u64;
        hasher.update(buffer.get(..n).unwrap_or_default());
    }
}

/// The SHA-256 of bytes in lower-case hexadecimal.
pub fn sha256_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a `String` cannot fail.
        write!(text, "{byte:02x}").ok();
        text
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_digest_is_sha256() {
        let dir = tempfile::tempdir().unwrap();
        crate::replace(&dir.path().join("f"), b"abc").unwrap();
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(super::sha256(&dir.path().join("f")).unwrap(), (3, expected.to_owned()));
        assert_eq!(super::sha256_of(b"abc"), expected);
    }
}
