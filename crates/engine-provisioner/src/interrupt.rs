//! INT, TERM and HUP as a cancellation token.
//!
//! The first signal cancels the token, and what holds it ends in order: its processes first, then its locks. The second
//! one ends this process as if there were no handler. So does the first where nothing took the token, because nothing would
//! react to it. A signal that was ignored when this program started stays ignored: `nohup`, and jobs in the background of a
//! script, rely on that.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use cancel::Cancel;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// The signals that people and service managers end a program with.
const SIGNALS: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

/// The token, and whether anything holds it.
#[derive(Clone, Default)]
pub(crate) struct Interrupt {
    cancel: Cancel,
    is_taken: Arc<AtomicBool>,
}

impl Interrupt {
    /// Handles the signals from now on. Without a thread for that, they keep their default effect.
    pub(crate) fn install() -> Self {
        let interrupt = Self::default();
        let ignored = ignored();
        let signals: Vec<_> = SIGNALS.into_iter().filter(|signal| !ignored(*signal)).collect();
        let handler = interrupt.clone();
        let work = move || match Signals::new(signals) {
            Ok(signals) => handler.handle(signals),
            Err(error) => tracing::debug!(%error, "signals keep their default effect"),
        };
        if let Err(error) = thread::Builder::new().name("signals".into()).spawn(work) {
            tracing::debug!(%error, "signals keep their default effect");
        }
        interrupt
    }

    /// The token that the signals cancel. Who takes it has to end soon after it is cancelled.
    pub(crate) fn cancel(&self) -> Cancel {
        self.is_taken.store(true, Ordering::SeqCst);
        self.cancel.clone()
    }

    fn handle(&self, mut signals: Signals) {
        for signal in signals.forever() {
            if self.cancel.is_cancelled() || !self.is_taken.load(Ordering::SeqCst) {
                emulate_default_handler(signal).ok();
            }
            self.cancel.cancel();
        }
    }
}

/// Which signals this process was started to ignore, from `SigIgn` of `/proc/self/status`; none where that is missing.
fn ignored() -> impl Fn(i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    move |signal| mask.is_some_and(|mask| mask & (1 << (signal - 1)) != 0)
}
