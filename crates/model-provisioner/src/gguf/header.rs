//! Reading a header from its first byte to its last, and the questions it answers.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek};

use super::cursor::Cursor;
use super::facts::Facts;
use super::{GgufFault, TensorType, tensors};

/// Key-value pairs at most; published models have some 40.
pub(super) const MOST_PAIRS: u64 = 65_536;
/// Tensors at most; published models have a few thousand.
const MOST_TENSORS: u64 = 262_144;

/// The header of one GGUF file.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Version of the format: 2 or 3.
    pub version: u32,
    /// `general.architecture`, such as `llama`.
    pub architecture: Option<String>,
    /// `general.name`.
    pub name: Option<String>,
    /// `general.file_type`, llama.cpp's `llama_ftype`.
    pub file_type: Option<u64>,
    /// How many tensors there are of each type.
    pub types: BTreeMap<TensorType, u64>,
    /// What part of a split model this file is.
    pub split: Option<Split>,
    /// The context it was trained for, in tokens.
    pub context_length: Option<u64>,
    /// Whether it has a chat template.
    pub has_chat_template: bool,
    /// Bytes of its tensors; at least that many where a type is not known here.
    pub weights: u64,
    /// Bytes of the file up to the end of its last tensor.
    pub end: u64,
    /// Bytes of the file.
    pub len: u64,
    pub(super) facts: Facts,
}

/// Which part of a split model a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// From 0.
    pub number: u64,
    /// How many parts there are.
    pub count: u64,
    /// Tensors of all parts together.
    pub tensors: Option<u64>,
}

impl Header {
    /// Reads the header of an open file.
    pub fn of(file: &File) -> Result<Self, GgufFault> {
        let len = file.metadata().map_err(|error| GgufFault::Io(error.to_string()))?.len();
        Self::read(file, len)
    }

    /// Reads the header of `len` bytes.
    pub fn read<R: Read + Seek>(reader: R, len: u64) -> Result<Self, GgufFault> {
        let mut cursor = Cursor::new(reader, len);
        if len < 4 || &cursor.array::<4>()? != b"GGUF" {
            return Err(GgufFault::Magic);
        }
        let version = match cursor.u32()? {
            version @ (2 | 3) => version,
            swapped if (1..=3).contains(&swapped.swap_bytes()) => return Err(GgufFault::BigEndian),
            version => return Err(GgufFault::Version(version)),
        };
        let tensor_count = count(cursor.u64()?, "tensors", MOST_TENSORS)?;
        let pairs = count(cursor.u64()?, "keys", MOST_PAIRS)?;
        let facts = Facts::read(&mut cursor, pairs)?;
        let alignment = match facts.number("general.alignment")? {
            None => 32,
            Some(alignment) if alignment.is_power_of_two() && alignment <= 1 << 20 => alignment,
            Some(_) => return Err(GgufFault::Value("general.alignment".into())),
        };
        let tensors = tensors::read(&mut cursor, tensor_count, alignment)?;
        let data = cursor.position().next_multiple_of(alignment);
        let end = if tensor_count == 0 { cursor.position() } else { data.saturating_add(tensors.bytes) };
        if end > len {
            return Err(GgufFault::DataCut { needs: end, has: len });
        }
        let architecture = facts.text("general.architecture").map(str::to_owned);
        let own = |key: &str| format!("{}.{key}", architecture.as_deref().unwrap_or_default());
        Ok(Self {
            version,
            name: facts.text("general.name").map(str::to_owned),
            file_type: facts.number("general.file_type")?,
            split: split(&facts)?,
            context_length: facts.number(&own("context_length"))?,
            has_chat_template: facts.has("tokenizer.chat_template"),
            types: tensors.types,
            weights: tensors.bytes,
            end,
            len,
            architecture,
            facts,
        })
    }

    /// How many tensors it has.
    pub fn tensor_count(&self) -> u64 {
        self.types.values().sum()
    }

    /// `{architecture}.{key}` as a number.
    pub(super) fn own(&self, key: &str) -> Option<u64> {
        self.facts.number(&self.own_key(key)).ok().flatten()
    }

    pub(super) fn own_key(&self, key: &str) -> String {
        format!("{}.{key}", self.architecture.as_deref().unwrap_or_default())
    }
}

fn count(count: u64, what: &'static str, most: u64) -> Result<u64, GgufFault> {
    if count > most { Err(GgufFault::TooMany { what, count, most }) } else { Ok(count) }
}

/// `split.*`, written by llama-gguf-split: <https://github.com/ggml-org/llama.cpp/tree/master/tools/gguf-split>.
fn split(facts: &Facts) -> Result<Option<Split>, GgufFault> {
    let (number, parts) = (facts.number("split.no")?, facts.number("split.count")?);
    match (number, parts) {
        (Some(number), Some(count)) if number < count => {
            Ok(Some(Split { number, count, tensors: facts.number("split.tensors.count")? }))
        }
        // llama.cpp reads a count of 0 or 1 as a model in one file.
        (None | Some(0), None | Some(0 | 1)) => Ok(None),
        _ => Err(GgufFault::Value("split.no".into())),
    }
}
