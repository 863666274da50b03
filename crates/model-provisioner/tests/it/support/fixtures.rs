//! GGUF files: those in `tests/fixtures`, and small ones that are written byte by byte.

use std::path::{Path, PathBuf};

/// The folder of headers that `make.py` wrote.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/gguf")
}

/// The bytes of one of them.
pub(crate) fn read(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

/// All of them, by name.
pub(crate) fn all() -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "make.py")
        .map(|name| (name.clone(), read(&name)))
        .collect();
    all.sort();
    all
}

/// Writes GGUF files that no library would write.
pub(crate) struct Writer;

impl Writer {
    /// Magic, version 3 and the two counts.
    pub(crate) fn start(tensors: u64, pairs: u64) -> Vec<u8> {
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend(tensors.to_le_bytes());
        bytes.extend(pairs.to_le_bytes());
        bytes
    }

    /// A text with its length.
    pub(crate) fn text(text: &str) -> Vec<u8> {
        let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
        bytes.extend(text.as_bytes());
        bytes
    }

    /// A pair whose value has this type and these bytes.
    pub(crate) fn pair(key: &str, kind: u32, value: &[u8]) -> Vec<u8> {
        [Self::text(key), kind.to_le_bytes().to_vec(), value.to_vec()].concat()
    }

    /// An entry of a tensor.
    pub(crate) fn tensor(name: &str, sizes: &[u64], kind: u32, offset: u64) -> Vec<u8> {
        let mut bytes = Self::text(name);
        bytes.extend(u32::try_from(sizes.len()).unwrap().to_le_bytes());
        bytes.extend(sizes.iter().flat_map(|size| size.to_le_bytes()));
        bytes.extend(kind.to_le_bytes());
        bytes.extend(offset.to_le_bytes());
        bytes
    }

    /// One shard of `count` with some bytes of weights.
    pub(crate) fn shard(number: u16, count: u16, bytes: usize) -> Vec<u8> {
        let pairs = [
            Self::pair("general.architecture", 8, &Self::text("llama")),
            Self::pair("split.no", 2, &number.to_le_bytes()),
            Self::pair("split.count", 2, &count.to_le_bytes()),
            Self::pair("split.tensors.count", 5, &i32::from(count).to_le_bytes()),
        ];
        let tensor = Self::tensor(&format!("blk.{number}.w"), &[bytes as u64], 24, 0);
        let mut file = [Self::start(1, 4), pairs.concat(), tensor].concat();
        file.resize(file.len().next_multiple_of(32), 0);
        file.extend((0..bytes).map(|at| u8::try_from((at * 31 + usize::from(number)) % 251).unwrap()));
        file
    }

    /// A model in one file with some bytes of weights.
    pub(crate) fn model(bytes: usize) -> Vec<u8> {
        let pair = Self::pair("general.architecture", 8, &Self::text("llama"));
        let mut file = [Self::start(1, 1), pair, Self::tensor("w", &[bytes as u64], 24, 0)].concat();
        file.resize(file.len().next_multiple_of(32), 0);
        file.extend((0..bytes).map(|at| u8::try_from((at * 31) % 251).unwrap()));
        file
    }
}
