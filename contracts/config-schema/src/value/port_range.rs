//! One entry of `ports`: a port, or a range of them.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Invalid, Port};

const TWO: Invalid = Invalid::new(
    "a range of ports is two of them with a `-` between, the lower first",
    "write a range in quotes, as in \"8080-8099\", and a single port as a number, without quotes",
);

/// A port, written as a number, or a range of ports with both ends, written as `"8080-8099"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    first: Port,
    last: Port,
}

impl PortRange {
    /// The numbers, in order; at least one.
    pub fn numbers(self) -> RangeInclusive<u16> {
        self.first.get()..=self.last.get()
    }
}

impl From<Port> for PortRange {
    fn from(port: Port) -> Self {
        Self { first: port, last: port }
    }
}

impl FromStr for PortRange {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let (first, last) = text.split_once('-').ok_or(TWO)?;
        let (first, last) = (first.trim().parse()?, last.trim().parse()?);
        if first <= last { Ok(Self { first, last }) } else { Err(TWO) }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

impl Serialize for PortRange {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.first == self.last { self.first.serialize(serializer) } else { serializer.collect_str(self) }
    }
}

impl<'de> Deserialize<'de> for PortRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = PortRange;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a port or a range of ports")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<PortRange, E> {
                Port::try_from(number).map(PortRange::from).map_err(E::custom)
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<PortRange, E> {
                // No port is that large, and neither is the largest signed number.
                self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<PortRange, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for PortRange {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PortRange".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A port, or a range of ports with both ends, as in \"8080-8099\".",
            "anyOf": [generator.subschema_for::<Port>(), { "type": "string", "pattern": "^[0-9]{1,5}-[0-9]{1,5}$" }],
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_ends_are_in_it() {
        let numbers =
            |text: &str| text.parse::<PortRange>().map(|range| (*range.numbers().start(), range.numbers().count()));
        assert_eq!(numbers("8080-8099"), Ok((8080, 20)));
        assert_eq!(numbers("65535 - 65535"), Ok((65535, 1)));
        for text in ["8080", "8099-8080", "", "-"] {
            assert!(numbers(text).is_err(), "{text}");
        }
        for text in ["0-1", "1-65536", "a-b", "1-2-3", "-1-2"] {
            assert!(numbers(text).is_err_and(|error| error.reason().contains("port")), "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_undoes_writing(a in 1..=u16::MAX, b in 1..=u16::MAX) {
            let port = |number: u16| Port::try_from(i64::from(number)).unwrap();
            let range = PortRange { first: port(a.min(b)), last: port(a.max(b)) };
            let written = serde_json::to_value(range).unwrap();
            prop_assert_eq!(written.is_number(), a == b);
            prop_assert_eq!(serde_json::from_value::<PortRange>(written).unwrap(), range);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9 -]{0,12}|\\PC{0,8}") {
            if let Ok(range) = text.parse::<PortRange>() {
                prop_assert!(!range.numbers().is_empty());
            }
        }
    }
}
