//! Versions of CUDA and of drivers: up to four numbers, compared as numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A version of one to four numbers, such as 12.8, 12.8.0.038 or 570.86.10; missing numbers are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version([u32; 4]);

/// The text is not a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a version")]
pub struct NoVersion;

impl Version {
    /// A version of two numbers.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self([major, minor, 0, 0])
    }

    /// The first number: CUDA's major version, a driver's branch.
    pub const fn major(self) -> u32 {
        self.0[0]
    }

    /// The first two numbers, which are what a driver and an image agree on in CUDA.
    #[must_use]
    pub const fn release(self) -> Self {
        Self([self.0[0], self.0[1], 0, 0])
    }
}

impl FromStr for Version {
    type Err = NoVersion;

    fn from_str(text: &str) -> Result<Self, NoVersion> {
        let mut numbers = [0; 4];
        for (at, part) in text.split('.').enumerate() {
            let number = numbers.get_mut(at).ok_or(NoVersion)?;
            if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(NoVersion);
            }
            *number = part.parse().map_err(|_too_large| NoVersion)?;
        }
        Ok(Self(numbers))
    }
}

impl TryFrom<String> for Version {
    type Error = NoVersion;

    fn try_from(text: String) -> Result<Self, NoVersion> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

/// At least two numbers; further ones down to the last that is not 0.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch, build] = self.0;
        write!(f, "{major}.{minor}")?;
        if patch > 0 || build > 0 {
            write!(f, ".{patch}")?;
        }
        if build > 0 { write!(f, ".{build}") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_as_numbers() {
        let version = |text: &str| text.parse::<Version>();
        assert!(version("12.10").unwrap() > version("12.9").unwrap());
        assert!(version("535.104.05").unwrap() < version("536").unwrap());
        assert_eq!(version("12.8.0.038").unwrap().release(), Version::new(12, 8));
        for (text, printed) in [("12", "12.0"), ("12.8.0", "12.8"), ("570.86.10", "570.86.10"), ("1.0.0.4", "1.0.0.4")]
        {
            assert_eq!(version(text).unwrap().to_string(), printed);
        }
        for text in ["", "12.", ".1", "12.x", "1.2.3.4.5", "99999999999", "+1", "12 "] {
            assert_eq!(version(text), Err(NoVersion), "{text:?}");
        }
    }
}
