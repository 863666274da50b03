//! Picks the few lines of a log that are worth a person's time.

use std::ops::RangeInclusive;

use exec::Redactor;

use crate::prefix;
use crate::text::{Log, Role, clean, cmake_block};

/// The most lines that are shown.
const MOST: usize = 14;
/// The most characters of a line that are shown.
const WIDEST: usize = 400;
/// How far back the head of a message or its build step is looked for, in lines.
const BACK: usize = 400;

/// The words of a line that complains.
const COMPLAINTS: &[&str] = &[
    "error:",
    "error :",
    "fatal:",
    "fatal :",
    "Fatal:",
    "FATAL:",
    "Error:",
    "undefined reference",
    "undefined symbol",
    "Killed",
    "] Error ",
    "make: ***",
    "cannot find ",
    "command not found",
    "terminate called",
    "Segmentation fault",
    "Traceback (most recent call last)",
];

/// The lines of a match, with what belongs to them.
pub(super) fn around(log: &Log<'_>, lines: RangeInclusive<usize>) -> Vec<String> {
    let (first, last) = lines.into_inner();
    let last = last.min(first.saturating_add(4));
    let in_block = log.lines.get(first).is_some_and(|line| line.role == Role::CmakeError);
    let head = (first.saturating_sub(BACK)..=first).rev().find(|at| {
        log.lines.get(*at).is_some_and(|line| {
            let text = log.line(line);
            if in_block { cmake_block(text).is_some() } else { text.starts_with("FAILED: ") }
        })
    });
    let mut picked: Vec<usize> = head.into_iter().collect();
    if in_block {
        // The head, and all between if that is not much: CMake names the place first and the reason below it.
        let start = head.unwrap_or(first);
        let from = if first - start <= 4 { start + 1 } else { first.saturating_sub(1) };
        picked.extend(from..=last);
        picked.extend((last + 1..=last + 4).take_while(|at| is(log, *at, Role::CmakeError) && !is_stack(log, *at)));
        // What a program inside of the message complains about is the reason.
        picked.extend((last + 5..).take_while(|at| is_block(log, *at)).filter(|at| complains(log, *at)).take(4));
    } else {
        let context = first.saturating_sub(1)..=last + 2;
        picked.extend(context.filter(|at| (first..=last).contains(at) || !is(log, *at, Role::Status)));
    }
    show(log, picked)
}

/// The first complaint, with what belongs to it; the end of the log if there is none.
pub(super) fn first_complaint(log: &Log<'_>) -> Vec<String> {
    if let Some(start) = (0..log.lines.len()).find(|at| is(log, *at, Role::CmakeError)) {
        let block: Vec<usize> = (start..log.lines.len()).take_while(|at| is_block(log, *at)).collect();
        let mut picked: Vec<usize> = block.iter().copied().take(8).collect();
        picked.extend(block.iter().skip(8).copied().filter(|at| complains(log, *at)).take(MOST - 8));
        return show(log, picked);
    }
    let plain = |at: &usize| is(log, *at, Role::Plain) && complains(log, *at);
    let Some(at) = (0..log.lines.len()).find(plain).or_else(|| (0..log.lines.len()).find(|at| is_failed(log, *at)))
    else {
        return show(log, (log.lines.len().saturating_sub(MOST)..log.lines.len()).collect());
    };
    let head = (at.saturating_sub(BACK)..at).rev().find(|at| is_failed(log, *at));
    let mut picked: Vec<usize> = head.into_iter().collect();
    picked.extend(at.saturating_sub(2)..at + 8);
    show(log, picked)
}

fn is(log: &Log<'_>, at: usize, role: Role) -> bool {
    log.lines.get(at).is_some_and(|line| line.role == role)
}

fn complains(log: &Log<'_>, at: usize) -> bool {
    log.lines.get(at).is_some_and(|line| COMPLAINTS.iter().any(|word| log.line(line).contains(word)))
}

/// A line of the error block, or a command that the block shows.
fn is_block(log: &Log<'_>, at: usize) -> bool {
    is(log, at, Role::CmakeError) || is(log, at, Role::Echo)
}

fn is_stack(log: &Log<'_>, at: usize) -> bool {
    log.lines.get(at).is_some_and(|line| log.line(line).starts_with("Call Stack"))
}

fn is_failed(log: &Log<'_>, at: usize) -> bool {
    log.lines.get(at).is_some_and(|line| log.line(line).starts_with("FAILED: "))
}

/// The lines in order, each once, without status lines and commands, cut and redacted.
fn show(log: &Log<'_>, mut picked: Vec<usize>) -> Vec<String> {
    picked.sort_unstable();
    picked.dedup();
    let redactor = Redactor::new();
    picked
        .into_iter()
        .filter_map(|at| log.lines.get(at))
        .filter(|line| !log.line(line).starts_with("ninja: build stopped: subcommand failed"))
        .filter(|line| line.role != Role::Echo)
        .take(MOST)
        .map(|line| prefix::without(&clean(line.raw)).trim_end().chars().take(WIDEST).collect::<String>())
        .map(|line| redactor.text(&line).into_owned())
        .collect()
}
