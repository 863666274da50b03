//! What the tests share.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use unpack::{Options, UnpackError, Unpacked, unpack};

/// A file with this content.
pub(crate) fn file(path: &Path, bytes: &[u8]) -> PathBuf {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    File::create(path).unwrap().write_all(bytes).unwrap();
    path.to_owned()
}

/// Unpacks these bytes into a new folder, and checks that nothing was made outside of it.
pub(crate) fn try_bytes(bytes: &[u8], options: &Options) -> (Result<Unpacked, UnpackError>, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let archive = file(&dir.path().join("archive"), bytes);
    let result = unpack(&File::open(&archive).unwrap(), "archive", &dir.path().join("out"), options);
    let mut names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["archive", "out"]);
    (result, dir)
}

/// One entry of a tar archive, with a right checksum.
pub(crate) struct Tar(pub(crate) Vec<u8>);

impl Tar {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds an entry of any kind.
    pub(crate) fn add(mut self, kind: u8, name: &[u8], link: &[u8], mode: u32, content: &[u8]) -> Self {
        let size = format!("{:011o}", content.len());
        self = self.raw(kind, name, link, mode, size.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    /// Adds a header alone; `size` is written as it is.
    pub(crate) fn raw(mut self, kind: u8, name: &[u8], link: &[u8], mode: u32, size: &[u8]) -> Self {
        let mut block = [0_u8; 512];
        let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, name);
        put(100, format!("{mode:07o}").as_bytes());
        put(108, b"0000000\x000000000\0");
        put(124, size);
        put(136, b"00000000000\0");
        put(148, b"        ");
        put(156, &[kind]);
        put(157, link);
        put(257, b"ustar\x0000");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.0.extend_from_slice(&block);
        self
    }

    pub(crate) fn file(self, name: &str, content: &[u8]) -> Self {
        self.add(b'0', name.as_bytes(), b"", 0o644, content)
    }

    pub(crate) fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(&[0; 1024]);
        self.0
    }
}

/// A record of a pax header.
pub(crate) fn pax(key: &str, value: &str) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let length = (rest..rest + 10).find(|length| *length == rest + length.to_string().len()).unwrap();
    format!("{length} {key}={value}\n").into_bytes()
}
