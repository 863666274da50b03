//! What a flag's value may be, read from the help's hint and description: a number, one of some words, any text.
//!
//! Text form, as in the catalogues: alternatives between `|` (`int|auto|all`, `float`, `0..100`, `1..`, `positive`,
//! `none|layer|row`, `text`), and `,...` behind them where the value is a list with commas between its items.

use std::fmt;

/// The values a flag takes. Where the help does not say, any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    alternatives: Vec<Alternative>,
    list: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Alternative {
    Text,
    /// What fits into 32 bits: the engine reads it with `std::stoi`.
    Integer,
    Number,
    /// A number that the engine reads as a fraction: `.5` too.
    Float,
    Range(i64, i64),
    /// A number above 0.
    Positive,
    Word(String),
}

impl Values {
    /// Any text.
    pub(crate) fn text() -> Self {
        Self { alternatives: vec![Alternative::Text], list: false }
    }

    /// Reads the text form; a word it does not know is that word.
    pub(crate) fn parse(text: &str) -> Self {
        let (alternatives, list) = match text.strip_suffix(LIST) {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        Self { alternatives: alternatives.split('|').map(Alternative::parse).collect(), list }
    }

    /// Whether a value is one of them. Stricter than the engine, whose `std::stoi` takes `8x` for 8.
    pub fn accept(&self, value: &str) -> bool {
        let one = |item: &str| self.alternatives.iter().any(|a| a.accepts(item));
        if self.list { value.split(',').all(one) } else { one(value) }
    }

    /// Whether it is an `on` or `off`, which the engine also takes as `true`, `1`, `enabled` and their opposites.
    pub fn is_toggle(&self) -> bool {
        self.has_word("on") && self.has_word("off")
    }

    /// Whether this very word is among them.
    pub fn has_word(&self, word: &str) -> bool {
        self.alternatives.iter().any(|a| matches!(a, Alternative::Word(w) if w == word))
    }

    /// Whether items are separated by commas.
    pub fn is_list(&self) -> bool {
        self.list
    }

    /// Whether it is nothing but a number, so that it cannot be a secret.
    pub fn is_numeric(&self) -> bool {
        use Alternative::{Float, Integer, Number, Positive, Range};
        self.alternatives.iter().any(|a| matches!(a, Float | Integer | Number | Positive | Range(..)))
    }

    /// In words that fit behind "is not".
    pub fn expected(&self) -> String {
        let all: Vec<String> = self.alternatives.iter().map(Alternative::expected).collect();
        let one = match all.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => all.concat(),
        };
        if self.list { format!("a list, with commas, of {one}") } else { one }
    }
}

const LIST: &str = ",...";

/// What `std::stoi` can still read.
const NO_END: i64 = 2_147_483_647;

impl fmt::Display for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.alternatives.iter().map(Alternative::to_string).collect();
        write!(f, "{}{}", all.join("|"), if self.list { LIST } else { "" })
    }
}

impl Alternative {
    fn parse(text: &str) -> Self {
        let range = || {
            let (low, high) = text.split_once("..")?;
            let high = if high.is_empty() { Some(NO_END) } else { high.parse().ok() };
            Some(Self::Range(low.parse().ok()?, high?))
        };
        match text {
            "text" => Self::Text,
            "int" => Self::Integer,
            "number" => Self::Number,
            "float" => Self::Float,
            "positive" => Self::Positive,
            _ => range().unwrap_or_else(|| Self::Word(text.to_owned())),
        }
    }

    fn accepts(&self, value: &str) -> bool {
        match self {
            Self::Text => true,
            Self::Integer => value.parse::<i32>().is_ok(),
            Self::Number => is_number(value),
            Self::Float => is_number(value) || value.strip_prefix('.').is_some_and(is_digits),
            Self::Positive => is_number(value) && value.parse::<f64>().is_ok_and(|n| n > 0.0),
            Self::Range(low, high) => value.parse::<i64>().is_ok_and(|n| (*low..=*high).contains(&n)),
            Self::Word(word) => word == value,
        }
    }

    fn expected(&self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Integer => "a whole number".to_owned(),
            Self::Number | Self::Float => "a number".to_owned(),
            Self::Positive => "a number above 0".to_owned(),
            Self::Range(low, NO_END) => format!("a whole number from {low} up"),
            Self::Range(low, high) => format!("a whole number from {low} to {high}"),
            Self::Word(word) => format!("`{word}`"),
        }
    }
}

impl fmt::Display for Alternative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("text"),
            Self::Integer => f.write_str("int"),
            Self::Number => f.write_str("number"),
            Self::Float => f.write_str("float"),
            Self::Positive => f.write_str("positive"),
            Self::Range(low, NO_END) => write!(f, "{low}.."),
            Self::Range(low, high) => write!(f, "{low}..{high}"),
            Self::Word(word) => f.write_str(word),
        }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// A finite number that begins with a digit: `.5` and `inf` are errors for flags that the engine reads as integers.
fn is_number(value: &str) -> bool {
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value);
    digits.starts_with(|c: char| c.is_ascii_digit()) && value.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &str, yes: &[&str], no: &[&str], expected: &str) {
        let values_read = Values::parse(values);
        assert_eq!(values_read.to_string(), values);
        assert_eq!(values_read.expected(), expected);
        for value in yes {
            assert!(values_read.accept(value), "{values} takes {value}");
        }
        for value in no {
            assert!(!values_read.accept(value), "{values} does not take {value}");
        }
    }

    #[test]
    fn what_is_taken() {
        check("text", &["", "-1", "x y"], &[], "a text");
        check("int", &["0", "-1", "+7", "2147483647"], &["", "8x", " 8", "1.5", "2147483648", "0x1"], "a whole number");
        check("number", &["0", "-1.5", "1e6", "3."], &["", ".5", "inf", "nan", "1.5f", "1e999"], "a number");
        check("float", &["0", "-1.5", ".7"], &["", ".", ".x", "0,7"], "a number");
        check("0..100", &["0", "100"], &["-1", "101", "1.5", ""], "a whole number from 0 to 100");
        check("-1|1..", &["-1", "1", "9"], &["0", "-2", "2147483648"], "`-1` or a whole number from 1 up");
        check("positive", &["0.1", "3"], &["0", "-1", "x"], "a number above 0");
        check("int|auto|all", &["3", "auto", "all"], &["Auto", "none"], "a whole number, `auto` or `all`");
        check(
            "none|draft,...",
            &["none", "draft,none"],
            &["", "draft,", "x"],
            "a list, with commas, of `none` or `draft`",
        );
        check("text,...", &["a", "a,b", ""], &[], "a list, with commas, of a text");
    }
}
