//! Whether two models have the same vocabulary, by llama.cpp's rule for a drafter: it proposes tokens by their numbers, so
//! that the same number has to be the same token in both.
//!
//! The rule: both lists are read side by side and never kept; what cannot be read is no difference.
//! <https://github.com/ggml-org/llama.cpp/blob/master/common/speculative.cpp> (`common_speculative_are_compatible`); the
//! rules for tokens that begin and end a text are not looked at, because their defaults are the engine's.

use std::fmt;
use std::io::{Read, Seek};

use super::GgufFault;
use super::cursor::Cursor;
use super::facts::{Fact, LONGEST_KEY, value};
use super::header::MOST_PAIRS;

/// llama.cpp's `SPEC_VOCAB_MAX_SIZE_DIFFERENCE`.
const MOST_MORE: u64 = 128;
/// llama.cpp's `SPEC_VOCAB_CHECK_START_TOKEN_ID`: control tokens before it may differ.
const FIRST: u64 = 5;
/// No token is longer, in bytes.
const LONGEST: u64 = 64 << 10;

/// In what two vocabularies differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VocabularyDifference {
    /// Their tokenizers, as `tokenizer.ggml.model` names them.
    Tokenizer(String, String),
    /// Their numbers of tokens, by more than llama.cpp lets pass.
    Size(u64, u64),
    /// The text of the token with this number.
    Token(u64, String, String),
}

impl fmt::Display for VocabularyDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tokenizer(one, other) => write!(f, "its tokenizer is `{other}`, and the model's is `{one}`"),
            Self::Size(one, other) => write!(f, "it has {other} tokens, and the model has {one}"),
            Self::Token(number, one, other) => write!(f, "its token {number} is {other:?}, and the model's is {one:?}"),
        }
    }
}

/// In what the vocabulary of a drafter differs from that of a model, both as open files of this many bytes; `None` where
/// they agree, and where either cannot be read or has no vocabulary.
pub fn vocabulary_difference<R: Read + Seek>(model: (R, u64), drafter: (R, u64)) -> Option<VocabularyDifference> {
    compare(model, drafter).ok().flatten()
}

fn compare<R: Read + Seek>(
    (mut model, model_len): (R, u64),
    (mut drafter, drafter_len): (R, u64),
) -> Result<Option<VocabularyDifference>, GgufFault> {
    let (Some(one), Some(other)) = (find(&mut model, model_len)?, find(&mut drafter, drafter_len)?) else {
        return Ok(None);
    };
    if let (Some(one), Some(other)) = (one.kind.as_deref(), other.kind.as_deref())
        && is_other_type(one, other)
    {
        return Ok(Some(VocabularyDifference::Tokenizer(one.to_owned(), other.to_owned())));
    }
    let (mut one, one_count) = one.tokens(&mut model, model_len)?;
    let (mut other, other_count) = other.tokens(&mut drafter, drafter_len)?;
    if one_count.abs_diff(other_count) > MOST_MORE {
        return Ok(Some(VocabularyDifference::Size(one_count, other_count)));
    }
    for number in 0..one_count.min(other_count) {
        let (one, other) = (token(&mut one)?, token(&mut other)?);
        // llama.cpp gives an empty token a name of its own.
        if number >= FIRST && one != other && !one.is_empty() && !other.is_empty() {
            let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
            return Ok(Some(VocabularyDifference::Token(number, text(one), text(other))));
        }
    }
    Ok(None)
}

/// Tokenizers of which llama.cpp knows that they are not the same type. Newer names may be of a type that has another name,
/// too.
fn is_other_type(one: &str, other: &str) -> bool {
    const TYPES: [&str; 5] = ["llama", "bert", "gpt2", "t5", "rwkv"];
    one != other && TYPES.contains(&one) && TYPES.contains(&other)
}

/// Where a file's vocabulary is.
struct Place {
    kind: Option<String>,
    at: u64,
}

impl Place {
    /// A position at the first token, and how many there are.
    fn tokens<R: Read + Seek>(&self, reader: R, len: u64) -> Result<(Cursor<R>, u64), GgufFault> {
        let mut cursor = Cursor::at(reader, len, self.at)?;
        let (list, text) = (cursor.u32()?, cursor.u32()?);
        if (list, text) != (9, 8) {
            return Err(GgufFault::Value("tokenizer.ggml.tokens".into()));
        }
        let count = cursor.u64()?;
        Ok((cursor, count))
    }
}

fn find<R: Read + Seek>(reader: R, len: u64) -> Result<Option<Place>, GgufFault> {
    let mut cursor = Cursor::at(reader, len, 0)?;
    if &cursor.array::<4>()? != b"GGUF" || !matches!(cursor.u32()?, 2 | 3) {
        return Err(GgufFault::Magic);
    }
    let (_tensors, pairs) = (cursor.u64()?, cursor.u64()?);
    let (mut kind, mut at) = (None, None);
    for _ in 0..pairs.min(MOST_PAIRS) {
        let key = cursor.text("bytes of a key", LONGEST_KEY)?;
        if key == "tokenizer.ggml.tokens" {
            at = Some(cursor.position());
        }
        match value(&mut cursor, &key)? {
            Fact::Text(text) if key == "tokenizer.ggml.model" => kind = Some(text),
            _ => {}
        }
    }
    Ok(at.map(|at| Place { kind, at }))
}

/// A token's text, which ends at its first zero as llama.cpp compares it.
fn token<R: Read + Seek>(cursor: &mut Cursor<R>) -> Result<Vec<u8>, GgufFault> {
    let mut bytes = cursor.bytes("bytes of a token", LONGEST)?;
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    bytes.truncate(end);
    Ok(bytes)
}
