//! How results and errors are shown: text for people, one JSON document for programs.

use std::error::Error;
use std::io::{IsTerminal, Write};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use serde::Serialize;
use serde_json::json;

use crate::failure::{Failure, Result};

/// Prints a result: the JSON form, or the text.
pub(crate) fn result(json: bool, document: &impl Serialize, text: impl FnOnce() -> String) -> Result<()> {
    let shown = if json { pretty(document) } else { text() };
    let mut out = anstream::stdout().lock();
    out.write_all(shown.as_bytes())
        .and_then(|()| if shown.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") })
        .and_then(|()| out.flush())
        .map_err(Failure::Output)
}

/// Shows an error: for people on standard error, for programs as the one document on standard output.
pub(crate) fn failure(failure: &Failure, json: bool) {
    let text = |part: Option<Box<dyn std::fmt::Display + '_>>| part.map(|part| part.to_string());
    if json {
        let causes: Vec<String> = causes(failure).map(ToString::to_string).collect();
        let (code, help) = (text(failure.code()), text(failure.help()));
        let document = json!({"error": {"code": code, "message": failure.to_string(), "help": help, "causes": causes}});
        // Whoever reads standard output is gone: the exit status still tells.
        result(true, &document, String::new).ok();
    } else {
        let mut shown = String::new();
        // Lines are left as they are, so that a command in a help text can be pasted.
        let handler = GraphicalReportHandler::new_themed(theme()).with_links(false).with_wrap_lines(false);
        if handler.render_report(&mut shown, failure).is_err() {
            shown = failure.to_string();
        }
        let mut err = anstream::stderr().lock();
        writeln!(err, "{}", shown.trim_end()).ok();
    }
}

fn causes(failure: &Failure) -> impl Iterator<Item = &dyn Error> {
    std::iter::successors(failure.source(), |&error| error.source())
}

fn theme() -> GraphicalTheme {
    if std::io::stderr().is_terminal() { GraphicalTheme::unicode() } else { GraphicalTheme::none() }
}

fn pretty(document: &impl Serialize) -> String {
    // Our documents have string keys and no failing `Serialize`, the only two ways to fail.
    serde_json::to_string_pretty(document).unwrap_or_default()
}
