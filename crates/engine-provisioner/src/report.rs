//! How results and errors are shown: text for people, JSON for programs.

pub(crate) mod amount;
pub(crate) mod gpu;
pub(crate) mod several;
pub(crate) mod summary;
pub(crate) mod table;

use std::error::Error;
use std::io::{IsTerminal, Write};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use serde::Serialize;
use serde_json::{Value, json};

use crate::args::{Args, EventFormat};
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

/// How an error is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// For people, on standard error.
    Text,
    /// As the one document on standard output.
    Document,
    /// As one line among the events on standard error.
    Line,
}

impl Shape {
    /// The shape that the command line asks for.
    pub(crate) fn of(args: &Args) -> Self {
        match (args.json, args.events) {
            (true, _) => Self::Document,
            (false, Some(EventFormat::Jsonl)) => Self::Line,
            (false, None) => Self::Text,
        }
    }
}

/// Shows an error. A stream whose reader is gone is no reason for another exit status.
pub(crate) fn failure(failure: &Failure, shape: Shape) {
    match shape {
        Shape::Text => {
            let mut shown = String::new();
            // Lines are left as they are, so that a command in a help text can be pasted.
            let handler = GraphicalReportHandler::new_themed(theme()).with_links(false).with_wrap_lines(false);
            if handler.render_report(&mut shown, failure).is_err() {
                shown = failure.to_string();
            }
            let mut err = anstream::stderr().lock();
            writeln!(err, "{}", shown.trim_end()).ok();
        }
        Shape::Document => {
            result(true, &json!({ "error": document(failure) }), String::new).ok();
        }
        Shape::Line => line(&json!({ "event": "error", "error": document(failure) })),
    }
}

/// Prints a document as one line on standard error, in one piece.
pub(crate) fn line(document: &impl Serialize) {
    let mut line = serde_json::to_vec(document).unwrap_or_default();
    line.push(b'\n');
    std::io::stderr().lock().write_all(&line).ok();
}

/// Prints a line for people on standard error. A reader that is gone is no reason for another exit status.
pub(crate) fn say(line: &str) {
    writeln!(anstream::stderr(), "{line}").ok();
}

/// An error as plain data.
pub(crate) fn document(failure: &Failure) -> Value {
    let text = |part: Option<Box<dyn std::fmt::Display + '_>>| part.map(|part| part.to_string());
    let causes: Vec<String> = causes(failure).map(ToString::to_string).collect();
    let (code, help) = (text(failure.code()), text(failure.help()));
    json!({"code": code, "message": failure.to_string(), "help": help, "causes": causes})
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
