//! Cuts a help text into options and their descriptions, by where lines begin.
//!
//! Options begin with a dash left of the descriptions; what stands further right describes the option above it, even if
//! it begins with a dash too. `llama-server` has put options at columns 0, 2 and 9 and descriptions at 24 to 40, behind
//! the option or below it (`common_arg::to_string`,
//! <https://github.com/ggml-org/llama.cpp/blob/master/common/arg.cpp>); argparse puts them at 24, clap below at 10,
//! tritonserver behind a tab.

use std::borrow::Cow;

use crate::catalogue::spelling::is_flag;
use crate::help::head::{self, Head};

/// The leftmost column at which `llama-server` has ever begun a description, less a margin, counted from the leftmost
/// option.
const DESCRIPTION: usize = 16;

/// One option as the help prints it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    /// The left column: spellings and hints.
    pub(crate) head: String,
    /// The lines of the description.
    pub(crate) lines: Vec<&'a str>,
}

/// A text's options, and lines in it that look like an option and stand where none can be.
#[derive(Debug, Default)]
pub(crate) struct Laid<'a> {
    pub(crate) entries: Vec<Entry<'a>>,
    pub(crate) doubtful: Vec<&'a str>,
}

/// Reads any text; what is no option or description of one is passed over.
pub(crate) fn lay<'a>(lines: &'a [Cow<'a, str>]) -> Laid<'a> {
    let lines = lines.iter().map(Cow::as_ref);
    let indent_of = |line: &str| line.len() - line.trim_start().len();
    let leftmost = lines.clone().filter(|l| is_flag(l.trim_start())).map(indent_of).min().unwrap_or_default();
    let mut laid = Laid::default();
    let mut open = false;
    let mut usage = false;
    let mut description_at = leftmost + DESCRIPTION;
    let mut options_at = leftmost;
    for line in lines {
        let body = line.trim();
        let indent = indent_of(line);
        usage = begins_usage(body) || (usage && !body.is_empty() && indent >= "usage: ".len());
        if body.is_empty() || usage {
            continue;
        }
        match laid.entries.last_mut().filter(|_| open) {
            // Spellings or a hint that go on in the next line.
            Some(option) if option.lines.is_empty() && option.goes_on(body) => {
                let (more, description) = columns(body);
                option.head.push(' ');
                option.head.push_str(more);
                option.lines.extend(description);
            }
            _ if indent < description_at && is_option(body) => {
                if laid.entries.is_empty() {
                    options_at = indent;
                }
                let (head, description) = columns(body);
                if let Some(text) = description {
                    // Whatever begins there or further right belongs to it.
                    description_at = (indent + body.len() - text.len()).min(leftmost + DESCRIPTION);
                }
                laid.entries.push(Entry { head: head.to_owned(), lines: description.into_iter().collect() });
                open = true;
            }
            Some(option) if indent > options_at => {
                option.lines.push(body);
                // Right below its option: this is where descriptions begin in this text.
                if option.lines.len() == 1 {
                    description_at = description_at.min(indent);
                }
                laid.doubtful.extend(Some(body).filter(|body| like_an_option(body)));
            }
            // A section's title ends the option above it.
            _ => {
                open = false;
                laid.doubtful.extend(Some(body).filter(|body| like_an_option(body)));
            }
        }
    }
    laid
}

impl Entry<'_> {
    fn goes_on(&self, body: &str) -> bool {
        (self.head.ends_with(',') && is_option(body)) || head::is_open(&self.head)
    }
}

fn begins_usage(body: &str) -> bool {
    const USAGE: &str = "usage:";
    body.get(..USAGE.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(USAGE))
}

fn is_option(body: &str) -> bool {
    (is_flag(body) || body.starts_with("--[no-]") || body.starts_with("--(no-)")) && !is_told(columns(body).0)
}

/// Whether a line that begins with a flag tells of its use: values in quotes (`--json-arg '{"a": 1}'`), a flag behind another
/// one's value (`--x.a value --x.b value`), a bracket that closes what an earlier line opened (`--help=Frontend)`).
fn is_told(head: &str) -> bool {
    let quoted = |text: &str| text.starts_with(['\'', '"']);
    let value = |word: &str| word.starts_with(|c: char| c.is_ascii_lowercase()) && !word.ends_with([',', '|', '/']);
    let words: Vec<&str> = head.split_whitespace().collect();
    let behind = |three: &[&str]| matches!(three, [a, b, c] if is_flag(a) && value(b) && *b != "or" && is_flag(c));
    let given = |two: &[&str]| matches!(two, [flag, word] if is_flag(flag) && quoted(word));
    let joined = |word: &&str| word.split_once('=').is_some_and(|(_, value)| quoted(value)) || head::closes_more(word);
    words.windows(3).any(behind) || words.windows(2).any(given) || words.iter().filter(|w| is_flag(w)).any(joined)
}

/// Whether a line in the wrong place is an option all the same: a flag that stands alone, before its description's column,
/// or before another spelling. Lines of prose have one blank between words and break anywhere.
fn like_an_option(body: &str) -> bool {
    if !is_flag(body) {
        return false;
    }
    let (head, description) = columns(body);
    if is_told(head) {
        return false;
    }
    let several = head.split_once(", ").is_some_and(|(first, more)| !first.contains(' ') && is_flag(more));
    (description.is_some() || several) && Head::read(head).is_some_and(|read| read.prose.is_none())
}

/// Splits an option line at the first run of blanks that only lays out columns. After a comma blanks align spellings, and
/// so they do between a short spelling and a long one.
fn columns(body: &str) -> (&str, Option<&str>) {
    let mut from = 0;
    let blanks = std::iter::from_fn(|| {
        let at = from + body.as_bytes().get(from..)?.windows(2).position(|two| two == b"  ")?;
        from = at + 2;
        body.split_at_checked(at)
    });
    let aligned = |head: &str, rest: &str| {
        head.ends_with(',')
            || (!head.contains(' ') && !head.starts_with("--") && rest.starts_with("--") && is_flag(rest))
    };
    blanks
        .map(|(head, rest)| (head.trim_end(), rest.trim_start()))
        .find(|(head, rest)| !aligned(head, rest))
        .map_or((body, None), |(head, rest)| (head, Some(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Options as `HEAD: DESCRIPTION`.
    #[track_caller]
    fn check(text: &str, expected: &[&str], doubtful: usize) {
        let lines = crate::help::text::lines(text);
        let laid = lay(&lines);
        let got: Vec<String> = laid.entries.iter().map(|e| format!("{}: {}", e.head, e.lines.join(" "))).collect();
        assert_eq!(got, expected, "{text}");
        assert_eq!(laid.doubtful.len(), doubtful, "{text}: {:?}", laid.doubtful);
    }

    #[test]
    fn other_programs() {
        let argparse = "usage: x [-h]\n         --model M [--y Y]\n\noptions:\n  -h, --help            show this\n  --model M\n                        path\n";
        check(argparse, &["-h, --help: show this", "--model M: path"], 0);
        let triton = "Usage: tritonserver [options]\n  --id <string>\n\tName.\n  --log-info <boolean>\n\tWhether\n\tor not.\n\nHTTP:\n  --x <integer>\n\tX.\n";
        check(triton, &["--id <string>: Name.", "--log-info <boolean>: Whether or not.", "--x <integer>: X."], 0);
        check("-h  --help     show\n-v  --verbose  tell", &["-h  --help: show", "-v  --verbose: tell"], 0);
        check("usage: x\noptions:\n-h,\n--help    show", &["-h, --help: show"], 0);
        check("--ot <name>=<buffer\n     type>,...   where", &["--ot <name>=<buffer type>,...: where"], 0);
        check("-m\tmodel\n-c N\tsize", &["-m: model", "-c N: size"], 0);
    }

    #[test]
    fn examples_are_no_options() {
        let text = "usage: x\n\nSee a section (for instance\n--help=Model, --help=Frontend)\n  or all of it.\n\noptions:\n  --model M             a model\n  --json-arg J          a document\n\nThe following are alike:\n   --json-arg '{\"k\": \"v\"}'\n   --json-arg.k v --json-arg.l w\n   --json-arg.k+ v --json-arg.k+='a,b'\n";
        check(text, &["--model M: a model", "--json-arg J: a document"], 0);
        check("-mg i, --main-gpu i   which", &["-mg i, --main-gpu i: which"], 0);
        let named = "--parser {a,b} or name registered in --plugin\n                     which";
        check(named, &["--parser {a,b} or name registered in --plugin: which"], 0);
        check("-h, --help print 'usage'", &["-h, --help print 'usage': "], 0);
        check("-x, --xx,     what (default: 7)", &["-x, --xx,     what (default: 7): "], 0);
    }

    #[test]
    fn narrow_columns_and_deep_ones() {
        let narrow = "-m F   model\n       --old, a description\n-c N   size";
        check(narrow, &["-m F: model --old, a description", "-c N: size"], 0);
        let deep = "                    -m F    model\n                    -c N    size";
        check(deep, &["-m F: model", "-c N: size"], 0);
    }

    #[test]
    fn what_may_be_an_option_is_counted() {
        check(
            "--a N          first\n                         --b N      second",
            &["--a N: first --b N      second"],
            1,
        );
        check("--a N          first\nTitle\n                         --b, --c", &["--a N: first"], 1);
        check(
            "--a N          first\n               --b is what it was called",
            &["--a N: first --b is what it was called"],
            0,
        );
    }
}
