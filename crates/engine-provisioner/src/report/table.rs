//! A table for people that fits the width of its reader.
//!
//! The rule: columns stay aligned; where the width is too small, the least important columns are left out first, and the
//! last one that is left is cut.

use std::fmt::Write;

/// A column: its head, and how important it is: those with the smallest number are left out first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) head: &'static str,
    pub(crate) weight: u8,
}

/// A table. Each row has a cell for every column.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

/// Between two columns.
const GAP: usize = 2;
/// The text of a cell without a value.
pub(crate) const NONE: &str = "-";

impl Table {
    pub(crate) fn new(columns: &[(&'static str, u8)]) -> Self {
        let columns = columns.iter().map(|&(head, weight)| Column { head, weight }).collect();
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row. Control characters and line ends in a cell become spaces; an empty cell is shown as `-`.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let clean = |cell: String| {
            let cell: String = cell.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            if cell.trim().is_empty() { NONE.to_owned() } else { cell }
        };
        self.rows.push(cells.into_iter().map(clean).collect());
    }

    /// The lines of the table, each ended; `width` is in characters, and `None` is no limit.
    pub(crate) fn text(&self, width: Option<usize>) -> String {
        let wide = |at: usize| -> usize {
            let cells = self.rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count());
            let head = self.columns.get(at).map_or(0, |column| column.head.len());
            cells.chain([head]).max().unwrap_or(0)
        };
        let mut shown: Vec<usize> = (0..self.columns.len()).collect();
        // A column in which no row has a value says nothing.
        let has_value = |at: &usize| self.rows.iter().any(|row| row.get(*at).is_some_and(|cell| cell != NONE));
        shown.retain(|at| *at == 0 || has_value(at));
        let total = |shown: &[usize]| shown.iter().map(|at| wide(*at) + GAP).sum::<usize>().saturating_sub(GAP);
        while let Some(width) = width.filter(|width| total(&shown) > *width && shown.len() > 1) {
            let least = shown.iter().copied().skip(1).min_by_key(|at| (self.weight(*at), usize::MAX - at));
            let Some(least) = least.filter(|_| width > 0) else { break };
            shown.retain(|at| *at != least);
        }
        let heads: Vec<String> = self.columns.iter().map(|column| column.head.to_owned()).collect();
        let lines = [&heads].into_iter().chain(&self.rows).map(|row| {
            let cells = shown.iter().filter_map(|at| Some((wide(*at), row.get(*at)?)));
            let mut line = String::new();
            for (wide, cell) in cells {
                // Writing to a `String` cannot fail.
                write!(line, "{cell:<0$}", wide + GAP).ok();
            }
            let line = line.trim_end();
            let cut: String = line.chars().take(width.unwrap_or(usize::MAX)).collect();
            cut + "\n"
        });
        lines.collect()
    }

    fn weight(&self, at: usize) -> u8 {
        self.columns.get(at).map_or(0, |column| column.weight)
    }
}

/// A paragraph as lines of at most `width` characters; those after the first begin with `indent`. A word that is longer
/// stays whole.
pub(crate) fn wrapped(text: &str, width: Option<usize>, indent: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width.is_none_or(|width| line.chars().count() + 1 + word.chars().count() <= width) => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) => lines.push(format!("{indent}{word}")),
            None => lines.push(word.to_owned()),
        }
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

/// The width that a table may have: `COLUMNS` where that is set, else that of the terminal on standard output; no limit in
/// a pipe or file.
pub(crate) fn width() -> Option<usize> {
    let set = exec::Env::current().get_str("COLUMNS").and_then(|text| text.trim().parse().ok());
    let terminal = || {
        let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
        Some(usize::from(size.ws_col))
    };
    set.or_else(terminal).filter(|columns| *columns > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&[("pool", 9), ("state", 8), ("port", 5), ("version", 1), ("empty", 7)]);
        let row = |cells: [&str; 5]| cells.map(str::to_owned);
        table.row(row(["chat", "running", "8081", "0.5.0-dev (build 1)", ""]));
        table.row(row(["embeddings", "exited", "", "b6673", ""]));
        table
    }

    #[test]
    fn the_least_important_column_goes_first() {
        let all = "pool        state    port  version\n\
                   chat        running  8081  0.5.0-dev (build 1)\n\
                   embeddings  exited   -     b6673\n";
        assert_eq!(table().text(None), all);
        assert_eq!(table().text(Some(120)), all);
        let some = "pool        state    port\nchat        running  8081\nembeddings  exited   -\n";
        assert_eq!(table().text(Some(40)), some);
        assert_eq!(table().text(Some(19)), "pool        state\nchat        running\nembeddings  exited\n");
        assert_eq!(table().text(Some(5)), "pool\nchat\nembed\n", "the last column is cut");
    }

    #[test]
    fn a_paragraph_is_wrapped_at_words() {
        assert_eq!(wrapped("one two three", None, "  "), "one two three\n");
        assert_eq!(wrapped("one two three", Some(7), "  "), "one two\n  three\n");
        assert_eq!(wrapped("incomprehensible x", Some(5), "  "), "incomprehensible\n  x\n");
    }

    #[test]
    fn a_cell_is_one_line() {
        let mut table = Table::new(&[("pool", 1), ("why", 1)]);
        table.row(["a".to_owned(), "two\nlines\u{1b}[31m".to_owned()]);
        assert_eq!(table.text(None), "pool  why\na     two lines [31m\n");
    }
}
