//! A log as the rules see it: cleaned lines, each with its role, so that a warning is never taken for the failure.

use std::borrow::Cow;

use crate::prefix::{self, Level};

/// How much of a log's start and of its end is looked at, in bytes: far more than any real build prints.
pub(super) const WINDOW: usize = 2 << 20;
/// Longer lines are cut: they are commands, never messages.
const LONGEST: usize = 4096;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Something a program said.
    Plain,
    /// A line of a `CMake Error` block.
    CmakeError,
    /// A `-- …` line of CMake, or a line that an engine logs as information.
    Status,
    /// A warning, a note, a line of a `CMake Warning` block, or a line that an engine logs as a warning.
    Warning,
    /// A command or a line of source code: what a program echoes, not what it says.
    Echo,
}

impl Role {
    /// Whether a pattern may start in such a line.
    pub(super) fn counts(self) -> bool {
        self != Self::Echo
    }
}

/// One line: where it stands in [`Log::text`], and the original.
pub(super) struct Line<'a> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) role: Role,
    pub(super) raw: &'a str,
}

/// The lines that are not blank.
pub(super) struct Log<'a> {
    /// The lines without escapes, outer and repeated blanks, with ASCII quotes, joined by `\n`.
    pub(super) text: String,
    pub(super) lines: Vec<Line<'a>>,
}

impl<'a> Log<'a> {
    pub(super) fn read(log: &'a str) -> Self {
        let mut read = Self { text: String::new(), lines: Vec::new() };
        let mut roles = Roles::default();
        let (head, tail) = window(log);
        for raw in head.split(['\n', '\r']).chain(tail.split(['\n', '\r'])) {
            let cleaned = clean(raw);
            let (level, line) = prefix::split(&cleaned);
            let role = match (roles.next(line), level) {
                (Role::Plain, Some(Level::Info)) => Role::Status,
                (Role::Plain, Some(Level::Warning)) => Role::Warning,
                (role, _) => role,
            };
            let start = read.text.len();
            for word in line.split_whitespace() {
                if read.text.len() > start {
                    read.text.push(' ');
                }
                read.text.push_str(word);
            }
            let end = read.text.len();
            if end > start {
                read.lines.push(Line { start, end, role, raw });
                read.text.push('\n');
            }
        }
        read
    }

    /// The cleaned text of a line.
    pub(super) fn line(&self, line: &Line<'_>) -> &str {
        self.text.get(line.start..line.end).unwrap_or_default()
    }
}

/// The start and the end of a log, the whole of it if it is not huge.
fn window(log: &str) -> (&str, &str) {
    // A little more, so that what `read_log` joined is not cut again.
    if log.len() <= 2 * WINDOW + 4096 {
        return (log, "");
    }
    let head = log.get(..log.floor_char_boundary(WINDOW)).unwrap_or_default();
    let tail = log.get(log.ceil_char_boundary(log.len() - WINDOW)..).unwrap_or_default();
    (head, tail)
}

/// A line without terminal escapes and control characters, with ASCII quotes, cut when it is very long.
pub(super) fn clean(raw: &str) -> Cow<'_, str> {
    let raw = raw.get(..raw.floor_char_boundary(LONGEST)).unwrap_or(raw);
    if raw.bytes().all(|byte| (byte.is_ascii_graphic() || byte == b' ') && byte != b'`') {
        return Cow::Borrowed(raw);
    }
    let mut cleaned = String::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' if chars.next_if_eq(&'[').is_some() => {
                // CSI: parameters, then one final character.
                while chars.next().is_some_and(|c| !('\u{40}'..='\u{7e}').contains(&c)) {}
            }
            '\u{1b}' if chars.next_if_eq(&']').is_some() => {
                // OSC, as in a hyperlink: up to BEL or ESC \.
                while chars.next_if(|c| !matches!(c, '\u{7}' | '\u{1b}')).is_some() {}
                if chars.next() == Some('\u{1b}') {
                    chars.next_if_eq(&'\\');
                }
            }
            '\t' => cleaned.push(' '),
            '`' | '´' | '‘' | '’' | '‛' => cleaned.push('\''),
            '“' | '”' => cleaned.push('"'),
            c if c.is_control() => {}
            c => cleaned.push(c),
        }
    }
    Cow::Owned(cleaned)
}

/// Tells roles line by line; remembers the block that the line stands in.
#[derive(Default)]
struct Roles {
    /// The block's role, and how far its head is indented: what pip and others show is indented as a whole.
    block: Option<(Role, usize)>,
    command_next: bool,
}

impl Roles {
    fn next(&mut self, line: &str) -> Role {
        let text = line.trim_start();
        if text.is_empty() {
            return self.block.map_or(Role::Plain, |(block, _)| block);
        }
        let command = std::mem::replace(&mut self.command_next, text.starts_with("FAILED: "));
        let indent = line.len() - text.len();
        let inside = |(_, head): &(Role, usize)| {
            indent > *head
                || text.starts_with("Call Stack (most recent call first)")
                || text.starts_with("This warning is for")
                || text.starts_with("This error is for")
        };
        self.block = self.block.filter(inside);
        if let Some(role) = cmake_block(text) {
            // A message may show the whole output of another CMake: it ends where the outer one does.
            self.block = Some((role, self.block.map_or(indent, |(_, outer)| outer)));
            return role;
        }
        match self.block {
            Some((Role::Warning, _)) => Role::Warning,
            _ if command || is_excerpt(text) || is_command(text) => Role::Echo,
            Some((block, _)) => block,
            None if text.starts_with("-- ") => Role::Status,
            None if is_warning(text) => Role::Warning,
            None => Role::Plain,
        }
    }
}

/// `CMake Error at …`, `CMake Warning (dev) in …`, `CMake Deprecation Warning at …`.
pub(super) fn cmake_block(text: &str) -> Option<Role> {
    let rest = text.strip_prefix("CMake ")?;
    let rest = rest.strip_prefix("Deprecation ").or_else(|| rest.strip_prefix("Internal ")).unwrap_or(rest);
    let ends = |rest: &str| rest.is_empty() || rest.starts_with([' ', ':']);
    match (rest.strip_prefix("Error"), rest.strip_prefix("Warning")) {
        (Some(rest), _) if ends(rest) => Some(Role::CmakeError),
        (_, Some(rest)) if ends(rest) => Some(Role::Warning),
        _ => None,
    }
}

/// `x.cpp:1:2: warning: …`, `x.cu(3): warning #177-D: …`, `nvcc warning : …`, `x.cpp:1:2: note: …`.
fn is_warning(text: &str) -> bool {
    let error = text.find("error").unwrap_or(text.len());
    ["warning:", "warning :", "warning #", "Warning:", ": note:", "remark #", "warn: "]
        .iter()
        .any(|marker| text.find(marker).is_some_and(|at| at < error))
}

/// `  12 | int x;` and `     | ^~~`: source code under a message.
fn is_excerpt(text: &str) -> bool {
    text.trim_start_matches(|c: char| c.is_ascii_digit())
        .trim_start()
        .strip_prefix('|')
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// `[1/2] : && /usr/bin/c++ … -o x`, `cd /b && ccache nvcc … -c x.cu`: a call of a compiler that ninja or make shows, and what
/// CMake and make say around a call.
fn is_command(text: &str) -> bool {
    const AROUND: &[&str] = &["Change Dir: ", "Run Build Command", "]: Entering directory ", "]: Leaving directory "];
    if AROUND.iter().any(|around| text.contains(around)) {
        return true;
    }
    if ![" -c ", " -o "].iter().any(|option| text.contains(option)) {
        return false;
    }
    let mut words = text.split(' ').skip_while(|word| matches!(*word, ":" | "&&" | "") || word.starts_with('['));
    let first = match words.next() {
        Some("cd") => words.nth(2),
        first => first,
    };
    let first = first.filter(|word| !word.ends_with("ccache")).or_else(|| words.next());
    first.is_some_and(is_compiler)
}

/// A compiler, or a program that one needs, by whatever path, for whatever target and in whatever version:
/// `/usr/bin/x86_64-linux-gnu-g++-12`.
pub(super) fn is_compiler(word: &str) -> bool {
    const NAMES: &[&str] = &[
        "cc",
        "c++",
        "gcc",
        "g++",
        "clang",
        "clang++",
        "cpp",
        "icx",
        "icpx",
        "nvcc",
        "hipcc",
        "cc1",
        "cc1plus",
        "lto1",
        "as",
        "ld",
        "ld.bfd",
        "ld.gold",
        "ld.lld",
        "lld",
        "mold",
        "collect2",
        "lto-wrapper",
        "ar",
        "ranlib",
        "cicc",
        "ptxas",
        "cudafe++",
        "fatbinary",
        "nvlink",
    ];
    let name = word.rsplit('/').next().unwrap_or(word);
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').trim_end_matches('-');
    // `cc1` and `collect2` have lost their number.
    [name, name.rsplit('-').next().unwrap_or(name)].iter().any(|name| {
        NAMES.iter().any(|known| known == name || known.trim_end_matches(|c: char| c.is_ascii_digit()) == *name)
    })
}
