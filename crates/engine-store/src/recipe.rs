//! Which way of making an engine an entry follows, and in which version: it says how the entry's inputs are to be read.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// A name and a version, such as `llamacpp-source/1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Recipe(Cow<'static, str>);

impl Recipe {
    /// llama.cpp built from source, version 1. An entry whose manifest names no recipe follows this one: it was the only one
    /// when such manifests were written. Its manifests still leave the name out, so that earlier releases read them.
    pub const LLAMACPP_SOURCE_1: Self = Self(Cow::Borrowed("llamacpp-source/1"));

    /// The same, version 2: named by content, without paths, the repository's address and the CPU's name.
    pub const LLAMACPP_SOURCE_2: Self = Self(Cow::Borrowed("llamacpp-source/2"));

    /// A text of the form `name/version`: lower-case letters, digits and `-`, then a number without leading zeros.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, version) = text.split_once('/')?;
        let named = name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        let numbered = version.parse::<u32>().is_ok_and(|number| number > 0 && number.to_string() == version);
        (named && numbered && text.len() <= 64).then(|| Self(text.to_owned().into()))
    }

    /// As it is written in a manifest.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_first(&self) -> bool {
        *self == Self::LLAMACPP_SOURCE_1
    }
}

/// The recipe of an entry that names none.
impl Default for Recipe {
    fn default() -> Self {
        Self::LLAMACPP_SOURCE_1
    }
}

impl TryFrom<String> for Recipe {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is not a recipe such as `llamacpp-source/1`"))
    }
}

impl From<Recipe> for String {
    fn from(recipe: Recipe) -> Self {
        recipe.0.into_owned()
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_version() {
        assert_eq!(Recipe::parse("llamacpp-source/1"), Some(Recipe::default()));
        assert_eq!(Recipe::parse("llamacpp-source/2"), Some(Recipe::LLAMACPP_SOURCE_2));
        assert!(Recipe::parse("oci-image/12").is_some());
        for text in ["", "x", "x/", "/1", "x/0", "x/01", "x/+1", "X/1", "1x/1", "x y/1", "x/1/2", "../1"] {
            assert_eq!(Recipe::parse(text), None, "{text}");
        }
    }
}
