//! What a container printed.
//!
//! The runtime keeps it, up to the size that the container was created with; at that size podman's log begins again, so
//! that the beginning of a long log is lost.

use std::time::Duration;

use cancel::Cancel;
use exec::{ExecError, Stream, run_lines};

use crate::{ContainerError, Ours, Program};

/// How long reading a log may take.
const DEADLINE: Duration = Duration::from_mins(1);
/// The longest time that a log is followed: ten years, which no engine runs.
const FOLLOWED: Duration = Duration::from_hours(24 * 3650);

/// Which lines of a log are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogPart {
    /// The last lines, so many at most.
    Last(usize),
    /// All that is kept; of each stream at most 8 MiB, its end.
    Whole,
}

/// The lines that the container printed on both streams, in the order in which the runtime read them, without control
/// characters: lines that were printed on two streams within a moment may change places. Secrets in it are not masked.
///
/// # Errors
///
/// [`ContainerError::Absent`] for a container that is gone, or why the log cannot be read.
pub fn logs(program: &Program, ours: &Ours, part: LogPart) -> Result<String, ContainerError> {
    let mut args = vec!["logs".to_owned(), "--timestamps".to_owned()];
    if let LogPart::Last(lines) = part {
        args.push(format!("--tail={lines}"));
    }
    args.push(ours.id().to_owned());
    let output = program.perform(&ours.container().name, &program.command(args, DEADLINE))?;
    let lines = merged(&String::from_utf8_lossy(&output.stdout), &String::from_utf8_lossy(&output.stderr));
    let from = match part {
        LogPart::Last(count) => lines.len().saturating_sub(count),
        LogPart::Whole => 0,
    };
    Ok(lines.get(from..).unwrap_or_default().join("\n"))
}

/// Hands on the last `lines` lines, and then each line as the container prints it, until it exits or the token is
/// cancelled. The order of two streams within a moment is not kept.
///
/// # Errors
///
/// [`ContainerError::Absent`] for a container that is gone, or why the log cannot be read.
pub fn follow(
    program: &Program,
    ours: &Ours,
    lines: usize,
    cancel: &Cancel,
    on_line: &mut dyn FnMut(&str),
) -> Result<(), ContainerError> {
    // With its time, a line of the container differs from one of the runtime.
    let args = ["logs", "--follow", "--timestamps", &format!("--tail={lines}"), ours.id()];
    let command = program.command(args, FOLLOWED).cancel(cancel.clone());
    let mut hand_on = |_: Stream, line: &str| {
        if let Some((_, line)) = stamped(line) {
            on_line(&printable(line));
        }
    };
    match run_lines(&command, &mut hand_on) {
        Err(ExecError::Cancelled { .. }) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(output) if output.exit == exec::Exit::Code(0) => Ok(()),
        Ok(output) => Err(program.failure(&ours.container().name, &command, &output)),
    }
}

/// The lines of two streams by their time, without it.
fn merged(stdout: &str, stderr: &str) -> Vec<String> {
    let mut lines: Vec<(Stamp<'_>, &str)> = stdout.lines().chain(stderr.lines()).filter_map(stamped).collect();
    // Stable: lines of one stream at one time stay in order.
    lines.sort_by(|one, other| one.0.cmp(&other.0));
    lines.into_iter().map(|(_, line)| printable(line)).collect()
}

/// Seconds and fraction of a time as text: one zone within one log, so that text compares as time does.
type Stamp<'a> = (&'a str, &'a str);

/// Splits `2026-11-28T10:35:54.431305104Z line` or `…+01:00 line`; what begins in no such way is the runtime's own.
fn stamped(line: &str) -> Option<(Stamp<'_>, &str)> {
    let (time, rest) = line.split_once(' ').unwrap_or((line, ""));
    let (seconds, rest_of_time) = time.split_at_checked(19)?;
    let fits = seconds.as_bytes().get(10) == Some(&b'T') && seconds.as_bytes().get(13) == Some(&b':');
    let fraction = rest_of_time.trim_start_matches('.');
    let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
    fits.then(|| ((seconds, fraction.get(..end).unwrap_or_default()), rest))
}

fn printable(line: &str) -> String {
    line.chars().filter(|c| *c == '\t' || !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both streams are one log again.
    #[test]
    fn streams_are_merged_by_time() {
        let stdout = "2026-11-28T10:35:54.1Z one\n2026-11-28T10:35:54.300000000Z three\n2026-11-28T10:35:55Z five\n";
        let stderr =
            "2026-11-28T10:35:54.2Z two\n2026-11-28T10:35:54.300000001Z four\ntime=\"x\" level=warning msg=y\n";
        assert_eq!(merged(stdout, stderr), ["one", "two", "three", "four", "five"]);
        assert_eq!(merged("2026-11-28T11:35:54.1+01:00 a\n", "2026-11-28T11:35:54.1+01:00 b\n"), ["a", "b"]);
        assert_eq!(merged("2026-11-28T10:35:54.1Z\n", ""), [""]);
    }

    #[test]
    fn a_terminal_is_not_steered() {
        assert_eq!(printable("a\u{1b}[2Jb\tc\r"), "a[2Jb\tc");
    }
}
