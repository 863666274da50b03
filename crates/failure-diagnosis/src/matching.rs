//! Finds the rule that a log matches: one pass over the text, whatever the number of rules.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use crate::Phase;
use crate::pattern::{Captures, Pattern};
use crate::rules::{self, FACTS, READY, Rule, TABLE};
use crate::text::Log;

/// The first rule of the table that matches, with what it took and the lines (by index) it took it from.
pub(super) struct Found {
    pub(super) rule: &'static Rule,
    pub(super) captures: Captures,
    pub(super) lines: RangeInclusive<usize>,
}

/// What a pattern tells.
#[derive(Clone, Copy)]
enum Kind {
    /// Something worth knowing beside the failure.
    Fact,
    /// That the engine serves.
    Ready,
    /// A failure, with its place in the table.
    Failure(usize, &'static Rule),
}

type Entry = (Kind, &'static Pattern);

/// All patterns by their first four bytes, in the order of the table, facts first.
struct Index {
    /// Marks beginnings, so that almost every place of a text is passed by at once.
    marks: Vec<bool>,
    entries: HashMap<[u8; 4], Vec<Entry>>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index { marks: vec![false; 1 << 16], entries: HashMap::new() };
    let rules = TABLE.iter().flat_map(|part| part.iter()).enumerate();
    let rules = rules.flat_map(|(rank, rule)| rule.any.iter().map(move |pattern| (Kind::Failure(rank, rule), pattern)));
    let others = FACTS.iter().map(|fact| (Kind::Fact, fact)).chain(READY.iter().map(|ready| (Kind::Ready, ready)));
    for (kind, pattern) in others.chain(rules) {
        if let Some(four) = pattern.anchor().as_bytes().first_chunk().copied().map(blanks) {
            if let Some(mark) = index.marks.get_mut(slot(four)) {
                *mark = true;
            }
            index.entries.entry(four).or_default().push((kind, pattern));
        }
    }
    index
});

/// The patterns that may start at `at`.
fn candidates<'a>(index: &'a Index, text: &[u8], at: usize) -> &'a [Entry] {
    let Some(four) = text.get(at..).and_then(<[u8]>::first_chunk).copied().map(blanks) else { return &[] };
    if index.marks.get(slot(four)) != Some(&true) {
        return &[];
    }
    index.entries.get(&four).map_or(&[], Vec::as_slice)
}

fn blanks(four: [u8; 4]) -> [u8; 4] {
    four.map(|byte| if byte == b'\n' { b' ' } else { byte })
}

fn slot(four: [u8; 4]) -> usize {
    (u32::from_le_bytes(four).wrapping_mul(0x9e37_79b1) >> 16) as usize
}

/// Searches the whole log; the table's order decides, then the place in the log. What an engine printed before it was ready
/// is not why it exited afterwards.
pub(super) fn first(phase: Phase, log: &Log<'_>) -> Option<Found> {
    let text = log.text.as_bytes();
    let index = &*INDEX;
    let mut best = usize::MAX;
    let mut found: Option<(&'static Rule, Captures, RangeInclusive<usize>, Captures)> = None;
    let mut facts = Captures::new();
    for (number, line) in log.lines.iter().enumerate().filter(|(_, line)| line.role.counts()) {
        for at in line.start..line.end {
            let mut fact = None;
            for (kind, pattern) in candidates(index, text, at) {
                match kind {
                    _ if !pattern.roles.contains(&line.role) => {}
                    Kind::Fact => fact = fact.or_else(|| pattern.matches(text, at)),
                    Kind::Ready => {
                        let outlived = found.as_ref().is_some_and(|(rule, ..)| !rules::outlasts_readiness(rule));
                        if matches!(phase, Phase::Run | Phase::Container)
                            && outlived
                            && pattern.matches(text, at).is_some()
                        {
                            (best, found) = (usize::MAX, None);
                            facts.clear();
                        }
                    }
                    Kind::Failure(rank, rule) if *rank < best && rule.phases.contains(&phase) => {
                        if let Some((captures, end)) = pattern.matches(text, at) {
                            best = *rank;
                            let last = log.lines.partition_point(|line| line.start < end).saturating_sub(1).max(number);
                            found = Some((*rule, captures, number..=last, facts.clone()));
                        }
                    }
                    Kind::Failure(..) => {}
                }
            }
            if let Some((new, _)) = fact {
                note(&mut facts, new, found.is_none());
            }
        }
    }
    let (rule, mut captures, lines, known) = found?;
    // What the rule took goes first, then what stood before it, then what was told only later.
    captures.extend(known);
    captures.extend(facts);
    Some(Found { rule, captures, lines })
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
