//! A TCP port that can be named in advance: 1 to 65535.

use std::{fmt, num::NonZeroU16, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Invalid;

/// A TCP port, 1 to 65535.
///
/// 0 is refused: it asks the kernel for any free port, and then nobody knows where the engine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "i64", into = "u16")]
#[cfg_attr(feature = "schema", schemars(extend("minimum" = 1, "maximum" = 65535)))]
pub struct Port(NonZeroU16);

const RANGE: Invalid = Invalid::new(
    "a port is a whole number from 1 to 65535",
    "write a port such as 8080; an engine that serves only this host may use any that is free",
);
const ZERO: Invalid = Invalid::new(
    "port 0 means \"any free port\", and then nobody knows where the engine is",
    "write a port from 1 to 65535, or leave `ports` out and one is chosen and reported",
);

impl Port {
    /// The number.
    pub fn get(self) -> u16 {
        self.0.get()
    }
}

impl TryFrom<i64> for Port {
    type Error = Invalid;

    fn try_from(number: i64) -> Result<Self, Invalid> {
        let number = u16::try_from(number).map_err(|_out_of_range| RANGE)?;
        NonZeroU16::new(number).map(Self).ok_or(ZERO)
    }
}

impl FromStr for Port {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let number: i64 = text.parse().map_err(|_not_a_number| RANGE)?;
        Self::try_from(number)
    }
}

impl From<Port> for u16 {
    fn from(port: Port) -> Self {
        port.get()
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(number: i64, expected: Result<u16, Invalid>) {
        assert_eq!(Port::try_from(number).map(Port::get), expected, "{number}");
    }

    #[test]
    fn the_edges_of_the_range() {
        check(1, Ok(1));
        check(65535, Ok(65535));
        check(0, Err(ZERO));
        check(-1, Err(RANGE));
        check(65536, Err(RANGE));
        check(i64::MIN, Err(RANGE));
    }

    proptest! {
        #[test]
        fn parse_undoes_display(number in 1..=u16::MAX) {
            let port = Port::try_from(i64::from(number)).unwrap();
            prop_assert_eq!(port.to_string().parse::<Port>(), Ok(port));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,12}") {
            if let Ok(port) = text.parse::<Port>() {
                prop_assert_ne!(port.get(), 0);
            }
        }
    }
}
