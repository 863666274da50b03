//! How long the rest of a build will take: a pure estimate from the steps that are left, what each costs, and the pace so far.
//!
//! Steps are not alike: one template of CUDA costs as much as twenty files of C++, and ninja compiles them in one long run. So
//! what is left is not a number of steps but their costs, laid out on as many compilers as run at once. Costs are those of
//! the last build on this host, or the table of [`cost`](super::cost) where there was none; then only their ratios count, and
//! the pace of this build gives them their seconds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::cost;

/// Before this part of the cost is spent, a build without history has no estimate.
const TELLING: f64 = 0.05;

/// The steps of a build that is under way.
#[derive(Clone, Debug)]
pub(crate) struct Estimate {
    /// The steps that are not finished, in the order in which they start, with their costs.
    ahead: Vec<(String, f64)>,
    /// The costs of those that are.
    spent: f64,
    /// Whether costs are seconds of one compiler on this host.
    known: bool,
}

impl Estimate {
    /// The steps in the order in which they start. `past` holds what each took in the last build on this host, in seconds; it
    /// counts if it knows most of them.
    pub(crate) fn new(steps: Vec<String>, past: &BTreeMap<String, f64>) -> Self {
        let remembered = steps.iter().filter(|step| past.contains_key(*step)).count();
        let known = remembered * 2 > steps.len();
        // What is new since is guessed on the scale of what is remembered.
        let (seconds, costs) = steps
            .iter()
            .filter_map(|step| Some((sound(*past.get(step)?)?, cost::of(step))))
            .fold((0.0, 0.0), |(seconds, costs), (second, cost)| (seconds + second, costs + cost));
        let scale = if known && costs > 0.0 { seconds / costs } else { 1.0 };
        let cost = |step: &String| {
            let own = past.get(step).copied().and_then(sound).filter(|_| known);
            own.unwrap_or_else(|| cost::of(step) * scale)
        };
        let ahead = steps.into_iter().map(|step| (cost(&step), step)).map(|(cost, step)| (step, cost)).collect();
        Self { ahead, spent: 0.0, known }
    }

    /// Whether nothing is known of the steps, as with make.
    pub(crate) fn is_empty(&self) -> bool {
        self.ahead.is_empty()
    }

    /// What is finished already when the build is resumed: it is neither left nor part of the pace.
    pub(crate) fn skip(&mut self, finished: &BTreeSet<String>) {
        self.ahead.retain(|(step, _)| !finished.contains(step));
    }

    /// A step is finished; one that is not known is none of ours.
    pub(crate) fn finish(&mut self, output: &str) {
        if let Some(at) = self.ahead.iter().position(|(step, _)| step == output) {
            self.spent += self.ahead.remove(at).1;
        }
    }

    /// The time left after `elapsed` with this many compilers; `None` while there is nothing to tell it by.
    pub(crate) fn left(&self, elapsed: Duration, jobs: u32) -> Option<Duration> {
        let at_once = usize::try_from(jobs.max(1)).unwrap_or(usize::MAX);
        // No step has run for longer than the build.
        let most = if self.known { elapsed.as_secs_f64() } else { f64::INFINITY };
        let begun: f64 = self.ahead.iter().take(at_once).map(|(_, cost)| under_way(*cost, most)).sum();
        let done = self.spent + begun;
        let whole = self.spent + self.ahead.iter().map(|(_, cost)| cost).sum::<f64>();
        let share = if whole > 0.0 { (done / whole).min(1.0) } else { 1.0 };
        let measured = (done > 0.0).then(|| elapsed.as_secs_f64() * f64::from(jobs.max(1)) / done);
        let pace = match measured {
            // The more is done, the more this build's own pace counts.
            Some(measured) if self.known => (1.0 - share) + share * measured,
            None if self.known => 1.0,
            Some(measured) if self.spent > whole * TELLING => measured,
            _ => return None,
        };
        Duration::try_from_secs_f64(self.laid_out(at_once, most) * pace).ok()
    }

    /// How long what is ahead takes at a pace of 1: each compiler takes the next step when it has finished one, and the last step,
    /// which links the program, waits for all others. Of those under way at most `most` is done.
    fn laid_out(&self, at_once: usize, most: f64) -> f64 {
        let Some(((_, last), others)) = self.ahead.split_last() else { return 0.0 };
        let mut ends = vec![0.0_f64; at_once.min(others.len())];
        for (at, (_, cost)) in others.iter().enumerate() {
            let rest = if at < at_once { cost - under_way(*cost, most) } else { *cost };
            if let Some(next) = ends.iter_mut().min_by(|a, b| a.total_cmp(b)) {
                *next += rest;
            }
        }
        ends.into_iter().fold(0.0, f64::max) + if others.is_empty() { last - under_way(*last, most) } else { *last }
    }
}

/// How much of a step under way is done: half, one step with another.
fn under_way(cost: f64, most: f64) -> f64 {
    (cost / 2.0).min(most)
}

/// A cost that can be counted with; a step that took no time still takes some.
fn sound(seconds: f64) -> Option<f64> {
    (seconds.is_finite() && seconds >= 0.0).then(|| seconds.max(0.001))
}

#[cfg(test)]
mod tests;
