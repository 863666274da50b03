//! What serde expects and finds, in the words of somebody who writes a configuration.

use serde::de::{Expected, Unexpected};

/// What was expected, and the help that goes with it.
///
/// serde's own words name Rust types ("struct `PoolConfig`", "u32").
pub(super) fn expected(expected: &dyn Expected) -> (String, &'static str) {
    let words = expected.to_string();
    let (phrase, help) = match words.as_str() {
        "a string" | "path string" => ("a text", "put the value in quotes"),
        "a boolean" => ("`true` or `false`", "write `true` or `false`, without quotes"),
        "u16" => ("a whole number from 0 to 65535", NUMBER),
        "u32" => ("a whole number from 0 to 4294967295", NUMBER),
        "a nonzero u32" => ("a whole number from 1 to 4294967295", NUMBER),
        "u64" => ("a whole number from 0 to 18446744073709551615", NUMBER),
        "i64" => ("a whole number", NUMBER),
        "f32" => ("a number", NUMBER),
        "a port or a range of ports" => ("a port or a range of ports", PORTS),
        "a sequence" => ("a list", "write a list, as in `[a, b]`; in TOML each table of a list begins with `[[name]]`"),
        "a map" => ("a table of keys", TABLE),
        words if words.starts_with("struct ") => ("a table of keys", TABLE),
        words if words.starts_with("enum ") => ("a keyword", "write one of the keywords this key takes"),
        _ => ("another value", "see what this key means in the JSON Schema"),
    };
    (phrase.to_owned(), help)
}

const NUMBER: &str = "write a number, without quotes";
const PORTS: &str =
    "write a whole number from 1 to 65535, without quotes, or a range in quotes, as in `[8080, \"9000-9099\"]`";
const TABLE: &str = "write its keys below it, or leave it out to take the defaults";

/// The kind of value that was found, and never the value.
pub(super) fn found(unexpected: &Unexpected<'_>) -> &'static str {
    match unexpected {
        Unexpected::Bool(_) => "`true` or `false`",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
        Unexpected::Float(_) => "a number",
        Unexpected::Char(_) | Unexpected::Str(_) => "a text",
        Unexpected::Unit | Unexpected::Option => "nothing",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a table of keys",
        Unexpected::Other(super::read::DATE) => "a date",
        _ => "something else",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_is_shown() {
        for unexpected in [
            Unexpected::Str("s3cr3t"),
            Unexpected::Unsigned(4711),
            Unexpected::Signed(4711),
            Unexpected::Float(4711.5),
            Unexpected::Char('4'),
            Unexpected::Bytes(b"4711"),
            Unexpected::Other("4711"),
        ] {
            let words = found(&unexpected);
            assert!(!words.contains('4') && !words.contains("s3cr3t"), "{words}");
        }
    }
}
