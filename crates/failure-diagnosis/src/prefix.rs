//! What other programs put in front of every line of a log: times, the steps of a container's build, names of services.

/// The most prefixes that stand one before the other.
const MOST: usize = 5;

/// The line without what stands before the message; the message's own indentation stays.
pub(super) fn without(mut line: &str) -> &str {
    for _ in 0..MOST {
        let text = line.trim_start();
        let Some(rest) = step(text).or_else(|| time(text)).or_else(|| name(line)) else { break };
        line = rest;
    }
    line
}

/// `#12 `, `34.56 `, `#12 34.56 `: a step of a container's build, and its seconds; `=> => # `.
fn step(line: &str) -> Option<&str> {
    if let Some(rest) = line.strip_prefix('#') {
        return blank(digits(rest, 1)?);
    }
    if let Some(rest) = line.strip_prefix("=> => # ") {
        return Some(rest);
    }
    blank(digits(digits(line, 1)?.strip_prefix('.')?, 1)?)
}

/// `2024-05-01T10:00:00.123Z `, `[2024-05-01 10:00:00,123] `, `10:00:00 `.
fn time(line: &str) -> Option<&str> {
    let (bracket, rest) = line.strip_prefix('[').map_or((false, line), |rest| (true, rest));
    let date = |rest| digits(digits(digits(rest, 4)?.strip_prefix('-')?, 2)?.strip_prefix('-')?, 2);
    let rest = date(rest).and_then(|rest| rest.strip_prefix(['T', ' '])).unwrap_or(rest);
    let rest = digits(digits(digits(rest, 2)?.strip_prefix(':')?, 2)?.strip_prefix(':')?, 2)?;
    let rest = rest.strip_prefix(['.', ',']).and_then(|rest| digits(rest, 1)).unwrap_or(rest);
    let rest = rest.strip_prefix('Z').unwrap_or(rest);
    blank(if bracket { rest.strip_prefix(']')? } else { rest })
}

/// `[build] `, `| `, `> `, `name> `, `name-1  | `, `cargo:warning=`.
fn name(line: &str) -> Option<&str> {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.'))
    };
    let text = line.trim_start();
    if let Some(rest) = text.strip_prefix("cargo:warning=").or_else(|| text.strip_prefix("> ")) {
        return Some(rest);
    }
    if let Some((name, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return if is_name(name) { blank(rest) } else { None };
    }
    let (name, rest) = text.split_at(text.bytes().take(40).position(|byte| matches!(byte, b'>' | b'|' | b' '))?);
    // Source code under a message has an indented bar.
    match rest.trim_start().strip_prefix('|').filter(|_| text.len() == line.len()) {
        Some(rest) if name.is_empty() || is_name(name) => blank(rest),
        None if is_name(name) => blank(rest.strip_prefix('>')?),
        _ => None,
    }
}

/// What follows a number of at least so many digits.
fn digits(text: &str, least: usize) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    (text.len() - rest.len() >= least).then_some(rest)
}

/// What follows one blank, or nothing at the end of a line.
fn blank(text: &str) -> Option<&str> {
    if text.is_empty() { Some(text) } else { text.strip_prefix(' ') }
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn prefixes() {
        for line in [
            "2024-05-01T10:00:00.1234567Z   x | y",
            "[2022-05-09T04:37:04.950Z]   x | y",
            "[2025-09-16 19:22:33,441]   x | y",
            "10:39:55   x | y",
            "#12 34.56   x | y",
            "130.4   x | y",
            " => => #   x | y",
            "[build]   x | y",
            "|   x | y",
            "       >   x | y",
            "llama-cpp>   x | y",
            "    llama-cpp>   x | y",
            "server-1  |   x | y",
            "    2024-05-01T10:00:00Z   x | y",
            "cargo:warning=  x | y",
            "2024-05-01T10:00:00Z #7 1.5   x | y",
        ] {
            assert_eq!(without(line), "  x | y", "{line}");
        }
        assert_eq!(without("2.275"), "");
        assert_eq!(without("ollama>"), "");
        for line in [
            "",
            "   12 | int x;",
            "      | ^~~",
            "[1/2] Building",
            "[ 12%] Building",
            "x.cpp:1:2: error",
            "12 errors",
            "-- x",
            "Makefile:12: y",
            "[ERROR]: x",
            "FAILED: x",
            "make > x",
            "ä",
        ] {
            assert_eq!(without(line), line);
        }
    }
}
