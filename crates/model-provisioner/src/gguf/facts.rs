//! The key-value part of a header: what is kept of it (numbers, short texts, short lists of numbers) and what is passed
//! over (vocabularies, templates, tables).

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek};

use super::GgufFault;
use super::cursor::Cursor;

/// ggml's `GGUF_MAX_*`: a key has at most 65535 bytes.
pub(super) const LONGEST_KEY: u64 = 65_535;
/// Texts up to this many bytes are kept; longer ones (chat templates) are passed over.
const LONGEST_KEPT_TEXT: u64 = 512;
/// Lists of numbers up to this long are kept: one for each layer.
const LONGEST_KEPT_LIST: u64 = 2048;

/// What is kept of one value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fact {
    /// An integer or boolean.
    Number(i128),
    /// A floating-point number: nothing here needs its value.
    Real,
    /// A short text.
    Text(String),
    /// A short list of integers.
    List(Vec<i128>),
    /// Present, and not kept.
    Passed,
}

/// Key-value pairs by key.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Facts(BTreeMap<String, Fact>);

impl Facts {
    pub(super) fn read<R: Read + Seek>(cursor: &mut Cursor<R>, count: u64) -> Result<Self, GgufFault> {
        let (mut facts, mut seen) = (BTreeMap::new(), BTreeSet::new());
        for _ in 0..count {
            let key = cursor.text("bytes of a key", LONGEST_KEY)?;
            let fact = value(cursor, &key)?;
            if !seen.insert(key.clone()) {
                return Err(GgufFault::Twice(key));
            }
            facts.insert(key, fact);
        }
        Ok(Self(facts))
    }

    /// The value of a key that must be a number which is not negative, if it is there.
    pub(super) fn number(&self, key: &str) -> Result<Option<u64>, GgufFault> {
        match self.0.get(key) {
            None => Ok(None),
            Some(Fact::Number(number)) => match u64::try_from(*number) {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(GgufFault::Value(key.into())),
            },
            Some(_) => Err(GgufFault::Value(key.into())),
        }
    }

    /// The value of a key that is a short text.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        match self.0.get(key) {
            Some(Fact::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// One number for each of `layers` layers: a number counts for all of them, a list layer by layer. What is neither,
    /// or negative, is no answer.
    pub(super) fn per_layer(&self, key: &str, layers: u64) -> Option<Vec<u64>> {
        let all = match self.0.get(key)? {
            Fact::Number(number) => vec![*number; usize::try_from(layers.min(LONGEST_KEPT_LIST)).ok()?],
            Fact::List(list) if list.len() as u64 >= layers => list.get(..usize::try_from(layers).ok()?)?.to_vec(),
            _ => return None,
        };
        all.into_iter().map(|number| u64::try_from(number).ok()).collect()
    }
}

/// Reads the value of a key.
pub(super) fn value<R: Read + Seek>(cursor: &mut Cursor<R>, key: &str) -> Result<Fact, GgufFault> {
    let type_id = cursor.u32()?;
    match type_id {
        8 => text(cursor),
        9 => list(cursor, key),
        _ => scalar(cursor, type_id, key),
    }
}

/// Numbers of the types 0 to 7 and 10 to 12.
fn scalar<R: Read + Seek>(cursor: &mut Cursor<R>, type_id: u32, key: &str) -> Result<Fact, GgufFault> {
    Ok(match type_id {
        0 | 7 => Fact::Number(u8::from_le_bytes(cursor.array()?).into()),
        1 => Fact::Number(i8::from_le_bytes(cursor.array()?).into()),
        2 => Fact::Number(u16::from_le_bytes(cursor.array()?).into()),
        3 => Fact::Number(i16::from_le_bytes(cursor.array()?).into()),
        4 => Fact::Number(cursor.u32()?.into()),
        5 => Fact::Number(i32::from_le_bytes(cursor.array()?).into()),
        10 => Fact::Number(cursor.u64()?.into()),
        11 => Fact::Number(i64::from_le_bytes(cursor.array()?).into()),
        6 | 12 => {
            cursor.skip(size(type_id).unwrap_or(0))?;
            Fact::Real
        }
        _ => return Err(GgufFault::ValueType { key: key.into(), type_id }),
    })
}

fn size(type_id: u32) -> Option<u64> {
    match type_id {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

/// Texts of values need not be UTF-8 (vocabularies hold bytes); one that is not is passed over.
fn text<R: Read + Seek>(cursor: &mut Cursor<R>) -> Result<Fact, GgufFault> {
    let count = cursor.u64()?;
    if count > LONGEST_KEPT_TEXT || count > cursor.left() {
        cursor.skip(count)?;
        return Ok(Fact::Passed);
    }
    let mut bytes = Vec::new();
    for _ in 0..count {
        bytes.extend(cursor.array::<1>()?);
    }
    Ok(String::from_utf8(bytes).map_or(Fact::Passed, Fact::Text))
}

fn list<R: Read + Seek>(cursor: &mut Cursor<R>, key: &str) -> Result<Fact, GgufFault> {
    let type_id = cursor.u32()?;
    let count = cursor.u64()?;
    // Each element takes at least a byte: no count can make this loop longer than the file.
    if count > cursor.left() {
        return Err(GgufFault::Cut(cursor.position()));
    }
    if type_id == 8 {
        for _ in 0..count {
            cursor.skip_text()?;
        }
        return Ok(Fact::Passed);
    }
    // Lists of lists are in the format's text, and llama.cpp refuses them.
    let size = size(type_id).ok_or_else(|| GgufFault::ValueType { key: key.into(), type_id })?;
    if count > LONGEST_KEPT_LIST || matches!(type_id, 6 | 12) {
        let bytes = count.checked_mul(size).ok_or(GgufFault::Cut(cursor.position()))?;
        cursor.skip(bytes)?;
        return Ok(Fact::Passed);
    }
    let mut numbers = Vec::new();
    for _ in 0..count {
        if let Fact::Number(number) = scalar(cursor, type_id, key)? {
            numbers.push(number);
        }
    }
    Ok(Fact::List(numbers))
}
