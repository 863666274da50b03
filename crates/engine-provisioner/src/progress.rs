//! What is going on, on standard error: one stream of events and three readers of it.
//!
//! The rule: on a terminal one bar shows the step that began last; in a pipe a step is one line, and one that takes long
//! another line now and then; with `--events jsonl` each event is a JSON line and nothing else is printed.

mod bar;
mod jsonl;
mod lines;
mod steps;

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use provisioner_core::{Event, Happening, Observer};

use crate::args::{Args, EventFormat};
use crate::progress::bar::Bar;
use crate::progress::lines::Lines;
use crate::progress::steps::Steps;

/// What is shown of this process's work. Clones show the same.
#[derive(Clone)]
pub(crate) struct Progress {
    reader: Reader,
    steps: Arc<Mutex<Steps>>,
    /// Whether lines name their pool.
    several: Arc<AtomicBool>,
}

/// How the events are shown.
#[derive(Clone)]
enum Reader {
    Bar(Bar),
    Lines(Arc<Lines>),
    Jsonl,
    Quiet,
}

impl Progress {
    pub(crate) fn new(args: &Args) -> Self {
        let reader = match args.events {
            Some(EventFormat::Jsonl) => Reader::Jsonl,
            None if args.quiet => Reader::Quiet,
            None if std::io::stderr().is_terminal() => Reader::Bar(Bar::new()),
            None => Reader::Lines(Arc::new(Lines::new())),
        };
        Self { reader, steps: Arc::default(), several: Arc::default() }
    }

    /// Has lines name the pool that they are about, where several are worked on.
    pub(crate) fn names_pools(&self, several: bool) {
        self.several.store(several, Ordering::Relaxed);
    }

    /// Receives the events of a provider.
    pub(crate) fn observer(&self) -> Observer {
        let progress = self.clone();
        Observer::new(move |event| progress.on(event))
    }

    fn on(&self, event: &Event) {
        match (&self.reader, &event.what) {
            (Reader::Jsonl, _) => return jsonl::print(event),
            (Reader::Quiet, _) => return,
            (_, Happening::Note { text }) => return self.say(&format!("{}note: {text}", self.of_pool(event))),
            (_, Happening::Warning { text }) => return self.say(&format!("{}warning: {text}", self.of_pool(event))),
            _ => {}
        }
        let pool = self.of_pool(event);
        // Several steps may report at once: what is shown is decided and drawn by one after the other.
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = steps.on(event);
        match &self.reader {
            Reader::Bar(bar) => steps.current().into_iter().for_each(|step| bar.show(step)),
            Reader::Lines(lines) => changed.into_iter().for_each(|step| lines.on(step, &pool)),
            Reader::Jsonl | Reader::Quiet => {}
        }
    }

    /// What begins a line about this event's pool.
    fn of_pool(&self, event: &Event) -> String {
        let several = self.several.load(Ordering::Relaxed);
        if several { format!("{}: ", event.pool_id) } else { String::new() }
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        if let Reader::Bar(bar) = &self.reader {
            bar.clear();
        }
    }

    fn say(&self, line: &str) {
        match &self.reader {
            Reader::Bar(bar) => bar.above(|| lines::say(line)),
            _ => lines::say(line),
        }
    }
}

/// Tracing writes whole lines.
impl Write for Progress {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let write = || std::io::stderr().write(bytes);
        match &self.reader {
            Reader::Bar(bar) => bar.above(write),
            _ => write(),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}
