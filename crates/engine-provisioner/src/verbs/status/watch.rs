//! `--watch`: the same look again and again.
//!
//! The rules: a terminal shows the last look alone; a pipe gets each look, with an empty line before all but the first;
//! with `--json` each look is one line. It ends with a signal, or once its reader is gone.

use std::io::{IsTerminal, Write};
use std::num::NonZeroU32;
use std::thread;
use std::time::Duration;

use serde::Serialize;

use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// Moves to the first place of the screen and clears it.
const CLEAR: &str = "\u{1b}[H\u{1b}[2J";

/// Looks every `seconds` seconds.
pub(super) fn run<T: Serialize>(
    json: bool,
    seconds: NonZeroU32,
    look: impl Fn() -> Result<(T, String)>,
) -> Result<Exit> {
    let on_screen = std::io::stdout().is_terminal() && !json;
    let mut first = true;
    loop {
        let (document, text) = look()?;
        let shown = match (json, on_screen, first) {
            (true, ..) => serde_json::to_string(&document).unwrap_or_default() + "\n",
            (false, true, _) => format!("{CLEAR}{text}"),
            (false, false, true) => text,
            (false, false, false) => format!("\n{text}"),
        };
        first = false;
        let mut out = anstream::stdout().lock();
        out.write_all(shown.as_bytes()).and_then(|()| out.flush()).map_err(Failure::Output)?;
        drop(out);
        thread::sleep(Duration::from_secs(u64::from(seconds.get())));
    }
}
