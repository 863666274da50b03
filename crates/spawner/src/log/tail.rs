//! The last lines of the engine's log, made safe to print.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use exec::Redactor;
use secrecy::{ExposeSecret, SecretString};

use crate::log::files;
use crate::{PoolDir, SpawnError};

/// How much of the log's end is looked at.
const WINDOW: u64 = 64 << 10;

/// The last `lines` lines of the log, from its last 64 KiB; empty where there is no log.
///
/// Bytes that are not UTF-8 are replaced, and control characters are shown as `\x1b` and the like, so that printing
/// it cannot drive a terminal. The text is the engine's own: what it logs, this returns.
pub fn log_tail(dir: &PoolDir, lines: usize) -> Result<String, SpawnError> {
    let (bytes, _) = window(dir)?;
    Ok(last_lines(&neutral(&String::from_utf8_lossy(&bytes)), lines))
}

/// Opens the log of the pool's engine for reading, from its start; nothing where there is none. What it holds is the engine's
/// own, with control characters and with whatever secret the engine printed.
///
/// # Errors
///
/// [`SpawnError::UnsafeLog`] where the log's path holds anything but a plain file of this user.
pub fn open_log(dir: &PoolDir) -> Result<Option<File>, SpawnError> {
    files::open(dir, false)
}

/// The first `max_bytes` of the log at most, made safe like [`log_tail`]; empty where there is no log. A log that was cut
/// to its limit begins later than its engine.
pub fn log_head(dir: &PoolDir, max_bytes: u64) -> Result<String, SpawnError> {
    let Some(file) = files::open(dir, false)? else { return Ok(String::new()) };
    let mut bytes = Vec::new();
    file.take(max_bytes).read_to_end(&mut bytes).map_err(SpawnError::io("read", dir.log_file()))?;
    Ok(neutral(&String::from_utf8_lossy(&bytes)))
}

/// Like [`log_tail`], with every one of `secrets` masked in every form it may come back in.
pub(crate) fn masked_tail<'a>(
    dir: &PoolDir,
    lines: usize,
    secrets: impl Iterator<Item = &'a SecretString>,
) -> Result<String, SpawnError> {
    let (bytes, cut) = window(dir)?;
    Ok(masked(&bytes, cut, lines, secrets))
}

fn masked<'a>(bytes: &[u8], cut: bool, lines: usize, secrets: impl Iterator<Item = &'a SecretString>) -> String {
    let mut redactor = Redactor::new();
    let mut longest = 0;
    for secret in secrets {
        redactor.add(secret.expose_secret());
        longest = longest.max(secret.expose_secret().len());
    }
    let text = String::from_utf8_lossy(bytes);
    let text = redactor.text(&text);
    // The window may begin in the middle of a secret, which then is not recognised; percent-encoding makes it three
    // times as long.
    let unsure = if cut { longest.saturating_mul(3) } else { 0 };
    let mut begin = unsure.min(text.len());
    while !text.is_char_boundary(begin) {
        begin += 1;
    }
    last_lines(&neutral(text.get(begin..).unwrap_or_default()), lines)
}

/// The last bytes of the log, and whether there are more before them.
fn window(dir: &PoolDir) -> Result<(Vec<u8>, bool), SpawnError> {
    let Some(mut file) = files::open(dir, false)? else {
        return Ok((Vec::new(), false));
    };
    let mut bytes = Vec::new();
    let mut read = || {
        let begin = file.metadata()?.len().saturating_sub(WINDOW);
        file.seek(SeekFrom::Start(begin))?;
        (&file).take(WINDOW).read_to_end(&mut bytes)?;
        Ok(begin > 0)
    };
    let cut = read().map_err(SpawnError::io("read", dir.log_file()))?;
    Ok((bytes, cut))
}

fn last_lines(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
}

/// The text with everything but line ends, tabs and visible characters escaped; a carriage return before a line end is
/// dropped.
pub(crate) fn neutral(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) =
            line.strip_suffix('\n').map_or((line, ""), |line| (line.strip_suffix('\r').unwrap_or(line), "\n"));
        for c in line.chars() {
            match c {
                '\t' => out.push(c),
                // Marks that reorder or hide what follows are no control characters, and mislead all the same.
                '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => {
                    out.extend(c.escape_unicode());
                }
                c if c.is_control() => {
                    // Writing to a `String` cannot fail.
                    write!(out, "\\x{:02x}", u32::from(c)).ok();
                }
                c => out.push(c),
            }
        }
        out.push_str(end);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(neutral(text), expected);
    }

    /// F51
    #[test]
    fn nothing_drives_a_terminal() {
        check("plain\ttext\n", "plain\ttext\n");
        check("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m");
        check("\u{9b}31m \x07\x08\x7f\0", "\\x9b31m \\x07\\x08\\x7f\\x00");
        check("dos\r\n50%\r100%\n", "dos\n50%\\x0d100%\n");
        check("a\u{202e}b", "a\\u{202e}b");
        check("größer → 🦙", "größer → 🦙");
    }

    #[test]
    fn the_last_lines_are_the_last_lines() {
        assert_eq!(last_lines("a\nb\nc\n", 2), "b\nc");
        assert_eq!(last_lines("a", 5), "a");
        assert_eq!(last_lines("a\nb", 0), "");
        assert_eq!(last_lines("", 3), "");
    }

    /// F60: a secret that the window cuts in two is not shown by halves.
    #[test]
    fn a_secret_cut_by_the_window_is_not_shown() {
        let secret = SecretString::from("correct-horse-battery");
        let show = |text: &str, cut| masked(text.as_bytes(), cut, 9, std::iter::once(&secret));
        let tail = "x".repeat(100);
        assert!(!show(&format!("horse-battery {tail}"), true).contains("battery"));
        assert!(show(&format!("horse-battery {tail}"), false).contains("battery"));
        assert_eq!(show("a correct-horse-battery b", false), "a *** b");
    }

    proptest! {
        #[test]
        fn any_bytes_become_visible_text(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let text = neutral(&String::from_utf8_lossy(&bytes));
            prop_assert!(text.chars().all(|c| c == '\n' || c == '\t' || !c.is_control()));
        }

        #[test]
        fn no_cut_shows_a_secret(secret in "[a-zA-Z0-9+/=_-]{8,40}", before in ".{0,80}", after in "[^\n]{0,200}", at in 0_usize..300) {
            let whole = format!("{before}{secret}{after}");
            let bytes = whole.as_bytes();
            let at = at.min(bytes.len());
            let shown = masked(&bytes[at..], at > 0, 9, std::iter::once(&SecretString::from(secret.clone())));
            prop_assume!(!before.contains(&secret[4..]) && !after.contains(&secret[4..]));
            prop_assert!(!shown.contains(&secret[4..]) , "{shown}");
        }
    }
}
