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

impl Definition {
    /// Reads `-DNAME[:TYPE]=VALUE`. One that would choose what CMake or the build runs is refused.
    pub fn parse(text: &str) -> Result<Self, BuildError> {
        let definition = Self::parse_unsafe(text)?;
        if definition.runs_code() {
            return Err(BuildError::UnsafeDefinition { name: definition.name });
        }
        Ok(definition)
    }

    /// Reads any `-DNAME[:TYPE]=VALUE`, also a toolchain file, a launcher or an included project file, for somebody who
    /// trusts what it names. The digest of that file becomes a part of the build's key; what the file itself reads or runs
    /// does not.
    pub fn parse_unsafe(text: &str) -> Result<Self, BuildError> {
        let refuse = || BuildError::BadDefinition { text: exec::Redactor::new().text(text).into_owned() };
        let (left, value) = text.strip_prefix("-D").and_then(|rest| rest.split_once('=')).ok_or_else(refuse)?;
        let (name, kind) = match left.split_once(':') {
            Some((name, kind)) => (name, Some(kind)),
            None => (left, None),
        };
        let is_word = |w: &str| !w.is_empty() && w.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !is_word(name)
            || name.starts_with(|c: char| c.is_ascii_digit())
            || !kind.is_none_or(is_word)
            || value.contains(['\0', '\n'])
        {
            return Err(refuse());
        }
        if exec::looks_secret(name) {
            return Err(BuildError::SecretDefinition { name: name.into() });
        }
        Ok(Self { name: name.into(), kind: kind.map(Into::into), value: value.into() })
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
        for text in ["", "-D", "-DA", "A=1", "-D=1", "-D1A=1", "-DA B=1", "-DA:=1", "-P x", "--preset=x", "-DA=\n"] {
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
