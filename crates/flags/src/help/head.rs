//! Reads the left column of an option: its spellings and what is printed for its values.
//!
//! Forms that engines, argparse, clap, getopt and people have printed: `-x, --xx N`, `-x N, --xx N`, `-x|--xx`, `-x/--xx`,
//! `--xx=N`, `--xx[=N]`, `--[no-]xx`, `--xx(s)`, `--xx [N]`, `--xx N [N ...]`, `--xx [N ...]`, `--xx <N>...`, `--xx A B`.

use crate::catalogue::spec::Arity;
use crate::catalogue::spelling::is_flag;

/// The left column, read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    pub(crate) spellings: Vec<String>,
    /// The hints of the last spelling that has any.
    pub(crate) hints: Vec<&'a str>,
    /// The start of the description, where one blank is all that separates it.
    pub(crate) prose: Option<&'a str>,
}

/// How many values with names of their own a flag may have before it is more likely that this is no option.
const MOST_VALUES: usize = 4;

impl<'a> Head<'a> {
    /// `None` where it is not spellings and hints.
    pub(crate) fn read(head: &'a str) -> Option<Self> {
        let mut read = Self::default();
        let mut earlier = Vec::new();
        for word in words(head) {
            let word = word.strip_suffix(',').unwrap_or(word);
            if starts_flag(word) && !read.hints.iter().skip(1).any(is_prose) {
                if !read.hints.is_empty() {
                    earlier = std::mem::take(&mut read.hints);
                }
                for piece in pieces(word) {
                    let (spellings, hint) = spelled(piece)?;
                    read.spellings.extend(spellings);
                    read.hints.extend(hint);
                }
            } else if read.spellings.is_empty() {
                return None;
            } else if !matches!((word, read.hints.last()), ("" | "|" | "/" | "or", _) | ("RANGE", Some(_))) {
                read.hints.push(word);
            }
        }
        read.cut_prose(head);
        if read.hints.is_empty() {
            read.hints = earlier;
        }
        (!read.spellings.is_empty()).then_some(read)
    }

    /// `-h, --help Show this text`: words of a sentence are no names of values.
    fn cut_prose(&mut self, head: &'a str) {
        // `--type Name [a | b]`
        if let [_, choices] = *self.hints.as_slice()
            && bracketed(choices)
            && choices.contains('|')
        {
            self.hints = vec![choices];
        }
        let first = self.hints.iter().position(is_prose).filter(|_| self.hints.len() > 1);
        let Some((at, word)) = first.and_then(|at| Some((at, *self.hints.get(at)?))) else { return };
        let start = [format!(" or {word}"), format!(" {word}")].iter().find_map(|words| head.find(words));
        self.prose = start.and_then(|start| head.get(start + 1..));
        self.hints.truncate(at);
    }

    /// How many values the hints stand for; `None` where that cannot be told.
    pub(crate) fn arity(&self) -> Option<Arity> {
        Some(match self.hints.as_slice() {
            [] => Arity::None,
            [hint] if bracketed(hint) => bracketed_arity(hint),
            [hint] if hint.ends_with("...") && !hint.ends_with(",...") => Arity::Many,
            [_] => Arity::One,
            [_, more] if *more == "..." || (bracketed(more) && more.ends_with("...]")) => Arity::Many,
            all if all.len() <= MOST_VALUES => Arity::Exactly(all.len()),
            _ => return None,
        })
    }
}

/// `[on|off]` is llama-server's way to print a choice that has to be made; other brackets hold what may be left out.
fn bracketed_arity(hint: &str) -> Arity {
    if hint.ends_with("...]") {
        Arity::Any
    } else if hint.contains('|') && !hint.starts_with("[<") && !hint.starts_with("[=") {
        Arity::One
    } else {
        Arity::Optional
    }
}

/// Whether the bracket it begins with ends at its end: `[x]`, but not `[a/]b[c]`.
fn bracketed(hint: &str) -> bool {
    let inside = hint.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inside.is_some_and(|inside| {
        let mut depth = 1_i32;
        inside.chars().all(|c| {
            depth += i32::from(c == '[') - i32::from(c == ']');
            depth > 0
        })
    })
}

/// A word of a sentence.
fn is_prose(word: &&str) -> bool {
    word.chars().all(|c| c.is_alphabetic() || c == '\'') && word.contains(char::is_lowercase)
}

fn starts_flag(word: &str) -> bool {
    is_flag(word) || optional_no(word).is_some()
}

/// What follows `--[no-]` or `--(no-)`.
fn optional_no(word: &str) -> Option<&str> {
    let rest = word.strip_prefix("--[no-]").or_else(|| word.strip_prefix("--(no-)"));
    rest.filter(|rest| rest.starts_with(char::is_alphabetic))
}

/// Spellings with nothing but `,`, `|` or `/` between them.
fn pieces(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(word);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let cut = text.match_indices([',', '|', '/']).find(|(at, _)| text.get(at + 1..).is_some_and(starts_flag));
        let Some((at, _)) = cut else { return Some(text) };
        rest = text.get(at + 1..);
        text.get(..at)
    })
}

/// The spellings that one word stands for, and the hint behind its `=`.
fn spelled(word: &str) -> Option<(Vec<String>, Option<&str>)> {
    let odd = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if let Some(name) = optional_no(word) {
        return (!name.contains(odd)).then(|| (vec![format!("--{name}"), format!("--no-{name}")], None));
    }
    let (name, rest) = word.split_at(word.find(odd).unwrap_or(word.len()));
    let one = || vec![name.to_owned()];
    if rest.is_empty() {
        return Some((one(), None));
    }
    if let Some(hint) = rest.strip_prefix('=').filter(|hint| !hint.is_empty()) {
        return Some((one(), Some(hint)));
    }
    if rest.starts_with("[=") && rest.ends_with(']') {
        return Some((one(), Some(rest)));
    }
    let ending = rest.strip_prefix('(')?.strip_suffix(')')?;
    (!ending.contains(odd)).then(|| (vec![name.to_owned(), format!("{name}{ending}")], None))
}

/// The words of the left column; a blank inside brackets does not end a word (`<tensor name pattern>=<buffer type>`).
fn words(head: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    head.split(move |c: char| {
        depth = (depth + open(c)).max(0);
        depth == 0 && c.is_whitespace()
    })
    .filter(|w| !w.is_empty())
}

/// 1 for a bracket that opens, -1 for one that closes.
fn open(c: char) -> i32 {
    match c {
        '<' | '{' | '[' | '(' => 1,
        '>' | '}' | ']' | ')' => -1,
        _ => 0,
    }
}

/// Whether a bracket closes that was not opened.
pub(crate) fn closes_more(head: &str) -> bool {
    let mut depth = 0_i32;
    head.chars().any(|c| {
        depth += open(c);
        depth < 0
    })
}

/// Whether a bracket is still open at the end.
pub(crate) fn is_open(head: &str) -> bool {
    head.chars().fold(0, |depth, c| (depth + open(c)).max(0)) > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(head: &str, spellings: &str, hints: &str, arity: Arity) {
        let read = Head::read(head).unwrap();
        assert_eq!(read.spellings.join(" "), spellings, "{head}");
        assert_eq!(read.hints.join(" "), hints, "{head}");
        assert_eq!(read.arity(), Some(arity), "{head}");
    }

    #[test]
    fn what_helps_have_printed() {
        check("-h,    --help, --usage", "-h --help --usage", "", Arity::None);
        check("-t N, --threads N", "-t --threads", "N", Arity::One);
        check("-ts SPLIT --tensor-split SPLIT", "-ts --tensor-split", "SPLIT", Arity::One);
        check("-m FNAME, --model", "-m --model", "FNAME", Arity::One);
        check("-x|--xx N", "-x --xx", "N", Arity::One);
        check("-x | --xx", "-x --xx", "", Arity::None);
        check("-x/--xx", "-x --xx", "", Arity::None);
        check("-x,--xx or --xxx N", "-x --xx --xxx", "N", Arity::One);
        check("--xx=<N>", "--xx", "<N>", Arity::One);
        check("--xx[=N]", "--xx", "[=N]", Arity::Optional);
        check("--[no-]mmap", "--mmap --no-mmap", "", Arity::None);
        check("--fit(s) N", "--fit --fits", "N", Arity::One);
        check("--fa [on|off|auto]", "--fa", "[on|off|auto]", Arity::One);
        check("--hf [<repo>/]<model>[:quant]", "--hf", "[<repo>/]<model>[:quant]", Arity::One);
        check("--ot <name pattern>=<buffer type>,...", "--ot", "<name pattern>=<buffer type>,...", Arity::One);
        check("--ts N0,N1,N2,...", "--ts", "N0,N1,N2,...", Arity::One);
        check("--range START END", "--range", "START END", Arity::Exactly(2));
        check("--x A B C", "--x", "A B C", Arity::Exactly(3));
        check("--x [X]", "--x", "[X]", Arity::Optional);
        check("--x [<X>]", "--x", "[<X>]", Arity::Optional);
        check("--x [<X>...]", "--x", "[<X>...]", Arity::Any);
        check("--x [X ...]", "--x", "[X ...]", Arity::Any);
        check("--x X [X ...]", "--x", "X [X ...]", Arity::Many);
        check("--x <X>...", "--x", "<X>...", Arity::Many);
        check("--x X...", "--x", "X...", Arity::Many);
        check("--bias TOKEN_ID(+/-)BIAS", "--bias", "TOKEN_ID(+/-)BIAS", Arity::One);
        check("--type Name [a | b]", "--type", "[a | b]", Arity::One);
        check("--size {1, 2}", "--size", "{1, 2}", Arity::One);
        check("--workers INTEGER RANGE", "--workers", "INTEGER", Arity::One);
        check("-fa, --flash-attn (on|off)", "-fa --flash-attn", "(on|off)", Arity::One);
    }

    #[test]
    fn a_sentence_behind_one_blank() {
        let read = Head::read("-h, --help Show this text").unwrap();
        assert_eq!((read.spellings.len(), read.arity(), read.prose), (2, Some(Arity::None), Some("Show this text")));
        let read = Head::read("-lv, --low-vram don't allocate scratch buffers").unwrap();
        assert_eq!((read.arity(), read.prose), (Some(Arity::None), Some("don't allocate scratch buffers")));
        let read = Head::read("--parser {a,b} or name registered in --plugin").unwrap();
        assert_eq!((read.spellings.len(), read.arity()), (1, Some(Arity::One)));
        assert_eq!(read.prose, Some("or name registered in --plugin"));
        let read = Head::read("--port PORT where to listen").unwrap();
        assert_eq!((read.arity(), read.prose), (Some(Arity::One), Some("where to listen")));
    }

    #[test]
    fn what_is_no_option() {
        for head in ["", "x", "N --x", "--x:y", "--x=", "--x A B C D E", "--x(", "--[no-]", "--[no-]-x"] {
            assert_eq!(Head::read(head).and_then(|head| head.arity()), None, "{head}");
        }
    }
}
