//! A model of 8 MB whose answer is known, in llama.cpp's GGUF format (<https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>).
//!
//! Its embeddings are unit vectors and its output matrix leads from each token to the next one of a fixed text, so it answers
//! every prompt with that text. The layers between are filled with small numbers: all of llama's operations are computed, and an
//! error in one of them that is larger than rounding changes the answer. It measures no speed and knows nothing.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::{Value, json};

use crate::failure::Result;

/// Its file.
pub(super) const NAME: &str = "answers-gpu-ok.gguf";
/// What it answers; no letter occurs twice.
const ANSWER: &str = "GPU ok";

/// Sizes of the network.
const EMBEDDING: usize = 320;
const LAYERS: usize = 8;
const HEADS: usize = 5;
const FEED_FORWARD: usize = 64;
/// `<unk>`, `<s>`, `</s>` and a token for each byte.
const VOCABULARY: usize = SPECIAL + 256;
const SPECIAL: usize = 3;
const END: usize = 2;
/// Far more than any GPU can hold, so that the size of the context is limited by memory alone.
const CONTEXT: u32 = 1 << 30;
/// The largest number in the layers between.
const NOISE: f32 = 0.02;

/// Types of GGUF values, and of tensors.
const U32: u32 = 4;
const I32: u32 = 5;
const F32: u32 = 6;
const STRING: u32 = 8;
const ARRAY: u32 = 9;
const TENSOR_F32: u32 = 0;
const TENSOR_F16: u32 = 1;
const ALIGNMENT: usize = 32;

/// Writes the model into `dir`, and returns what a report needs to know of it.
pub(super) fn write(dir: &Path) -> Result<Value> {
    let tensors = tensors();
    let mut head = Vec::new();
    let metadata = metadata();
    head.extend_from_slice(b"GGUF");
    head.extend_from_slice(&3_u32.to_le_bytes());
    for count in [tensors.len(), metadata.len()] {
        head.extend_from_slice(&number(count).to_le_bytes());
    }
    head.extend(metadata.into_iter().flatten());
    let mut offset = 0;
    for tensor in &tensors {
        head.extend(string(&tensor.name));
        head.extend_from_slice(&u32::try_from(tensor.shape.len())?.to_le_bytes());
        tensor.shape.iter().for_each(|size| head.extend_from_slice(&number(*size).to_le_bytes()));
        head.extend_from_slice(&tensor.kind.to_le_bytes());
        head.extend_from_slice(&number(offset).to_le_bytes());
        offset += tensor.bytes.len().next_multiple_of(ALIGNMENT);
    }
    head.resize(head.len().next_multiple_of(ALIGNMENT), 0);
    let mut file = BufWriter::new(File::create(dir.join(NAME))?);
    file.write_all(&head)?;
    for mut tensor in tensors {
        tensor.bytes.resize(tensor.bytes.len().next_multiple_of(ALIGNMENT), 0);
        file.write_all(&tensor.bytes)?;
    }
    file.flush()?;
    // Keys and values, of 32 bits each.
    Ok(json!({ "answer": ANSWER, "kv_bytes": LAYERS * 2 * EMBEDDING * 4 }))
}

fn metadata() -> Vec<Vec<u8>> {
    let size = |name: &str, value: usize| {
        (format!("llama.{name}"), U32, u32::try_from(value).unwrap_or_default().to_le_bytes().to_vec())
    };
    let text = |name: &str, value: &str| (name.to_owned(), STRING, string(value));
    let token = |name: &str, id: u32| (format!("tokenizer.ggml.{name}_token_id"), U32, id.to_le_bytes().to_vec());
    let special = ["<unk>", "<s>", "</s>"].map(String::from);
    let words: Vec<String> = special.into_iter().chain((0..=255_u8).map(|byte| format!("<0x{byte:02X}>"))).collect();
    let array = |name: &str, kind: u32, items: Vec<Vec<u8>>| {
        let mut bytes = kind.to_le_bytes().to_vec();
        bytes.extend_from_slice(&number(items.len()).to_le_bytes());
        bytes.extend(items.into_iter().flatten());
        (format!("tokenizer.ggml.{name}"), ARRAY, bytes)
    };
    // Unknown 2, control 3, byte 6.
    let kinds = [2_i32, 3, 3].into_iter().chain([6; 256]);
    let pairs = [
        text("general.architecture", "llama"),
        text("general.name", "answers GPU ok"),
        ("llama.context_length".into(), U32, CONTEXT.to_le_bytes().to_vec()),
        size("embedding_length", EMBEDDING),
        size("block_count", LAYERS),
        size("feed_forward_length", FEED_FORWARD),
        size("attention.head_count", HEADS),
        size("attention.head_count_kv", HEADS),
        size("rope.dimension_count", EMBEDDING / HEADS),
        ("llama.attention.layer_norm_rms_epsilon".into(), F32, 1e-5_f32.to_le_bytes().to_vec()),
        text("tokenizer.ggml.model", "llama"),
        array("tokens", STRING, words.iter().map(|word| string(word)).collect()),
        array("scores", F32, words.iter().map(|_| 0_f32.to_le_bytes().to_vec()).collect()),
        array("token_type", I32, kinds.map(|kind| kind.to_le_bytes().to_vec()).collect()),
        token("unknown", 0),
        token("bos", 1),
        token("eos", 2),
    ];
    pairs.into_iter().map(|(name, kind, value)| [string(&name), kind.to_le_bytes().to_vec(), value].concat()).collect()
}

struct Tensor {
    name: String,
    /// The length of a row comes first.
    shape: Vec<usize>,
    kind: u32,
    bytes: Vec<u8>,
}

fn tensors() -> Vec<Tensor> {
    let mut state = 1_u64;
    let mut noise = |name: String, shape: [usize; 2]| {
        let values = (0..shape.iter().product()).flat_map(|_| half(small(&mut state)).to_le_bytes());
        Tensor { name, shape: shape.into(), kind: TENSOR_F16, bytes: values.collect() }
    };
    let ones = |name: String| Tensor {
        name,
        shape: vec![EMBEDDING],
        kind: TENSOR_F32,
        bytes: std::iter::repeat_n(1_f32.to_le_bytes(), EMBEDDING).flatten().collect(),
    };
    // A row of the output matrix belongs to a token: it looks for the tokens before it.
    let unit = |name: &str, set: &dyn Fn(usize, usize) -> bool| {
        let places = (0..VOCABULARY).flat_map(|row| (0..EMBEDDING).map(move |column| (row, column)));
        let bytes =
            places.flat_map(|(row, column)| half(f32::from(u8::from(set(row, column)))).to_le_bytes()).collect();
        Tensor { name: name.into(), shape: vec![EMBEDDING, VOCABULARY], kind: TENSOR_F16, bytes }
    };
    let mut all = vec![
        unit("token_embd.weight", &|row, column| row == column),
        unit("output.weight", &|row, column| column < VOCABULARY && next(column) == row),
        ones("output_norm.weight".into()),
    ];
    for layer in 0..LAYERS {
        for (name, shape) in [
            ("attn_q", [EMBEDDING, EMBEDDING]),
            ("attn_k", [EMBEDDING, EMBEDDING]),
            ("attn_v", [EMBEDDING, EMBEDDING]),
            ("attn_output", [EMBEDDING, EMBEDDING]),
            ("ffn_gate", [EMBEDDING, FEED_FORWARD]),
            ("ffn_up", [EMBEDDING, FEED_FORWARD]),
            ("ffn_down", [FEED_FORWARD, EMBEDDING]),
        ] {
            all.push(noise(format!("blk.{layer}.{name}.weight"), shape));
        }
        all.extend(["attn_norm", "ffn_norm"].map(|name| ones(format!("blk.{layer}.{name}.weight"))));
    }
    all
}

/// The token that follows: the answer's first letter after all that is not in it, the end after its last.
fn next(token: usize) -> usize {
    let letters = ANSWER.as_bytes();
    let token_of = |at: usize| letters.get(at).map_or(END, |byte| SPECIAL + usize::from(*byte));
    let place = (0..letters.len()).find(|at| token_of(*at) == token);
    token_of(place.map_or(0, |at| at + 1))
}

/// The next number between minus and plus [`NOISE`] of a linear congruential generator.
fn small(state: &mut u64) -> f32 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    let bits = u16::try_from(*state >> 48).unwrap_or_default();
    (f32::from(bits) / 32768.0 - 1.0) * NOISE
}

/// A number of at most 1 as an IEEE half, rounded towards zero; what is below the smallest normal half becomes 0.
fn half(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = u16::try_from(bits >> 31).unwrap_or_default() << 15;
    let exponent = (bits >> 23 & 0xff).saturating_sub(112);
    if exponent == 0 {
        return sign;
    }
    sign | u16::try_from(exponent << 10 | bits >> 13 & 0x3ff).unwrap_or_default()
}

fn string(text: &str) -> Vec<u8> {
    [&number(text.len()).to_le_bytes(), text.as_bytes()].concat()
}

fn number(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_a_chain_of_tokens() {
        let (mut token, mut text) = (SPECIAL + usize::from(b'\n'), String::new());
        loop {
            token = next(token);
            if token == END {
                break;
            }
            text.push(char::from(u8::try_from(token - SPECIAL).unwrap()));
        }
        assert_eq!(text, ANSWER);
    }

    #[test]
    fn halves_are_those_of_ieee() {
        for (value, expected) in [(0.0, 0), (1.0, 0x3c00), (-1.0, 0xbc00), (0.5, 0x3800), (0.02, 0x251e), (1e-9, 0)] {
            assert_eq!(half(value), expected, "{value}");
        }
        let mut state = 1;
        assert!((0..1000).all(|_| small(&mut state).abs() <= NOISE));
    }

    #[test]
    fn the_file_is_a_model_of_a_few_megabytes() {
        let dir = tempfile::tempdir().unwrap();
        let about = write(dir.path()).unwrap();
        let bytes = std::fs::read(dir.path().join(NAME)).unwrap();
        assert!(
            bytes.starts_with(b"GGUF\x03\0\0\0") && (7_000_000..9_000_000).contains(&bytes.len()),
            "{}",
            bytes.len()
        );
        assert_eq!(about, json!({ "answer": "GPU ok", "kv_bytes": 20480 }));
    }
}
