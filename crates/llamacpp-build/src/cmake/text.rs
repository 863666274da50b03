//! CMake code cut into single calls that `cmake-parser` reads without losing any.
//!
//! That parser stops, without an error, at the first line it cannot read: a comment or a blank after a call is enough,
//! and calls of a project's own functions come back without their arguments. So each call is handed to it alone, without
//! comments and line breaks, and a function of the project as the `set` of a list of that name.
//! <https://cmake.org/cmake/help/latest/manual/cmake-language.7.html#syntax>

use cmake_parser::command::scripting::Set;
use cmake_parser::{Command, Doc, Token, parse_cmakelists};

/// One call of a command: its name in lower case, and its arguments without quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) arguments: Vec<String>,
}

/// All calls of the commands that `wanted` takes, in the order of the text, whatever block they stand in.
pub(crate) fn calls(text: &str, wanted: impl Fn(&str) -> bool) -> Vec<Call> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c == '#' || c.is_ascii_alphabetic() || c == '_') {
        rest = rest.get(start..).unwrap_or_default();
        if rest.starts_with('#') {
            rest = after_comment(rest);
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let Some(inside) = after.trim_start_matches([' ', '\t']).strip_prefix('(') else {
            rest = after;
            continue;
        };
        let (cleaned, after) = clean(inside);
        let name = name.to_ascii_lowercase();
        if wanted(&name) {
            found.push(read(name, &cleaned));
        }
        rest = after;
    }
    found
}

/// What follows a comment that begins here.
fn after_comment(text: &str) -> &str {
    let inner = text.strip_prefix('#').unwrap_or(text);
    bracket(inner).map_or_else(|| inner.split_once('\n').map_or("", |(_, after)| after), |(_, after)| after)
}

/// A bracket argument that begins here: the whole of it, and what follows.
fn bracket(text: &str) -> Option<(&str, &str)> {
    let equals = text.strip_prefix('[')?.bytes().take_while(|b| *b == b'=').count();
    let inner = text.get(1 + equals..)?.strip_prefix('[')?;
    let close = format!("]{}]", "=".repeat(equals));
    let end = text.len() - inner.len() + inner.find(&close)? + close.len();
    text.split_at_checked(end)
}

/// The arguments after an opening parenthesis, in one line without comments, and what follows the closing one. Text
/// that ends before it closes is taken as it is.
fn clean(text: &str) -> (String, &str) {
    let (mut cleaned, mut depth, mut rest) = (String::new(), 0_u32, text);
    while let Some(c) = rest.chars().next() {
        let at_start = cleaned.is_empty() || cleaned.ends_with([' ', '(']);
        if c == '#' {
            rest = after_comment(rest);
            push_blank(&mut cleaned);
            continue;
        }
        if let Some((whole, after)) = bracket(rest).filter(|_| at_start) {
            cleaned.push_str(whole);
            rest = after;
            continue;
        }
        let length = match c {
            '"' => quoted_length(rest),
            '\\' => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            _ => c.len_utf8(),
        };
        let (piece, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        rest = after;
        match c {
            ')' if depth == 0 => break,
            c if c.is_whitespace() => push_blank(&mut cleaned),
            c => {
                depth = if c == '(' { depth + 1 } else { depth - u32::from(c == ')') };
                cleaned.push_str(piece);
            }
        }
    }
    (cleaned.trim_end().to_owned(), rest)
}

fn push_blank(cleaned: &mut String) {
    if !cleaned.is_empty() && !cleaned.ends_with(' ') {
        cleaned.push(' ');
    }
}

/// How long a quoted argument is, with both quotes.
fn quoted_length(text: &str) -> usize {
    let mut escaped = true; // the first quote opens
    for (i, c) in text.char_indices() {
        match c {
            '"' if !escaped => return i + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

/// The parser's view of one call; its first word where the parser cannot read it, so that none is lost.
fn read(name: String, cleaned: &str) -> Call {
    let text = if name == "option" { format!("option({cleaned})\n") } else { format!("set({name} {cleaned})\n") };
    let arguments = parsed(&text).unwrap_or_else(|| {
        tracing::debug!(text, "cmake-parser cannot read this");
        cleaned.split_whitespace().next().map(|word| word.trim_matches('"').to_owned()).into_iter().collect()
    });
    Call { name, arguments }
}

fn parsed(text: &str) -> Option<Vec<String>> {
    let words = |tokens: &[Token<'_>]| tokens.iter().map(ToString::to_string).collect::<Vec<_>>();
    let doc = Doc::from(parse_cmakelists(text.as_bytes()).ok()?);
    let first = doc.to_commands_iter().next()?.ok()?;
    match first {
        Command::Option(option) => Some(vec![option.variable.to_string()]),
        Command::Set(set) => Some(match *set {
            Set::Cache(set) => [words(&set.value), vec!["CACHE".to_owned()]].concat(),
            Set::Normal(set) => words(&set.value),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: &[(&str, &[&str])]) {
        let wanted = |name: &str| ["option", "set", "x_depr"].contains(&name);
        let found: Vec<_> = calls(text, wanted).into_iter().map(|call| (call.name, call.arguments)).collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, words)| ((*name).to_owned(), words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>()))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    /// Each of the shapes that end the parser's own reading of a whole file, and those that a line scan misreads.
    #[test]
    fn nothing_is_lost() {
        check("option(A \"x\" ON) # why\noption(B \"y\" OFF)  \n", &[("option", &["A"]), ("option", &["B"])]);
        check(
            "OPTION (\n  A # name\n  \"(not) \\\" the end\"\n  ON)option(B b)",
            &[("option", &["A"]), ("option", &["B"])],
        );
        check("# option(NO x)\n#[[ option(NO x)\n option(NO x) ]] option(A x)", &[("option", &["A"])]);
        check("message(\"option(NO x)\")\nif(X AND (Y OR Z))\n  option(A x)\nendif()", &[("option", &["A"])]);
        check(
            "set(V 1 2 CACHE STRING \"doc\")\nset(W a b)",
            &[("set", &["V", "1", "2", "CACHE"]), ("set", &["W", "a", "b"])],
        );
        check(
            "x_depr(WARNING  OLD\tNEW)\nx_depr(FATAL_ERROR GONE)",
            &[("x_depr", &["WARNING", "OLD", "NEW"]), ("x_depr", &["FATAL_ERROR", "GONE"])],
        );
        check("option(A [=[ ) ]] ]=] ON)\noption(B x)", &[("option", &["A"]), ("option", &["B"])]);
        check("option(A", &[("option", &["A"])]);
        check("option()\noption(B)", &[("option", &[]), ("option", &["B"])]);
        check("string(REGEX REPLACE \"[#(]\" \"\" X \"#\")\noption(A \"a\\;b\")", &[("option", &["A"])]);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[a-z_()\"#\\[\\]= \\\\\\n\u{e9}]{0,60}") {
            calls(&text, |_| true);
        }

        /// Whatever stands between them, every declaration is found once, in order.
        #[test]
        fn every_declaration_is_found(parts in prop::collection::vec((
            prop::sample::select(vec!["", "# option(NO \"x\")\n", "#[[\n)\n]]", "message(\"a ( \\\" b\")\n", "if(A)\n", "  \n\t", "set(X \"${Y}\" 1)\n", "endif() # x\n"]),
            "[A-Z][A-Z0-9_]{0,12}",
            prop::sample::select(vec!["option(@ \"h\" ON)\n", "OPTION( @\n\"h (1)\" # c\n)", "option(@ \"h\" ${D}) # c\n"]),
        ), 0..8)) {
            let text: String =
                parts.iter().flat_map(|(before, name, shape)| [(*before).to_owned(), shape.replace('@', name)]).collect();
            let found: Vec<String> = calls(&text, |name| name == "option").into_iter().flat_map(|call| call.arguments).collect();
            prop_assert_eq!(found, parts.into_iter().map(|(_, name, _)| name).collect::<Vec<_>>(), "{}", text);
        }
    }
}
