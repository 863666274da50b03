//! One CMake cache definition, `-DNAME[:TYPE]=value`, and no other argument of CMake.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::text_type::from_text;
use crate::Invalid;

/// A CMake definition: `-DNAME=value` or `-DNAME:TYPE=value`.
///
/// Arguments that choose what CMake runs or where it writes (`-P`, `-C`, `-S`, `-B`, `--preset`)
/// are not definitions and are refused; the value may be anything without control characters.
///
/// ```
/// use config_schema::CmakeFlag;
/// let flag: CmakeFlag = "-DGGML_CUDA:BOOL=ON".parse()?;
/// assert_eq!((flag.name(), flag.type_(), flag.value()), ("GGML_CUDA", Some("BOOL"), "ON"));
/// # Ok::<(), config_schema::Invalid>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = "^-D[A-Za-z_][A-Za-z0-9_]*(:[A-Z]+)?=")))]
pub struct CmakeFlag {
    name: String,
    type_: Option<String>,
    value: String,
}

from_text!(CmakeFlag);

/// The types a cache entry can have: <https://cmake.org/cmake/help/latest/prop_cache/TYPE.html>.
const TYPES: [&str; 7] = ["BOOL", "FILEPATH", "INTERNAL", "PATH", "STATIC", "STRING", "UNINITIALIZED"];

const SHAPE: Invalid = Invalid::new(
    "a CMake flag has the form `-DNAME=value` or `-DNAME:TYPE=value`",
    "write a definition such as `-DGGML_CUDA=ON`, in one piece; other arguments of cmake are chosen by this program",
);
const NAME: Invalid = Invalid::new(
    "the name in a CMake flag is letters, digits and `_`, and does not start with a digit",
    "write a definition such as `-DGGML_CUDA=ON`",
);
const TYPE: Invalid = Invalid::new(
    "the type in a CMake flag is none that CMake knows",
    "leave it out, or write BOOL, PATH, FILEPATH or STRING, as in `-DNAME:PATH=/opt/x`",
);
const CONTROL: Invalid = Invalid::new(
    "the value of a CMake flag holds a control character",
    "write the value in one line; a list is separated with `;`",
);

impl CmakeFlag {
    /// The variable's name, `GGML_CUDA` in `-DGGML_CUDA:BOOL=ON`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The variable's type where one is written, `BOOL` in `-DGGML_CUDA:BOOL=ON`.
    pub fn type_(&self) -> Option<&str> {
        self.type_.as_deref()
    }

    /// The value, `ON` in `-DGGML_CUDA:BOOL=ON`. May be empty.
    pub fn value(&self) -> &str {
        &self.value
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl FromStr for CmakeFlag {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let definition = text.strip_prefix("-D").ok_or(SHAPE)?;
        let (left, value) = definition.split_once('=').ok_or(SHAPE)?;
        let (name, type_) = match left.split_once(':') {
            Some((name, type_)) => (name, Some(type_)),
            None => (left, None),
        };
        if !is_name(name) {
            return Err(NAME);
        }
        if type_.is_some_and(|type_| !TYPES.contains(&type_)) {
            return Err(TYPE);
        }
        if value.chars().any(char::is_control) {
            return Err(CONTROL);
        }
        Ok(Self { name: name.to_owned(), type_: type_.map(str::to_owned), value: value.to_owned() })
    }
}

impl fmt::Display for CmakeFlag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "-D{}", self.name)?;
        if let Some(type_) = &self.type_ {
            write!(f, ":{type_}")?;
        }
        write!(f, "={}", self.value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(&str, Option<&str>, &str), Invalid>) {
        let parsed = text.parse::<CmakeFlag>();
        let parts = parsed.as_ref().map(|flag| (flag.name(), flag.type_(), flag.value())).map_err(|error| *error);
        assert_eq!(parts, expected, "{text:?}");
    }

    #[test]
    fn takes_definitions_apart() {
        check("-DGGML_CUDA=ON", Ok(("GGML_CUDA", None, "ON")));
        check("-DX:PATH=/a b", Ok(("X", Some("PATH"), "/a b")));
        check("-DX=", Ok(("X", None, "")));
        check("-DX=a=b:c", Ok(("X", None, "a=b:c")));
        check("-D_x9=86;89", Ok(("_x9", None, "86;89")));
    }

    #[test]
    fn refuses_every_other_argument_of_cmake() {
        for text in [
            "",
            "-D",
            "-DX",
            "DX=1",
            "-P",
            "-Px.cmake",
            "-C",
            "-S",
            "-S/x",
            "-B",
            "--preset=x",
            "-GNinja",
            "--toolchain=x",
            "-UX",
            "-E",
            "--build",
            " -DX=1",
            "-d X=1",
        ] {
            check(text, Err(SHAPE));
        }
        for text in ["-D=1", "-D9=1", "-DA-B=1", "-D X=1", "-DA.B=1", "-D-P=1", "-D:BOOL=ON"] {
            check(text, Err(NAME));
        }
        for text in ["-DX:=1", "-DX:bool=1", "-DX:OTHER=1", "-DX:BOOL:BOOL=1"] {
            check(text, Err(TYPE));
        }
        for text in ["-DX=a\nb", "-DX=\0", "-DX=a\u{85}b"] {
            check(text, Err(CONTROL));
        }
    }

    proptest! {
        #[test]
        fn display_gives_back_what_was_parsed(
            text in "-D[A-Za-z_][A-Za-z0-9_]{0,12}(:BOOL|:PATH|:STRING)?=\\PC{0,20}|\\PC{0,30}"
        ) {
            if let Ok(flag) = text.parse::<CmakeFlag>() {
                prop_assert_eq!(flag.to_string(), text);
            }
        }
    }
}
