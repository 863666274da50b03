//! Any bytes as a GGUF file: the header is read or refused, in bounded time and memory. Shared with `fuzz/`.

use std::io::Cursor;

use model_provisioner::gguf::{Header, KnownFormats, KvCache, vocabulary_difference};

/// What must hold for any bytes.
pub(crate) fn gguf(bytes: &[u8]) {
    let len = bytes.len() as u64;
    assert_eq!(vocabulary_difference((Cursor::new(bytes), len), (Cursor::new(bytes), len)), None);
    if let Ok(header) = Header::read(Cursor::new(bytes), len) {
        assert!(header.end <= len && header.weights <= len, "{header:?}");
        assert!(header.tensor_count() <= len / 24, "a tensor takes 24 bytes at least: {header:?}");
        for ctx in [0, 1, u64::MAX] {
            let memory = header.memory(&KvCache::of(ctx));
            assert!(memory.kv_least <= memory.kv, "{memory:?}");
        }
        let known = KnownFormats { architectures: ["llama".to_owned()].into(), tensor_types: [0].into() };
        assert!(header.unknown_to(&known).len() <= header.types.len() + 1, "{header:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::gguf;
    use crate::support::fixtures::{self, Writer};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            gguf(&bytes);
        }

        /// Any pairs and tensors behind a right beginning.
        #[test]
        fn any_bytes_after_the_magic(pairs in 0u64..5, tensors in 0u64..5, bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut file = Writer::start(tensors, pairs);
            file.extend(bytes);
            gguf(&file);
        }

        /// A real file with one byte changed, or cut short.
        #[test]
        fn real_files_with_faults(which in 0usize..64, at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
            let files = fixtures::all();
            let (_, mut bytes) = files[which % files.len()].clone();
            let at = at.index(bytes.len());
            if cut { bytes.truncate(at) } else { bytes[at] = byte }
            gguf(&bytes);
        }
    }
}
