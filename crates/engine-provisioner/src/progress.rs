//! What is going on: a bar on a terminal, a line now and then in a pipe.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use provisioner_core::{Event, Observer, StepKind};

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(100);
/// How often a pipe hears of a step that goes on.
const PAUSE: Duration = Duration::from_secs(10);

const SPINNER: &str = "{spinner} {wide_msg} {elapsed}";
const STEPS: &str = "[{bar:30}] {pos}/{len} {wide_msg} {elapsed}";

/// The one progress line of this process, on standard error. Clones show the same line.
#[derive(Clone)]
pub(crate) struct Progress {
    quiet: bool,
    bar: Option<ProgressBar>,
    /// Whether the thread that turns the spinner was started.
    turns: Arc<AtomicBool>,
    last: Arc<Mutex<Instant>>,
    begin: Instant,
}

impl Progress {
    pub(crate) fn new(quiet: bool) -> Self {
        let bar = (std::io::stderr().is_terminal() && !quiet).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(spinner());
            bar
        });
        let turns = Arc::new(AtomicBool::new(false));
        Self { quiet, bar, turns, last: Arc::new(Mutex::new(Instant::now())), begin: Instant::now() }
    }

    /// Receives the events of a provider.
    pub(crate) fn observer(&self) -> Observer {
        let progress = self.clone();
        Observer::new(move |event| progress.on(event))
    }

    fn on(&self, event: &Event) {
        match event {
            Event::BuildPhase("fetch") => self.phase("fetching the source"),
            Event::BuildPhase("configure") => self.phase("configuring"),
            Event::BuildPhase("wait") => self.phase("waiting for another build of this host"),
            Event::BuildPhase("build") => self.phase("building llama-server"),
            Event::BuildPhase("prove") => self.phase("asking the new server for its version"),
            Event::Begin(StepKind::Preflight) => self.phase("installing packages"),
            Event::Begin(StepKind::Model) => self.phase("getting the model"),
            Event::Begin(StepKind::Start) => self.phase("starting the engine"),
            Event::BuildStep { done, total, what, left } => self.step(*done, *total, what, *left),
            Event::Note(text) => self.say(&format!("note: {text}")),
            Event::Warning(text) => self.say(&format!("warning: {text}")),
            _ => {}
        }
    }

    /// Something begins that has no steps.
    pub(crate) fn phase(&self, name: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_style(spinner());
                bar.set_message(name.to_owned());
                self.turn(bar);
            }
            None => self.say(&format!("{name} ...")),
        }
        self.said();
    }

    /// Starts the thread that turns the spinner. indicatif's own panics where the system starts no more threads; then
    /// the spinner only moves with the messages.
    fn turn(&self, bar: &ProgressBar) {
        if self.turns.swap(true, Ordering::Relaxed) {
            return;
        }
        let bar = bar.downgrade();
        let turn = move || {
            while let Some(bar) = bar.upgrade().filter(|bar| !bar.is_finished()) {
                bar.tick();
                drop(bar);
                thread::sleep(TICK);
            }
        };
        if let Err(error) = thread::Builder::new().name("spinner".into()).spawn(turn) {
            tracing::debug!(%error, "the spinner does not turn");
        }
    }

    fn step(&self, done: u32, total: u32, what: &str, left: Option<Duration>) {
        let left = left.map(|left| format!(", {} left", HumanDuration(left))).unwrap_or_default();
        match &self.bar {
            Some(bar) => {
                if bar.length() != Some(total.into()) {
                    bar.set_style(steps());
                    bar.set_length(total.into());
                }
                bar.set_position(done.into());
                bar.set_message(format!("{what}{left}"));
            }
            None if self.is_due() => {
                let percent = u64::from(done) * 100 / u64::from(total.max(1));
                self.say(&format!("  {done}/{total} ({percent} %) after {} s{left}", self.begin.elapsed().as_secs()));
            }
            None => {}
        }
    }

    /// The phase goes on; `text` says what is known.
    pub(crate) fn still(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(text.to_owned()),
            None if self.is_due() => self.say(&format!("  {text}")),
            None => {}
        }
    }

    /// Takes the line away.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn say(&self, line: &str) {
        if !self.quiet {
            self.above(|| writeln!(anstream::stderr(), "{line}")).ok();
        }
    }

    fn above<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Whether a pipe has heard nothing for a while; if so, it counts as told.
    fn is_due(&self) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.elapsed() >= PAUSE;
        if due {
            *last = Instant::now();
        }
        due
    }

    fn said(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// Tracing writes whole lines.
impl Write for Progress {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.above(|| std::io::stderr().write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

fn spinner() -> ProgressStyle {
    style(SPINNER)
}

fn steps() -> ProgressStyle {
    style(STEPS)
}

/// A template with a mistake shows as the plain bar.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_mistake| ProgressStyle::default_bar()).progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_templates_have_no_mistake() {
        for template in [super::SPINNER, super::STEPS] {
            indicatif::ProgressStyle::with_template(template).unwrap();
        }
    }
}
