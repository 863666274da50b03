//! What other programs put in front of every line of a log: times, levels, the steps of a container's build, names of
//! services, units, containers and processes.

/// The most prefixes that stand one before the other.
const MOST: usize = 8;

/// How grave the program that logs a line calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Info,
    Warning,
    Error,
}

/// The line without what stands before the message; the message's own indentation stays.
pub(super) fn without(line: &str) -> &str {
    split(line).1
}

/// The level that the prefixes name, and the line without them.
pub(super) fn split(mut line: &str) -> (Option<Level>, &str) {
    let mut level = None;
    for _ in 0..MOST {
        let text = line.trim_start();
        // By the first letter, so that most lines are passed by at once.
        let first = text.bytes().next().unwrap_or(b' ');
        let (digit, upper) = (first.is_ascii_digit(), first.is_ascii_uppercase());
        let leveled = match () {
            () if digit => llama(text),
            () if upper => klog(text).or_else(|| python(text)).or_else(|| logrus(text)),
            () if first == b't' => logfmt(text),
            () => None,
        };
        if let Some((new, rest)) = leveled {
            (level, line) = (Some(new), rest);
            continue;
        }
        let rest = match first {
            _ if upper => syslog(text),
            b'(' => process(text),
            _ if digit => step(text),
            _ => step(text).or_else(|| name(line)),
        };
        if let Some(rest) = rest {
            line = rest;
        } else if let Some(rest) = time(text).filter(|_| digit || first == b'[') {
            (level, line) = tracing(rest).map_or((level, rest), |(new, rest)| (Some(new), rest));
        } else {
            break;
        }
    }
    (level, line)
}

fn of_letter(letter: char) -> Option<Level> {
    match letter {
        'I' | 'D' | 'T' => Some(Level::Info),
        'W' => Some(Level::Warning),
        'E' | 'F' => Some(Level::Error),
        _ => None,
    }
}

fn of_word(word: &str) -> Option<Level> {
    match word {
        "INFO" | "DEBUG" | "TRACE" => Some(Level::Info),
        "WARN" | "WARNING" => Some(Level::Warning),
        "ERROR" | "CRITICAL" | "FATAL" => Some(Level::Error),
        _ => None,
    }
}

/// llama.cpp since 2026: `0.00.024.095 E `, minutes, seconds, milliseconds, microseconds and a level.
fn llama(line: &str) -> Option<(Level, &str)> {
    let rest = digits(line, 1)?.strip_prefix('.')?;
    let rest = digits(rest, 2)?.strip_prefix('.')?;
    let rest = digits(digits(rest, 3)?.strip_prefix('.')?, 3)?.strip_prefix(' ')?;
    let mut chars = rest.chars();
    let level = of_letter(chars.next()?)?;
    Some((level, blank(chars.as_str())?))
}

/// Triton and other users of glog: `I0523 10:54:25.345416 1 server.cc:295] `.
fn klog(line: &str) -> Option<(Level, &str)> {
    let mut chars = line.chars();
    let level = of_letter(chars.next()?)?;
    let rest = digits(chars.as_str(), 4)?.strip_prefix(' ')?;
    let (head, rest) = rest.split_once("] ")?;
    let place = head.rsplit(' ').next()?;
    (head.len() < 80 && head.contains(':') && place.contains(':')).then_some((level, rest))
}

/// vLLM: `ERROR 10-25 13:08:43 [core.py:708] `, `INFO 06-06 14:09:57 worker_base.py:148] `.
fn python(line: &str) -> Option<(Level, &str)> {
    let (word, rest) = line.split_once(' ')?;
    let level = of_word(word)?;
    let rest = digits(digits(rest, 2)?.strip_prefix('-')?, 2)?.strip_prefix(' ')?;
    let (head, rest) = rest.split_once(']')?;
    (head.len() < 120 && head.contains(':')).then_some((level, blank(rest)?))
}

/// podman and docker on a terminal: `WARN[0005] `, seconds since their start.
fn logrus(line: &str) -> Option<(Level, &str)> {
    let (word, rest) = line.split_at_checked(4)?;
    let level = match word {
        "TRAC" | "DEBU" | "INFO" => Level::Info,
        "WARN" => Level::Warning,
        "ERRO" | "FATA" | "PANI" => Level::Error,
        _ => return None,
    };
    let rest = digits(rest.strip_prefix('[')?, 4)?.strip_prefix(']')?;
    Some((level, blank(rest)?))
}

/// podman, docker and containerd into a file: `time="2024-10-23T10:47:35Z" level=error msg="`; what follows the message
/// stays.
fn logfmt(line: &str) -> Option<(Level, &str)> {
    let (time, rest) = line.strip_prefix("time=")?.split_once(" level=")?;
    let (word, rest) = rest.split_once(" msg=")?;
    let level = match word {
        "trace" | "debug" | "info" => Level::Info,
        "warning" | "warn" => Level::Warning,
        "error" | "fatal" | "panic" => Level::Error,
        _ => return None,
    };
    (time.len() < 60).then(|| (level, rest.strip_prefix('"').unwrap_or(rest)))
}

/// After a time, a level as TGI prints it: ` INFO text_generation_launcher: `.
fn tracing(line: &str) -> Option<(Level, &str)> {
    let (word, rest) = line.trim_start().split_once(' ')?;
    Some((of_word(word)?, rest))
}

/// `(EngineCore_DP0 pid=494) `, `(Worker_TP1 pid=61) `.
fn process(line: &str) -> Option<&str> {
    let (head, rest) = line.strip_prefix('(')?.split_once(')')?;
    let (_, pid) = head.rsplit_once("pid=")?;
    (head.len() < 80 && !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit())).then(|| blank(rest))?
}

/// `Nov 28 07:00:00 host llama-server[123]: ` of syslog and the journal.
fn syslog(line: &str) -> Option<&str> {
    const MONTHS: &[&str] =
        &["Jan ", "Feb ", "Mar ", "Apr ", "May ", "Jun ", "Jul ", "Aug ", "Sep ", "Oct ", "Nov ", "Dec "];
    let rest = MONTHS.iter().find_map(|month| line.strip_prefix(month))?;
    let rest = digits(rest.trim_start(), 1)?.strip_prefix(' ')?;
    let rest = clock(rest)?.strip_prefix(' ')?;
    unit(rest)
}

/// `host llama-server[123]: `, behind a time.
fn unit(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once(' ')?;
    let (ident, rest) = rest.split_once(": ").or_else(|| Some((rest.strip_suffix(':')?, "")))?;
    (!ident.is_empty() && ident.len() < 60 && !ident.contains(' ')).then_some(rest)
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

/// `2024-05-01T10:00:00.123Z `, `2024-05-01T10:00:00+0200 host unit[1]: `, `[2024-05-01 10:00:00,123] `, `10:00:00 `, and
/// the stream's name that a container runtime puts behind it (`stderr F `).
fn time(line: &str) -> Option<&str> {
    let (bracket, rest) = line.strip_prefix('[').map_or((false, line), |rest| (true, rest));
    let date = |rest| digits(digits(digits(rest, 4)?.strip_prefix('-')?, 2)?.strip_prefix('-')?, 2);
    let dated = date(rest).and_then(|rest| rest.strip_prefix(['T', ' ']));
    let rest = clock(dated.unwrap_or(rest))?;
    let rest = rest.strip_prefix('Z').or_else(|| offset(rest)).unwrap_or(rest);
    let rest = blank(if bracket { rest.strip_prefix(']')? } else { rest })?;
    let stream = rest.strip_prefix("stderr ").or_else(|| rest.strip_prefix("stdout "));
    if let Some(rest) = stream.and_then(|rest| rest.strip_prefix("F ").or_else(|| rest.strip_prefix("P "))) {
        return Some(rest);
    }
    let of_unit = |rest: &str| rest.split(' ').nth(1).is_some_and(|word| word.ends_with("]:") && word.contains('['));
    if dated.is_some() && of_unit(rest) { unit(rest) } else { Some(rest) }
}

/// What follows `10:00:00` and its fraction.
fn clock(line: &str) -> Option<&str> {
    let rest = digits(digits(digits(line, 2)?.strip_prefix(':')?, 2)?.strip_prefix(':')?, 2)?;
    Some(rest.strip_prefix(['.', ',']).and_then(|rest| digits(rest, 1)).unwrap_or(rest))
}

/// `+02:00`, `-0700`.
fn offset(line: &str) -> Option<&str> {
    let rest = digits(line.strip_prefix(['+', '-'])?, 2)?;
    rest.strip_prefix(':').map_or(Some(rest), |rest| digits(rest, 2))
}

/// `[build] `, `[pod/name/container] `, `| `, `> `, `name> `, `name-1  | `, `cargo:warning=`.
fn name(line: &str) -> Option<&str> {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.' | b'/'))
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
    use super::{Level, split, without};

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
            "0.00.024.095 E   x | y",
            "Nov  8 07:00:00 gpu-1 llama-server[4711]:   x | y",
            "Nov 28 07:00:00 gpu-1 engine.sh:   x | y",
            "2026-11-28T07:00:00+0100 gpu-1 llama-server[4711]: 12.04.024.095 E   x | y",
            "2026-11-28T07:00:00.123456+01:00   x | y",
            "2024-05-01T10:00:00.123456789Z stderr F   x | y",
            "[pod/llm-0/server]   x | y",
            "(APIServer pid=1) (EngineCore_DP0 pid=68) ERROR 02-06 16:34:06 [core.py:936]   x | y",
            "vllm-1  | ERROR 06-06 14:09:57 worker_base.py:148]   x | y",
            "E0523 10:54:25.345416 1 server.cc:295]   x | y",
            "ERRO[0031]   x | y",
            "time=\"2024-10-23T10:47:35Z\" level=error msg=\"  x | y",
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
            "ERROR: x",
            "(x pid=) y",
            "Mar is a month",
            "E is a letter",
            "1.2.3 E",
            "WARN[x] y",
            "ERRORS[0001] y",
            "time=12 level=high msg=\"x\"",
        ] {
            assert_eq!(without(line), line);
        }
    }

    #[test]
    fn levels() {
        for (line, level) in [
            ("0.00.024.095 I x", Some(Level::Info)),
            ("server-1  | 0.00.024.095 W x", Some(Level::Warning)),
            ("0.00.024.095 E x", Some(Level::Error)),
            ("(EngineCore_0 pid=3) WARNING 07-28 15:07:22 [core.py:632] x", Some(Level::Warning)),
            ("2024-03-06T17:53:31.144857Z  INFO text_generation_launcher: x", Some(Level::Info)),
            ("2024-03-06T17:53:31.144834Z ERROR text_generation_launcher: x", Some(Level::Error)),
            ("I0523 10:54:25.345416 1 server.cc:295] x", Some(Level::Info)),
            ("WARN[0000] x", Some(Level::Warning)),
            ("ERRO[0000] x", Some(Level::Error)),
            ("time=\"2024-10-23T10:47:35Z\" level=warning msg=\"x\"", Some(Level::Warning)),
            ("x", None),
        ] {
            assert_eq!(split(line).0, level, "{line}");
        }
    }
}
