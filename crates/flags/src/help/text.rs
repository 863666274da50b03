//! A help text as a terminal would show it: without colours and overstrikes, and with tabs as blanks.

use std::borrow::Cow;

/// Terminals put tab stops here.
const TAB: usize = 8;

/// The lines of a text. Tabs become two blanks at least: between an option and its description they separate columns.
pub(crate) fn lines(text: &str) -> Vec<Cow<'_, str>> {
    text.lines().map(plain).collect()
}

fn plain(line: &str) -> Cow<'_, str> {
    let is_plain = line.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if is_plain || !line.contains(char::is_control) {
        return Cow::Borrowed(line);
    }
    let mut plain = String::with_capacity(line.len());
    let mut column = 0_usize;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\t' => {
                let blanks = if column == 0 || plain.ends_with(' ') { 1 } else { 2 };
                let to = (column + blanks).next_multiple_of(TAB);
                plain.extend(std::iter::repeat_n(' ', to - column));
                column = to;
            }
            '\u{1b}' => escape(&mut chars),
            '\u{8}' => column -= usize::from(plain.pop().is_some()),
            c if c.is_control() => {}
            c => {
                plain.push(c);
                column += 1;
            }
        }
    }
    Cow::Owned(plain)
}

/// Passes over what follows an escape: `[`, parameters and a letter, or `]` and text up to a bell or backslash, or one
/// character (ECMA-48, 5.4 and 5.6).
fn escape(chars: &mut std::str::Chars<'_>) {
    match chars.next() {
        Some('[') => drop(chars.find(|c| ('\u{40}'..='\u{7e}').contains(c))),
        Some(']') => drop(chars.find(|c| matches!(c, '\u{7}' | '\\'))),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(lines(text), expected, "{text:?}");
    }

    #[test]
    fn what_a_terminal_shows() {
        check("-x\n", &["-x"]);
        check("-x N\r\n--y\r", &["-x N", "--y"]);
        check("\u{1b}[1m-x\u{1b}[0m, \u{1b}[38;5;1m--xx\u{1b}[m", &["-x, --xx"]);
        check("\u{1b}]8;;http://h\u{1b}\\--link\u{1b}]8;;\u{7}", &["--link"]);
        check("-\u{8}-x\u{8}x, -\u{8}--\u{8}-y\u{8}y", &["-x, --y"]);
        check("\t-x\tabout", &["        -x      about"]);
        check("--seven\tabout", &["--seven         about"]);
        check("\u{8}\u{1b}", &[""]);
        check("\u{1b}[", &[""]);
    }
}
