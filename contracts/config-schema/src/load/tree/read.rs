//! Reads a tree into types by serde, and keeps the place and the keys of whatever goes wrong.

use std::collections::HashSet;

use serde::{
    Deserialize,
    de::{
        DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
        value::StrDeserializer,
    },
    forward_to_deserialize_any,
};

use super::{Entry, Node, ReadError, Value};

/// How a date is named among serde's unexpected values.
pub(super) const DATE: &str = "date";

/// Reads the tree into `T`.
pub(crate) fn read<'a, T: Deserialize<'a>>(node: &'a Node) -> Result<T, ReadError> {
    T::deserialize(node)
}

/// What a YAML scalar without quotes stands for where any value may stand: the core schema,
/// <https://yaml.org/spec/1.2.2/#103-core-schema>.
fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

fn integer(text: &str) -> Option<i128> {
    if let Some(digits) = text.strip_prefix("0x") {
        return i128::from_str_radix(digits, 16).ok();
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return i128::from_str_radix(digits, 8).ok();
    }
    text.parse().ok()
}

fn float(text: &str) -> Option<f64> {
    match text.trim_start_matches(['+', '-']) {
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        ".inf" | ".Inf" | ".INF" if text.starts_with('-') => Some(f64::NEG_INFINITY),
        ".inf" | ".Inf" | ".INF" => Some(f64::INFINITY),
        digits if digits.starts_with(|first: char| first == '.' || first.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    }
}

fn visit_integer<'de, V: Visitor<'de>>(number: i128, visitor: V) -> Result<V::Value, ReadError> {
    if let Ok(number) = u64::try_from(number) {
        visitor.visit_u64(number)
    } else if let Ok(number) = i64::try_from(number) {
        visitor.visit_i64(number)
    } else {
        Err(ReadError::invalid_value(Unexpected::Other("integer"), &visitor))
    }
}

impl Node {
    fn visit<'de, V: Visitor<'de>>(&'de self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Integer(number) => visit_integer(*number, visitor),
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::Date => Err(ReadError::invalid_type(Unexpected::Other(DATE), &visitor)),
            Value::List(items) => visitor.visit_seq(Items { items: items.iter().enumerate() }),
            Value::Table(entries) => {
                visitor.visit_map(Entries { rest: entries.iter(), current: None, seen: HashSet::new() })
            }
            Value::Plain(text) => {
                if is_null(text) {
                    visitor.visit_unit()
                } else if let Some(value) = boolean(text) {
                    visitor.visit_bool(value)
                } else if let Some(number) = integer(text) {
                    visit_integer(number, visitor)
                } else if let Some(number) = float(text) {
                    visitor.visit_f64(number)
                } else {
                    visitor.visit_borrowed_str(text)
                }
            }
        }
    }

    /// A YAML scalar without quotes is the text it is written as, unless it says that there is nothing.
    fn visit_text<'de, V: Visitor<'de>>(&'de self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.value {
            Value::Plain(text) if !is_null(text) => visitor.visit_borrowed_str(text),
            _ => self.visit(visitor),
        }
    }

    fn visit_option<'de, V: Visitor<'de>>(&'de self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.value {
            Value::Null => visitor.visit_none(),
            Value::Plain(text) if is_null(text) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn visit_enum<'de, V: Visitor<'de>>(&'de self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.value {
            Value::Text(text) => visitor.visit_enum(word(text)),
            Value::Plain(text) if !is_null(text) => visitor.visit_enum(word(text)),
            _ => self.visit(visitor),
        }
    }
}

fn word(text: &str) -> StrDeserializer<'_, ReadError> {
    text.into_deserializer()
}

/// Every error gets this node's place, unless a node inside it has set its own.
macro_rules! placed {
    ($($method:ident => $visit:ident),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            self.$visit(visitor).map_err(|error| error.at(self.at))
        })*
    };
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = ReadError;

    placed! {
        deserialize_any => visit,
        deserialize_str => visit_text,
        deserialize_string => visit_text,
        deserialize_identifier => visit_text,
        deserialize_option => visit_option,
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.visit_enum(visitor).map_err(|error| error.at(self.at))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self).map_err(|error| error.at(self.at))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct ignored_any
    }
}

struct Items<'de> {
    items: std::iter::Enumerate<std::slice::Iter<'de, Node>>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ReadError> {
        let Some((index, node)) = self.items.next() else {
            return Ok(None);
        };
        seed.deserialize(node).map(Some).map_err(|error| error.at(node.at).below_index(index))
    }
}

struct Entries<'de> {
    rest: std::slice::Iter<'de, Entry>,
    current: Option<&'de Entry>,
    seen: HashSet<&'de str>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        let Some(entry) = self.rest.next() else {
            return Ok(None);
        };
        self.current = Some(entry);
        if !self.seen.insert(&entry.key) {
            return Err(ReadError::duplicate(&entry.key).at(entry.at));
        }
        seed.deserialize(word(&entry.key)).map(Some).map_err(|error| error.at(entry.at))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, ReadError> {
        let Some(Entry { key, node, .. }) = self.current else {
            return Err(ReadError::custom("a value is asked for before its key"));
        };
        seed.deserialize(node).map_err(|error| error.at(node.at).below_key(key))
    }
}
