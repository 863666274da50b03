//! Where in which file something stands: file, line, column, and the path of keys that leads there.

use std::fmt;

/// A line and a column, both counted from 1. The column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

impl Position {
    /// The position of the byte at `offset` of `text`.
    pub(crate) fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..text.floor_char_boundary(offset)).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before.chars().count() - before.get(..line_start).unwrap_or("").chars().count() + 1,
        }
    }
}

/// Where something stands. Shown as ``pools.yaml:12:9: `pools[0].engine` ``, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, or what stands for it.
    pub file: String,
    /// The position in it, where it is known.
    pub position: Option<Position>,
    /// The keys that lead there, as in `pools[0].provisioning.ports[1]`; empty for the whole file.
    pub keys: String,
}

impl Place {
    pub(crate) fn file(file: &str) -> Self {
        Self { file: file.to_owned(), position: None, keys: String::new() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(Position { line, column }) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        if !self.keys.is_empty() {
            write!(f, ": `{}`", self.keys)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, offset: usize, line: usize, column: usize) {
        assert_eq!(Position::of(text, offset), Position { line, column });
    }

    #[test]
    fn lines_and_columns_count_from_one() {
        check("", 0, 1, 1);
        check("ab", 1, 1, 2);
        check("a\nb", 2, 2, 1);
        check("a\r\nb", 3, 2, 1);
        check("é=1", 2, 1, 2);
        check("é", 1, 1, 1);
        check("a", 99, 1, 2);
    }
}
