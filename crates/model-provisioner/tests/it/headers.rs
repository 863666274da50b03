//! Headers of published models of many architectures, and what is said of them.

use std::collections::BTreeSet;
use std::io::Cursor;

use model_provisioner::gguf::{GgufFault, Header, KnownFormats, KvCache, TensorType, Unknown};

use crate::support::fixtures::{self, Writer};

fn header(name: &str) -> Header {
    let bytes = fixtures::read(&format!("{name}.gguf"));
    Header::read(Cursor::new(&bytes), bytes.len() as u64).unwrap()
}

/// Name, architecture, context, chat template, type of most tensors, KV cache for 4096 tokens in MiB, and at least.
#[test]
fn published_models() {
    for (name, architecture, context, template, kind, kv, least) in [
        ("llama-3.1-8b", "llama", 131_072, true, "Q8_0", 512, 512),
        ("qwen3-30b-a3b", "qwen3moe", 40_960, true, "Q4_K", 384, 384),
        ("gemma-3-27b", "gemma3", 131_072, true, "Q4_0", 1984, 496),
        ("deepseek-v3", "deepseek2", 163_840, true, "IQ1_S", 274, 274),
        ("gpt-oss-20b", "gpt-oss", 131_072, true, "MXFP4", 192, 6),
        ("jamba-mini", "jamba", 262_144, true, "BF16", 64, 64),
        ("mamba-2.8b", "mamba", 1_048_576, true, "F16", 0, 0),
        ("bge-small", "bert", 512, false, "F32", 72, 72),
        ("t5-small", "t5", 512, false, "F32", 48, 48),
        ("phi-4", "phi3", 16_384, true, "Q6_K", 800, 800),
        ("falcon-7b", "falcon", 2048, true, "Q5_1", 32, 32),
        ("rwkv-7", "rwkv7", 1_048_576, true, "IQ4_XS", 0, 0),
    ] {
        let header = header(name);
        assert_eq!((header.version, header.architecture.as_deref()), (3, Some(architecture)), "{name}");
        assert_eq!((header.name.as_deref(), header.file_type), (Some(name), Some(1)), "{name}");
        assert_eq!((header.context_length, header.has_chat_template), (Some(context), template), "{name}");
        assert!(header.types.keys().any(|known| known.name() == Some(kind)), "{name}: {:?}", header.types);
        assert_eq!((header.tensor_count(), header.split), (3, None), "{name}");
        let memory = header.memory(&KvCache::of(4096));
        assert_eq!((memory.kv >> 20, memory.kv_least >> 20), (kv, least), "{name}");
        assert_eq!(header.memory(&KvCache::of(0)), header.memory(&KvCache::of(context)), "{name}");
        assert!(memory.weights > 0 && header.end <= header.len, "{name}");
    }
}

/// Sizes of tensors as ggml computes them: the end of the last is the end of the file, but for padding.
#[test]
fn every_file_ends_where_its_tensors_do() {
    for (name, bytes) in fixtures::all() {
        let header = Header::read(Cursor::new(&bytes), bytes.len() as u64).unwrap();
        assert!(header.len - header.end < 32, "{name}: {} and {}", header.end, header.len);
        let cut = header.end - 1;
        let cut = Header::read(Cursor::new(&bytes), cut).unwrap_err();
        assert!(matches!(cut, GgufFault::DataCut { .. }), "{name}: {cut}");
    }
}

#[test]
fn what_an_engine_does_not_know() {
    let known = KnownFormats {
        architectures: BTreeSet::from(["llama".to_owned(), "gemma3".to_owned()]),
        tensor_types: BTreeSet::from([0, 1, 2, 8]),
    };
    assert_eq!(header("llama-3.1-8b").unknown_to(&known), []);
    let unknown = header("gpt-oss-20b").unknown_to(&known);
    let expected = [Unknown::Architecture("gpt-oss".into()), Unknown::TensorType(TensorType(39))];
    assert_eq!(unknown, expected);
    assert_eq!(unknown[1].to_string(), "the tensor type MXFP4 (number 39)");
    let of_nothing = header("gpt-oss-20b").unknown_to(&KnownFormats::default());
    assert_eq!(of_nothing, [], "nothing is known of the engine");
    assert!(header("gpt-oss-20b").names_formats());
    let empty = Writer::start(0, 0);
    assert!(!Header::read(Cursor::new(&empty), empty.len() as u64).unwrap().names_formats());
}

fn fault(bytes: &[u8]) -> GgufFault {
    Header::read(Cursor::new(bytes), bytes.len() as u64).unwrap_err()
}

#[test]
fn bad_beginnings_and_counts() {
    for (bytes, expected) in [
        (b"".to_vec(), GgufFault::Magic),
        (b"GGU".to_vec(), GgufFault::Magic),
        (b"<!DOCTYPE html>".to_vec(), GgufFault::Magic),
        (b"GGUF".to_vec(), GgufFault::Cut(4)),
        (b"GGUF\0\0\0\x03\0\0".to_vec(), GgufFault::BigEndian),
        (b"GGUF\x01\0\0\0".to_vec(), GgufFault::Version(1)),
        (b"GGUF\x04\0\0\0".to_vec(), GgufFault::Version(4)),
        (b"GGUF\x03\0\0\0\x01".to_vec(), GgufFault::Cut(8)),
        (Writer::start(u64::MAX, 0), GgufFault::TooMany { what: "tensors", count: u64::MAX, most: 262_144 }),
        (Writer::start(0, 1 << 63), GgufFault::TooMany { what: "keys", count: 1 << 63, most: 65_536 }),
        (Writer::start(0, 65_536), GgufFault::Cut(24)),
    ] {
        assert_eq!(fault(&bytes), expected, "{bytes:?}");
    }
    let empty = Writer::start(0, 0);
    let header = Header::read(Cursor::new(&empty), empty.len() as u64).unwrap();
    assert_eq!((header.architecture.as_deref(), header.weights, header.memory(&KvCache::of(4096)).kv), (None, 0, 0));
}

fn one_pair(key: &str, kind: u32, value: &[u8]) -> GgufFault {
    fault(&[Writer::start(0, 1), Writer::pair(key, kind, value)].concat())
}

#[test]
fn bad_values() {
    let list = |kind: u32, count: u64| [kind.to_le_bytes().to_vec(), count.to_le_bytes().to_vec()].concat();
    let huge =
        |key: &str, kind, value: &[u8]| assert!(matches!(one_pair(key, kind, value), GgufFault::Cut(_)), "{kind}");
    huge("a", 8, &u64::MAX.to_le_bytes());
    huge("a", 9, &list(8, u64::MAX));
    huge("a", 9, &list(0, 1 << 62));
    huge("a", 9, &list(12, u64::MAX / 4));
    huge("a", 10, &[1, 2]);
    let nested = one_pair("a", 9, &[list(9, 1), list(9, 1)].concat());
    assert_eq!(nested, GgufFault::ValueType { key: "a".into(), type_id: 9 }, "llama.cpp refuses lists of lists");
    assert_eq!(one_pair("a", 99, &[0; 8]), GgufFault::ValueType { key: "a".into(), type_id: 99 });
    for value in [0_u32, 3, 1 << 31] {
        let fault = one_pair("general.alignment", 4, &value.to_le_bytes());
        assert_eq!(fault, GgufFault::Value("general.alignment".into()));
    }
    assert_eq!(one_pair("split.no", 5, &(-1_i32).to_le_bytes()), GgufFault::Value("split.no".into()));
    assert_eq!(one_pair("split.no", 2, &3_u16.to_le_bytes()), GgufFault::Value("split.no".into()), "no count");
    let pair = Writer::pair("a", 0, &[1]);
    assert_eq!(fault(&[Writer::start(0, 2), pair.clone(), pair].concat()), GgufFault::Twice("a".into()));
    let mut bytes = [Writer::start(0, 1), Writer::pair("ab", 0, &[1])].concat();
    bytes[32] = 0xff;
    assert_eq!(fault(&bytes), GgufFault::NotText(24));
}

#[test]
fn bad_tensors() {
    let file = |tensors: &[Vec<u8>]| {
        let mut bytes = [Writer::start(tensors.len() as u64, 0), tensors.concat()].concat();
        bytes.resize(4096, 0);
        bytes
    };
    let tensor = Writer::tensor;
    let name = |name: &str| GgufFault::Dimensions(name.into());
    assert_eq!(fault(&file(&[tensor("a", &[1, 1, 1, 1, 1], 0, 0)])), name("a"));
    assert_eq!(fault(&file(&[tensor("a", &[u64::MAX], 24, 0)])), name("a"), "negative");
    assert_eq!(fault(&file(&[tensor("a", &[1 << 40, 1 << 40], 0, 0)])), name("a"));
    assert_eq!(fault(&file(&[tensor("a", &[33], 2, 0)])), name("a"), "no whole block");
    let long = "x".repeat(64);
    assert!(matches!(fault(&file(&[tensor(&long, &[1], 0, 0)])), GgufFault::TooMany { .. }));
    assert_eq!(fault(&file(&[tensor("a", &[8], 0, 0), tensor("a", &[8], 0, 32)])), GgufFault::Twice("a".into()));
    let overlapping = fault(&file(&[tensor("a", &[64], 0, 0), tensor("b", &[8], 0, 32)]));
    assert_eq!(overlapping, GgufFault::Offset { name: "b".into(), offset: 32, expected: 256 });
    assert!(matches!(fault(&file(&[tensor("a", &[8], 0, 32)])), GgufFault::Offset { .. }), "a gap");
    assert!(matches!(fault(&file(&[tensor("a", &[1 << 20], 0, 0)])), GgufFault::DataCut { .. }));
    // A type that is not known here: what comes behind it cannot be compared, and is not refused.
    let bytes = file(&[tensor("a", &[64], 77, 0), tensor("b", &[8], 0, 512)]);
    let header = Header::read(Cursor::new(&bytes), 4096).unwrap();
    assert_eq!((header.types.get(&TensorType(77)), header.weights), (Some(&1), 512 + 32));
    assert_eq!(TensorType(77).to_string(), "ggml type 77");
}
