//! INT, TERM and HUP as a cancellation token.
//!
//! Once something holds the token, the first signal cancels it, and what holds it ends in order: its processes first, then
//! its locks. The second one ends this process as if there were no handler. So does the first where nothing holds the
//! token: a verb that only looks handles no signal. A signal that was ignored when this program started stays ignored:
//! `nohup`, and jobs in the background of a script, rely on that.

use std::fs::File;
use std::io::Read;
use std::sync::OnceLock;
use std::thread;

use cancel::Cancel;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// The signals that people and service managers end a program with.
const SIGNALS: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

/// The token, made when it is first asked for.
#[derive(Default)]
pub(crate) struct Interrupt(OnceLock<Cancel>);

impl Interrupt {
    /// The token that the signals cancel from now on. Who takes it has to end soon after it is cancelled.
    pub(crate) fn cancel(&self) -> Cancel {
        self.0.get_or_init(install).clone()
    }
}

/// Handles the signals from now on. Without a thread for that, they keep their default effect.
fn install() -> Cancel {
    let (cancel, ignored) = (Cancel::default(), ignored());
    let signals: Vec<_> = SIGNALS.into_iter().filter(|signal| !ignored(*signal)).collect();
    let token = cancel.clone();
    let work = move || match Signals::new(signals) {
        Ok(signals) => handle(signals, &token),
        Err(error) => tracing::debug!(%error, "signals keep their default effect"),
    };
    if let Err(error) = thread::Builder::new().name("signals".into()).spawn(work) {
        tracing::debug!(%error, "signals keep their default effect");
    }
    cancel
}

fn handle(mut signals: Signals, cancel: &Cancel) {
    for signal in signals.forever() {
        if cancel.is_cancelled() {
            emulate_default_handler(signal).ok();
        }
        cancel.cancel();
    }
}

/// Which signals this process was started to ignore, from `SigIgn` of `/proc/self/status`; none where that is missing.
fn ignored() -> impl Fn(i32) -> bool {
    // The kernel makes the text in one piece for a reader with room for it.
    let mut bytes = Vec::with_capacity(8 << 10);
    File::open("/proc/self/status").and_then(|mut file| file.read_to_end(&mut bytes)).ok();
    let status = String::from_utf8_lossy(&bytes);
    let mask = status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    move |signal| mask.is_some_and(|mask| mask & (1 << (signal - 1)) != 0)
}
