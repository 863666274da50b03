//! One `-DNAME[:TYPE]=VALUE`, the only kind of CMake argument an operator may give.

use std::fmt;

use crate::BuildError;

/// A CMake cache definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The variable.
    pub name: String,
    /// Its type, where one was given.
    pub kind: Option<String>,
    /// Its value.
    pub value: String,
}

/// The types a cache entry can have: <https://cmake.org/cmake/help/latest/prop_cache/TYPE.html>.
const TYPES: [&str; 7] = ["BOOL", "FILEPATH", "INTERNAL", "PATH", "STATIC", "STRING", "UNINITIALIZED"];

impl Definition {
    /// A definition from its parts, for a caller that has taken the text apart already. One that would choose what CMake or
    /// the build runs is refused.
    pub fn new(name: &str, kind: Option<&str>, value: &str) -> Result<Self, BuildError> {
        let definition = Self::trusted(name, kind, value)?;
        if definition.runs_code() {
            return Err(BuildError::UnsafeDefinition { name: definition.name });
        }
        Ok(definition)
    }

    /// Any definition from its parts, also a toolchain file, a launcher or an included project file, for an operator who trusts
    /// what it names. The digest of that file becomes a part of the build's key; what the file itself reads or runs does not.
    pub fn trusted(name: &str, kind: Option<&str>, value: &str) -> Result<Self, BuildError> {
        let definition = Self { name: name.into(), kind: kind.map(Into::into), value: value.into() };
        let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name || kind.is_some_and(|kind| !TYPES.contains(&kind)) || value.chars().any(char::is_control) {
            return Err(bad(&definition.to_string()));
        }
        if exec::looks_secret(name) {
            return Err(BuildError::SecretDefinition { name: name.into() });
        }
        Ok(definition)
    }

    /// Reads `-DNAME[:TYPE]=VALUE` as [`Definition::new`] takes it.
    pub fn parse(text: &str) -> Result<Self, BuildError> {
        let (name, kind, value) = parts(text).ok_or_else(|| bad(text))?;
        Self::new(name, kind, value)
    }

    /// Reads `-DNAME[:TYPE]=VALUE` as [`Definition::trusted`] takes it.
    pub fn parse_unsafe(text: &str) -> Result<Self, BuildError> {
        let (name, kind, value) = parts(text).ok_or_else(|| bad(text))?;
        Self::trusted(name, kind, value)
    }

    /// Whether it makes CMake or the build run a program of its choice.
    pub fn runs_code(&self) -> bool {
        let name = self.name.as_str();
        name == "CMAKE_TOOLCHAIN_FILE"
            || name.ends_with("_LAUNCHER")
            || name.starts_with("CMAKE_PROJECT_")
            || name.contains("_RULE_LAUNCH_")
            || name == "CMAKE_MAKE_PROGRAM"
    }

    /// Whether CMake's `if()` takes the value as true.
    /// <https://cmake.org/cmake/help/latest/command/if.html#constant>
    pub fn is_on(&self) -> bool {
        is_on(&self.value)
    }
}

/// Name, type and value of `-DNAME[:TYPE]=VALUE`.
fn parts(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let (left, value) = text.strip_prefix("-D")?.split_once('=')?;
    let (name, kind) = left.split_once(':').map_or((left, None), |(name, kind)| (name, Some(kind)));
    Some((name, kind, value))
}

fn bad(text: &str) -> BuildError {
    BuildError::BadDefinition { text: exec::Redactor::new().text(text).into_owned() }
}

/// CMake's true constants: 1, ON, YES, TRUE, Y, and every number but 0.
pub(crate) fn is_on(value: &str) -> bool {
    matches!(value.to_ascii_uppercase().as_str(), "ON" | "YES" | "TRUE" | "Y")
        || value.parse::<f64>().is_ok_and(|n| n != 0.0)
}

impl fmt::Display for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Some(kind) => write!(f, "-D{}:{kind}={}", self.name, self.value),
            None => write!(f, "-D{}={}", self.name, self.value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        for (text, on) in [
            ("-DA=ON", true),
            ("-DA:BOOL=yes", true),
            ("-DA=1", true),
            ("-DA=2", true),
            ("-DA=Y", true),
            ("-DA=", false),
            ("-DA=0", false),
            ("-DA=OFF", false),
            ("-DA=x=y", false),
        ] {
            let definition = Definition::parse(text).unwrap();
            assert_eq!((definition.to_string().as_str(), definition.is_on()), (text, on), "{text}");
        }
        for text in [
            "",
            "-D",
            "-DA",
            "A=1",
            "-D=1",
            "-D1A=1",
            "-DA B=1",
            "-DA:=1",
            "-P x",
            "--preset=x",
            "-DA=\n",
            "-DA:bool=1",
        ] {
            assert!(Definition::parse(text).is_err(), "{text:?}");
        }
        for name in
            ["CMAKE_TOOLCHAIN_FILE", "CMAKE_CXX_COMPILER_LAUNCHER", "CMAKE_PROJECT_INCLUDE", "CMAKE_MAKE_PROGRAM"]
        {
            let text = format!("-D{name}=/x");
            assert!(matches!(Definition::parse(&text), Err(BuildError::UnsafeDefinition { .. })), "{name}");
            assert!(Definition::parse_unsafe(&text).unwrap().runs_code(), "{name}");
        }
        assert!(
            Definition::parse_unsafe("-DCMAKE_PROJECT_llama.cpp_INCLUDE=/x").is_err(),
            "no name that is taken here"
        );
    }

    /// F59: a definition stands in command lines, the cache and the manifest.
    #[test]
    fn a_secret_is_no_definition() {
        let error = format!("{:?}", Definition::parse("-DHF_TOKEN=sentinel").unwrap_err());
        assert!(error.contains("HF_TOKEN") && !error.contains("sentinel"), "{error}");
    }
}
