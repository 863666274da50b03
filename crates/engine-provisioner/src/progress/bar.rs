//! Progress on a terminal: one bar, for the step that began last.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use provisioner_core::Unit;

use crate::progress::lines::left;
use crate::progress::steps::Step;

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(100);

const SPINNER: &str = "{spinner} {wide_msg} {elapsed}";
const STEPS: &str = "[{bar:30}] {pos}/{len} {wide_msg} {elapsed}";
const BYTES: &str = "[{bar:30}] {bytes}/{total_bytes} {wide_msg} {elapsed}";

/// The one bar of this process.
#[derive(Clone)]
pub(crate) struct Bar {
    bar: ProgressBar,
    /// Whether the thread that turns the spinner was started.
    turns: Arc<AtomicBool>,
}

impl Bar {
    pub(crate) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(style(SPINNER));
        Self { bar, turns: Arc::default() }
    }

    /// Shows a step.
    pub(crate) fn show(&self, step: &Step) {
        let Some(reached) = &step.progress else { return self.phase(step.name) };
        let counted = reached.total.filter(|_| reached.unit != Unit::Seconds);
        let Some(total) = counted else {
            let what = if reached.what.is_empty() { step.name } else { &reached.what };
            return self.phase(what);
        };
        self.bar.set_style(style(if reached.unit == Unit::Bytes { BYTES } else { STEPS }));
        self.bar.set_length(total);
        self.bar.set_position(reached.done);
        let what = if reached.what.is_empty() { step.name } else { &reached.what };
        self.bar.set_message(format!("{what}{}", left(reached)));
    }

    /// Shows something that is not counted.
    pub(crate) fn phase(&self, name: &str) {
        self.bar.set_style(style(SPINNER));
        self.bar.set_message(name.to_owned());
        self.turn();
    }

    /// Writes something above the bar.
    pub(crate) fn above<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// Starts the thread that turns the spinner. indicatif's own panics where the system starts no more threads; then
    /// the spinner only moves with the messages.
    fn turn(&self) {
        if self.turns.swap(true, Ordering::Relaxed) {
            return;
        }
        let bar = self.bar.downgrade();
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
}

/// A template with a mistake shows as the plain bar.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_mistake| ProgressStyle::default_bar()).progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_templates_have_no_mistake() {
        for template in [super::SPINNER, super::STEPS, super::BYTES] {
            indicatif::ProgressStyle::with_template(template).unwrap();
        }
    }
}
