//! What decided an entry, for a store that does not know what any of it means.
//!
//! A key is a hash of these inputs, so their bytes must not change when a manifest is read and written again. The usual
//! `serde_json::Value` sorts the fields of an object; this one keeps them as they were written.

use std::fmt;

use serde::de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Number;

/// Any JSON, with the fields of its objects in the order in which they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpaqueInputs(Json);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Json {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl OpaqueInputs {
    /// Typed inputs as the store keeps them. Maps without an order of their own would give another key each time: use
    /// sorted ones.
    pub fn of(inputs: &impl Serialize) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(&serde_json::to_vec(inputs)?)
    }

    /// The typed inputs again, for code that knows the recipe.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.canonical())
    }

    /// The bytes that are hashed: JSON without spaces, fields in their own order.
    pub fn canonical(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl Serialize for OpaqueInputs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for OpaqueInputs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Json::deserialize(deserializer).map(Self)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => value.serialize(serializer),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(values) => {
                let mut list = serializer.serialize_seq(Some(values.len()))?;
                values.iter().try_for_each(|value| list.serialize_element(value))?;
                list.end()
            }
            Self::Object(fields) => {
                let mut object = serializer.serialize_map(Some(fields.len()))?;
                fields.iter().try_for_each(|(name, value)| object.serialize_entry(name, value))?;
                object.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Json, E> {
        Number::from_f64(value).map(Json::Number).ok_or_else(|| E::custom("not a number of JSON"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut fields: Vec<(String, Json)> = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Json>()? {
            if fields.iter().any(|(other, _)| *other == name) {
                return Err(A::Error::custom(format!("the field `{name}` is there twice")));
            }
            fields.push((name, value));
        }
        Ok(Json::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Read from a pretty-printed manifest, the bytes to hash are those of the compact form that was hashed first.
    #[test]
    fn the_order_of_fields_stays() {
        let compact = r#"{"z":1,"a":{"y":null,"b":[true,-2,1.5,"ü\n"]},"files":{}}"#;
        let inputs: OpaqueInputs = serde_json::from_str(compact).unwrap();
        let pretty = serde_json::to_string_pretty(&inputs).unwrap();
        assert!(pretty.contains("\n  \"z\": 1,\n  \"a\""), "{pretty}");
        let again: OpaqueInputs = serde_json::from_str(&pretty).unwrap();
        assert_eq!(again.canonical(), compact.as_bytes());
        assert!(serde_json::from_str::<OpaqueInputs>(r#"{"a":1,"a":2}"#).is_err());
    }

    proptest! {
        #[test]
        fn what_is_typed_comes_back(text in "\\PC*", number: i64, names in proptest::collection::btree_map("[a-z]{1,4}", "\\PC{0,8}", 0..5)) {
            let typed = (text, number, names);
            let inputs = OpaqueInputs::of(&typed).unwrap();
            prop_assert_eq!(inputs.canonical(), serde_json::to_vec(&typed).unwrap());
            let pretty = serde_json::to_vec_pretty(&inputs).unwrap();
            let again: OpaqueInputs = serde_json::from_slice(&pretty).unwrap();
            prop_assert_eq!(&again, &inputs);
            prop_assert_eq!(again.read::<(String, i64, std::collections::BTreeMap<String, String>)>().unwrap(), typed);
        }
    }
}
