//! Reads the options out of the `README.md` of `llama-server`'s source tree.
//!
//! Since September 2024 it has tables made by the tool that prints the help (`llama-gen-docs`), before that the help
//! itself in a block that begins with `usage:`. Older ones describe the flags by hand, some without their values: their
//! lines are counted and not read. <https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md>

use std::borrow::Cow;

use crate::help::layout::{self, Entry};

/// A table row's cells, with `|` inside a cell and line breaks written as text again.
struct Row {
    head: String,
    description: String,
}

/// The options of the document's tables, or of its help block. `then` sees them: they borrow from what is made here.
pub(crate) fn with_entries<T>(text: &str, then: impl FnOnce(&[Entry<'_>]) -> T) -> T {
    let rows: Vec<Row> = text.lines().filter_map(row).collect();
    if rows.is_empty() {
        let block = text.lines().skip_while(|l| !l.starts_with("usage:")).take_while(|l| !l.starts_with("```"));
        let block: Vec<Cow<'_, str>> = block.map(Cow::Borrowed).collect();
        let mut entries = layout::lay(&block).entries;
        if entries.is_empty() {
            let by_hand = text.lines().filter(|line| line.trim_start().starts_with("- `-"));
            entries.extend(by_hand.map(|line| Entry { head: line.to_owned(), lines: Vec::new() }));
        }
        return then(&entries);
    }
    let entry = |row| {
        let Row { head, description }: &Row = row;
        Entry { head: head.clone(), lines: description.lines().collect() }
    };
    then(&rows.iter().map(entry).collect::<Vec<_>>())
}

/// `` | `-x, --long N` | what it does<br/>(env: X) | ``, which has also gone on in the next line. A row without a second
/// cell is one that cannot be read.
fn row(line: &str) -> Option<Row> {
    let cells = line.trim().strip_prefix("| `")?;
    if !cells.starts_with('-') {
        return None;
    }
    let (head, rest) = cells.split_once("` |").unwrap_or((cells, ""));
    let description = rest.trim().trim_end_matches('|').trim();
    let plain = |cell: &str| cell.replace("\\|", "|");
    Some(Row { head: plain(head), description: plain(description).replace("<br/>", "\n") })
}
