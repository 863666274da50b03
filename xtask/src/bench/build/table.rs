//! Figures beside their goals.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use crate::bench::shown;
use crate::figures;

/// What the rows mean: stands below each table.
const EXPLAINED: &str = "\
- Cold: `prepare` with an empty cache (fetch, configure, build, three questions to the server, digests, manifest, provenance,
  publish) beside `git clone`, `git checkout` and the two commands that `plan -v` shows, in turn; ccache is empty for both.
- Peak memory: the highest resident set (`VmHWM`) of our own process, without compilers, in the cold builds.
- One option changed: another key in the same cache. CMake configures anew, ccache knows most objects, all is linked anew.
- Second pool: `prepare` of a pool that was never prepared, with a build that is in the store; strace counts what it executes.
- At once: processes with pools of their own and a fresh store; ccache keeps what it knows from the cold build.
- Killed: `kill -9` of our process when ninja has finished half of its steps; only the second `prepare` is timed.
";

/// One promise and what became of it.
pub(super) struct Line {
    what: String,
    ours: String,
    beside: String,
    figure: String,
    goal: String,
    met: bool,
}

impl Line {
    /// Our time as a part of another.
    pub(super) fn ratio(what: impl Into<String>, ours: Duration, beside: Duration, most: f64) -> Self {
        let ratio = ours.as_secs_f64() / beside.as_secs_f64().max(f64::MIN_POSITIVE);
        Self {
            what: what.into(),
            ours: shown(ours),
            beside: shown(beside),
            figure: format!("{ratio:.2}"),
            goal: format!("≤ {most:.2}"),
            // What is shown is what is judged.
            met: (ratio * 100.0).round() <= most * 100.0,
        }
    }

    /// A time of its own.
    pub(super) fn at_most(what: impl Into<String>, ours: Duration, most: Duration) -> Self {
        let goal = format!("≤ {} ms", most.as_millis());
        Self::alone(what, shown(ours), shown(ours), goal, ours <= most)
    }

    /// How often something happened.
    pub(super) fn count(what: impl Into<String>, ours: usize, wanted: usize) -> Self {
        Self::alone(what, String::new(), ours.to_string(), wanted.to_string(), ours == wanted)
    }

    /// Bytes, shown in millions.
    pub(super) fn megabytes(what: impl Into<String>, bytes: u64, most: u64) -> Self {
        let shown = format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000);
        // A run in which nothing was seen proves nothing.
        Self::alone(what, String::new(), shown, format!("≤ {most} MB"), (1..=most * 1_000_000).contains(&bytes))
    }

    fn alone(what: impl Into<String>, ours: String, figure: String, goal: String, met: bool) -> Self {
        Self { what: what.into(), ours, beside: String::new(), figure, goal, met }
    }

    /// Tells the time it took.
    pub(super) fn after(mut self, took: Duration) -> Self {
        self.ours = shown(took);
        self
    }
}

/// The whole report.
pub(super) struct Table {
    subject: String,
    lines: Vec<Line>,
    notes: Vec<String>,
}

impl Table {
    pub(super) fn new(subject: &str) -> Self {
        Self { subject: subject.into(), lines: Vec::new(), notes: Vec::new() }
    }

    pub(super) fn add(&mut self, line: Line) {
        self.lines.push(line);
    }

    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "# Builds of {} beside their goals\n\n{}\n", self.subject, figures::machine())?;
        writeln!(f, "| what | ours | beside | figure | goal | met |\n| --- | ---: | ---: | ---: | ---: | --- |")?;
        for Line { what, ours, beside, figure, goal, met } in &self.lines {
            let met = if *met { "yes" } else { "no" };
            writeln!(f, "| {what} | {ours} | {beside} | {figure} | {goal} | {met} |")?;
        }
        for note in &self.notes {
            write!(f, "\n{note}")?;
        }
        write!(f, "\n\n{EXPLAINED}")?;
        writeln!(
            f,
            "\n`cargo xtask bench build{}` makes this table.",
            if self.subject == "llama.cpp" { " --real" } else { "" }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_what_is_judged() {
        let ms = Duration::from_millis;
        let met = |line: Line| (line.figure.clone(), line.met);
        assert_eq!(met(Line::ratio("", ms(1014), ms(1000), 1.01)), ("1.01".into(), true));
        assert_eq!(met(Line::ratio("", ms(1016), ms(1000), 1.01)), ("1.02".into(), false));
        assert_eq!(met(Line::at_most("", ms(20), ms(20))), ("20.00 ms".into(), true));
        assert!(!Line::at_most("", ms(21), ms(20)).met);
        assert!(Line::count("", 1, 1).met && !Line::count("", 0, 1).met && !Line::count("", 2, 1).met);
        assert_eq!(met(Line::megabytes("", 12_340_000, 15)), ("12.3 MB".into(), true));
        assert!(!Line::megabytes("", 15_000_001, 15).met && !Line::megabytes("", 0, 15).met);
        let mut table = Table::new("x");
        table.add(Line::count("builds", 1, 1).after(ms(1500)));
        table.note("A note.".into());
        let text = table.to_string();
        assert!(text.contains("| builds | 1.50 s |  | 1 | 1 | yes |\n\nA note.\n"), "{text}");
    }
}
