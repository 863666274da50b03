//! Cuts a help text into options and their descriptions, by where lines begin.
//!
//! Options begin with a dash left of the descriptions; what stands further right describes the option above it, even if
//! it begins with a dash too. `llama-server` has put options at columns 0, 2 and 9 and descriptions at 24 to 40, behind
//! the option or below it (`common_arg::to_string`,
//! <https://github.com/ggml-org/llama.cpp/blob/master/common/arg.cpp>); others put descriptions below at column 10.

use crate::spelling::is_flag;

/// The leftmost column at which `llama-server` has ever begun a description, less a margin.
const DESCRIPTION: usize = 16;

/// One option as the help prints it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    /// The left column: spellings and hints.
    pub(crate) head: String,
    /// The lines of the description.
    pub(crate) lines: Vec<&'a str>,
}

/// Reads any text; what is no option or description of one is passed over.
pub(crate) fn entries<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut open = false;
    let mut description_at = DESCRIPTION;
    let mut options_at = 0;
    for line in lines {
        let body = line.trim();
        let indent = line.len() - line.trim_start().len();
        if body.is_empty() {
            continue;
        }
        let last = if open { entries.last_mut() } else { None };
        match last {
            // Spellings that go on in the next line.
            Some(option) if option.lines.is_empty() && option.head.ends_with(',') && is_flag(body) => {
                let (more, description) = columns(body);
                option.head.push(' ');
                option.head.push_str(more);
                option.lines.extend(description);
            }
            _ if indent < description_at && is_flag(body) => {
                if entries.is_empty() {
                    options_at = indent;
                }
                let (head, description) = columns(body);
                entries.push(Entry { head: head.to_owned(), lines: description.into_iter().collect() });
                open = true;
            }
            Some(option) if indent > options_at => {
                option.lines.push(body);
                // Right below its option: this is where descriptions begin in this text.
                if option.lines.len() == 1 {
                    description_at = description_at.min(indent);
                }
            }
            // A section's title ends the option above it.
            _ => open = false,
        }
    }
    entries
}

/// Splits an option line at the first run of blanks that only lays out columns. After a comma blanks align spellings.
fn columns(body: &str) -> (&str, Option<&str>) {
    let blanks = body.match_indices("  ").map(|(at, _)| body.split_at(at));
    blanks
        .map(|(head, rest)| (head, Some(rest.trim_start())))
        .find(|(head, _)| !head.trim_end().ends_with(','))
        .unwrap_or((body, None))
}
