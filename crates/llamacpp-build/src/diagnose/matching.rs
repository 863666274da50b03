//! Finds the rule that a log matches: one pass over the text, whatever the number of rules.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use super::Phase;
use super::pattern::{Captures, Pattern};
use super::rules::{FACTS, Rule, TABLE};
use super::text::{Log, Role};

/// The first rule of the table that matches, with what it took and the lines (by index) it took it from.
pub(super) struct Found {
    pub(super) rule: &'static Rule,
    pub(super) captures: Captures,
    pub(super) lines: RangeInclusive<usize>,
}

/// Marks the four-byte beginnings of all patterns, so that almost every place of a text is passed by at once.
static BEGINNINGS: LazyLock<Vec<bool>> = LazyLock::new(|| {
    let mut marks = vec![false; 1 << 16];
    let rules = TABLE.iter().flat_map(|part| part.iter()).flat_map(|rule| rule.any);
    for pattern in rules.chain(FACTS) {
        if let Some(mark) = pattern.anchor().as_bytes().first_chunk().and_then(|four| marks.get_mut(slot(*four))) {
            *mark = true;
        }
    }
    marks
});

fn slot(four: [u8; 4]) -> usize {
    let four = four.map(|byte| if byte == b'\n' { b' ' } else { byte });
    (u32::from_le_bytes(four).wrapping_mul(0x9e37_79b1) >> 16) as usize
}

/// Searches the whole log; the table's order decides, then the place in the log.
pub(super) fn first(phase: Phase, log: &Log<'_>) -> Option<Found> {
    let text = log.text.as_bytes();
    let rules: Vec<&'static Rule> =
        TABLE.iter().flat_map(|part| part.iter()).filter(|rule| rule.phases.contains(&phase)).collect();
    let mut best = rules.len();
    let mut found = None;
    let mut facts = Captures::new();
    for (index, line) in log.lines.iter().enumerate().filter(|(_, line)| line.role != Role::Echo) {
        for at in line.start..line.end {
            let beginning = text.get(at..).and_then(<[u8]>::first_chunk);
            if !beginning.is_some_and(|four| BEGINNINGS.get(slot(*four)) == Some(&true)) {
                continue;
            }
            if let Some((new, _)) = FACTS.iter().find_map(|pattern| try_one(pattern, line.role, text, at)) {
                note(&mut facts, new, found.is_none());
            }
            let better = rules.iter().take(best).enumerate().find_map(|(rank, rule)| {
                let hit = rule.any.iter().find_map(|pattern| try_one(pattern, line.role, text, at))?;
                Some((rank, *rule, hit))
            });
            if let Some((rank, rule, (captures, end))) = better {
                best = rank;
                let last = log.lines.partition_point(|line| line.start < end).saturating_sub(1).max(index);
                let known = facts.clone();
                found = Some((rule, captures, known, index..=last));
            }
        }
    }
    let (rule, mut captures, known, lines) = found?;
    // What the rule took goes first, then what stood before it, then what was told only later.
    captures.extend(known);
    captures.extend(facts);
    Some(Found { rule, captures, lines })
}

fn try_one(pattern: &'static Pattern, role: Role, text: &[u8], at: usize) -> Option<(Captures, usize)> {
    if pattern.roles.contains(&role) { pattern.matches(text, at) } else { None }
}

/// Before the failure the latest fact counts (the target that is being built), after it the first one.
fn note(facts: &mut Captures, new: Captures, latest: bool) {
    for (name, value) in new {
        match facts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) if latest => *old = value,
            Some(_) => {}
            None => facts.push((name, value)),
        }
    }
}
