//! Mistakes in a chat template that every reader of Jinja refuses. Pure.
//!
//! The rule: only delimiters, quotes and the nesting of blocks are looked at. Tags that are not known here, and whatever an
//! expression says, are left to the engine: its releases read Jinja by code of their own, each some more of it.
//! <https://jinja.palletsprojects.com/en/stable/templates/>

use super::Mistake;

/// Tags that have an end tag in every release of llama.cpp that knows them. `set` has one only without `=`.
const BLOCKS: [&str; 6] = ["if", "for", "macro", "call", "filter", "set"];

/// The first mistake of a template.
pub(super) fn mistake(text: &str) -> Option<Mistake> {
    let mut open: Vec<(&str, usize)> = Vec::new();
    let mut at = 0;
    while let Some(start) = next_tag(text, at) {
        let rest = text.get(start..)?;
        let inside = start + 2;
        if rest.starts_with("{#") {
            match text.get(inside..)?.find("#}") {
                Some(end) => at = inside + end + 2,
                None => return Some(Mistake::at(text, start, "the comment `{#` is not closed with `#}`".to_owned())),
            }
            continue;
        }
        let end = match end_of(text, inside, if rest.starts_with("{{") { "}}" } else { "%}" }) {
            Ok(end) => end,
            Err((at, what)) => return Some(Mistake::at(text, at.unwrap_or(start), what)),
        };
        at = end + 2;
        if rest.starts_with("{{") {
            continue;
        }
        let tag = text.get(inside..end)?.trim_matches(['-', '+']).trim();
        let name = tag.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default();
        if name == "raw" {
            at = after_raw(text, at)?;
        } else if let Some(what) = nest(&mut open, name, tag, start) {
            return Some(Mistake::at(text, start, what));
        }
    }
    let (name, start) = open.pop()?;
    Some(Mistake::at(text, start, format!("`{{% {name} %}}` has no `{{% end{name} %}}`")))
}

/// Opens and closes blocks; what is wrong with a tag.
fn nest<'a>(open: &mut Vec<(&'a str, usize)>, name: &'a str, tag: &str, at: usize) -> Option<String> {
    if BLOCKS.contains(&name) {
        if name != "set" || !assigns(tag) {
            open.push((name, at));
        }
        return None;
    }
    if matches!(name, "else" | "elif") && open.is_empty() {
        return Some(format!("`{{% {name} %}}` is in no block"));
    }
    let ends = name.strip_prefix("end").filter(|ends| BLOCKS.contains(ends))?;
    match open.pop() {
        Some((known, _)) if known == ends => None,
        Some((known, _)) => Some(format!("`{{% {name} %}}` closes `{{% {known} %}}`")),
        None => Some(format!("`{{% {name} %}}` has no `{{% {ends} %}}`")),
    }
}

/// Where the next tag, expression or comment begins.
fn next_tag(text: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    ["{{", "{%", "{#"].iter().filter_map(|start| rest.find(start)).min().map(|at| from + at)
}

/// Where the end of what began before `from` is; else where the mistake is, if it has a place of its own, and what it is.
fn end_of(text: &str, from: usize, end: &str) -> Result<usize, (Option<usize>, String)> {
    let (mut at, mut braces) = (from, 0_usize);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        // The last brace of a dictionary is none of the two that end an expression.
        if rest.starts_with(end) && (braces == 0 || end == "%}") {
            return Ok(at);
        }
        if rest.starts_with("{%") {
            break;
        }
        let Some(c) = rest.chars().next() else { break };
        match c {
            '{' => braces += 1,
            '}' => braces = braces.saturating_sub(1),
            '"' | '\'' => match end_of_text(rest, c) {
                Some(length) => {
                    at += length;
                    continue;
                }
                None => return Err((Some(at), format!("a text is not closed with `{c}`"))),
            },
            _ => {}
        }
        at += c.len_utf8();
    }
    let start = if end == "}}" { "{{" } else { "{%" };
    Err((None, format!("`{start}` is not closed with `{end}`")))
}

/// The length of a quoted text with both quotes.
fn end_of_text(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if c == '\\' {
            chars.next();
        } else if c == quote {
            return Some(at + 1);
        }
    }
    None
}

/// Whether a `set` has its value in it: an `=` outside of brackets and texts.
fn assigns(tag: &str) -> bool {
    let (mut at, mut depth) = (0, 0_usize);
    while let Some(c) = tag.get(at..).and_then(|rest| rest.chars().next()) {
        match c {
            '=' if depth == 0 => return true,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '"' | '\'' => at += tag.get(at..).and_then(|rest| end_of_text(rest, c)).map_or(0, |length| length - 1),
            _ => {}
        }
        at += tag.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
    }
    false
}

/// Where the text behind a raw block begins; `None` where it does not end.
fn after_raw(text: &str, from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let inside = at + text.get(at..)?.find("{%")? + 2;
        let end = inside + text.get(inside..)?.find("%}")?;
        if text.get(inside..end)?.trim_matches(['-', '+']).trim() == "endraw" {
            return Some(end + 2);
        }
        at = inside;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn mistakes_that_every_reader_refuses() {
        for (text, expected) in [
            ("{% for m in messages %}{{ m.content }}{% endfor %}", None),
            ("{%- if a -%}{%- elif b %}{% else %}x{%+ endif %}", None),
            ("{{ {'a': {'b': 1}} }}{{ '}}' ~ \"{% for\" ~ 'it\\'s' }}", None),
            ("{% set x = {'a': 1} %}{% set ns.y = '%}' %}{% set z %}text{% endset %}", None),
            ("{% set z | replace(old='a', new='=') %}text{% endset %}", None),
            ("{% generation %}x{% endgeneration %}{% break %}{% zebra %}", None),
            ("{% raw %}{{ {% if %} {% endraw %}{# {{ #}{ } % #}", None),
            ("{% raw %}{{", None),
            ("plain text with 'quotes", None),
            ("a\n{{ m.content\n", Some("line 2: `{{` is not closed with `}}`")),
            ("{% for m in messages %}{{ m.content\n{% endfor %}{{ x }}", Some("line 1: `{{` is not closed")),
            ("{{ don't }}", Some("line 1: a text is not closed with `'`")),
            ("{% if x\n{{ y }}", Some("line 1: `{%` is not closed with `%}`")),
            ("{# comment", Some("line 1: the comment `{#` is not closed")),
            ("x\n{% for m in messages %}{{ m }}", Some("line 2: `{% for %}` has no `{% endfor %}`")),
            ("{% endfor %}x", Some("line 1: `{% endfor %}` has no `{% for %}`")),
            ("{% for m in x %}{% if m %}\n{% endfor %}", Some("line 2: `{% endfor %}` closes `{% if %}`")),
            ("{% else %}", Some("line 1: `{% else %}` is in no block")),
            ("{% set x %}", Some("line 1: `{% set %}` has no `{% endset %}`")),
        ] {
            let found = mistake(text).map(|mistake| mistake.to_string());
            let fits = match (&found, expected) {
                (Some(found), Some(expected)) => found.starts_with(expected),
                (found, expected) => found.is_none() && expected.is_none(),
            };
            assert!(fits, "{text:?}: {found:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(\\{\\{|\\}\\}|\\{%|%\\}|\\{#|#\\}|if|for|set|end|raw|=|'|\"|\\\\|[ \na-zé(){}]){0,60}") {
            mistake(&text);
        }
    }
}
