//! Versions of symbols such as `2.38` and `3.4.30`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A version of up to three numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version(pub u32, pub u32, pub u32);

/// A text that is no version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoVersion;

impl fmt::Display for NoVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is not a version such as `2.38`")
    }
}

impl std::error::Error for NoVersion {}

impl FromStr for Version {
    type Err = NoVersion;

    fn from_str(text: &str) -> Result<Self, NoVersion> {
        let mut numbers = [0; 3];
        let parts: Vec<&str> = text.split('.').collect();
        if parts.len() > 3 {
            return Err(NoVersion);
        }
        for (number, part) in numbers.iter_mut().zip(parts) {
            if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(NoVersion);
            }
            *number = part.parse().map_err(|_too_large| NoVersion)?;
        }
        let [major, minor, patch] = numbers;
        Ok(Self(major, minor, patch))
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

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(major, minor, patch) = self;
        write!(f, "{major}.{minor}")?;
        if *patch > 0 { write!(f, ".{patch}") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_decide_not_letters() {
        let version = |text: &str| text.parse::<Version>();
        assert!(version("2.38").unwrap() > version("2.4").unwrap());
        assert!(version("3.4.30").unwrap() > version("3.4").unwrap());
        assert_eq!(version("2.38").unwrap().to_string(), "2.38");
        for text in ["", "2.", ".2", "a", "2.3.4.5", "99999999999", "2.-1", "2.+1"] {
            assert_eq!(version(text), Err(NoVersion), "{text:?}");
        }
    }
}
