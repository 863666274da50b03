//! JSON into a tree. `RawValue` borrows from the text, so its address tells where a value stands.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{Entry, MAX_DEPTH, Node, TOO_DEEP, TreeError, Value};

pub(crate) fn tree(text: &str) -> Result<Node, TreeError> {
    let source = Source { text };
    // The whole text is checked first: raw values are only skimmed until they are read themselves.
    let whole =
        serde_json::from_str::<serde_json::Value>(text).and_then(|_value| serde_json::from_str::<&RawValue>(text));
    match whole {
        Ok(raw) => source.node(raw, 0),
        Err(error) => Err(source.error(0, text, &error)),
    }
}

struct Source<'a> {
    text: &'a str,
}

impl<'a> Source<'a> {
    fn node(&self, raw: &'a RawValue, depth: usize) -> Result<Node, TreeError> {
        let at = self.offset(raw);
        if depth > MAX_DEPTH {
            return Err(TreeError::too_large(at, TOO_DEEP));
        }
        let level: Level<'a> = self.parse(raw)?;
        let value = match level {
            Level::Scalar => self.scalar(raw)?,
            Level::List(items) => {
                Value::List(items.into_iter().map(|item| self.node(item, depth + 1)).collect::<Result<_, _>>()?)
            }
            Level::Table(entries) => Value::Table(
                entries
                    .into_iter()
                    .map(|(key, value)| {
                        Ok(Entry { at: self.offset(key), key: self.parse(key)?, node: self.node(value, depth + 1)? })
                    })
                    .collect::<Result<_, TreeError>>()?,
            ),
        };
        Ok(Node { at, value })
    }

    fn scalar(&self, raw: &'a RawValue) -> Result<Value, TreeError> {
        Ok(match raw.get() {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            text if text.starts_with('"') => Value::Text(self.parse(raw)?),
            number => match number.parse() {
                Ok(integer) => Value::Integer(integer),
                Err(_) => Value::Float(number.parse().unwrap_or(f64::INFINITY)),
            },
        })
    }

    fn parse<T: Deserialize<'a>>(&self, raw: &'a RawValue) -> Result<T, TreeError> {
        serde_json::from_str(raw.get()).map_err(|error| self.error(self.offset(raw), raw.get(), &error))
    }

    /// Where the raw value begins in the text it borrows from.
    fn offset(&self, raw: &RawValue) -> usize {
        let start = self.text.as_ptr().addr();
        raw.get().as_ptr().addr().saturating_sub(start)
    }

    /// The error of parsing `part`, which begins at `at`. Its text names no value: it is of the kind
    /// "expected `,` or `}`", followed by a position that is taken off.
    fn error(&self, at: usize, part: &str, error: &serde_json::Error) -> TreeError {
        let line_start: usize = part.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let at = at + line_start + error.column().saturating_sub(1);
        let message = error.to_string();
        let reason = message.split(" at line ").next().unwrap_or_default();
        if reason == "recursion limit exceeded" {
            return TreeError::too_large(at.min(self.text.len()), TOO_DEEP);
        }
        TreeError::syntax(at.min(self.text.len()), reason)
    }
}

/// One level of a value: what it holds, not yet read.
enum Level<'a> {
    Scalar,
    List(Vec<&'a RawValue>),
    Table(Vec<(&'a RawValue, &'a RawValue)>),
}

impl<'de> Deserialize<'de> for Level<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LevelVisitor)
    }
}

struct LevelVisitor;

impl<'de> Visitor<'de> for LevelVisitor {
    type Value = Level<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Level::Scalar)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Level::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Level::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Level::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Level::Scalar)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Level::Scalar)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Level::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Level::Table(entries))
    }
}
