//! A command line that is wrong: clap's text for people, one JSON document for programs.

use std::ffi::OsStr;
use std::process::ExitCode;

use clap::error::ErrorKind;

use crate::exit::{self, Exit};
use crate::failure::Failure;
use crate::report::{self, Shape};

/// Shows what clap says, and the status to exit with. Help and version are no errors.
pub(crate) fn refuse(error: &clap::Error) -> ExitCode {
    let is_answer = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    if is_answer || !asks_for_json(words.iter().map(AsRef::as_ref)) {
        // A closed standard error is no reason for another status; help and version are on standard output.
        let printed = error.print();
        if is_answer && printed.is_err_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) {
            return Exit::ReaderGone.into();
        }
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1));
    }
    let failure = failure(&error.render().to_string());
    report::failure(&failure, Shape::Document);
    exit::of(&failure).into()
}

/// Whether `--json` is among the options; what follows `--` is none.
fn asks_for_json<'a>(words: impl IntoIterator<Item = &'a OsStr>) -> bool {
    words.into_iter().take_while(|word| *word != "--").any(|word| word == "--json")
}

/// clap's text in parts: what is wrong up to the first empty line, then advice and usage. What stands behind a secret flag is
/// masked, as everywhere.
fn failure(text: &str) -> Failure {
    let text = exec::Redactor::new().text(text).into_owned();
    let (message, help) = text.trim().split_once("\n\n").unwrap_or((text.trim(), ""));
    let message = message.strip_prefix("error: ").unwrap_or(message).to_owned();
    let help = if help.is_empty() { "engine-provisioner --help" } else { help.trim() };
    Failure::CommandLine { message, help: help.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[test]
    fn json_is_asked_for_by_an_option() {
        let asks = |words: &[&str]| asks_for_json(words.iter().map(OsStr::new));
        assert!(asks(&["cache", "gc", "--json", "--older-than", "x"]));
        assert!(!asks(&["flags", "--", "--json"]) && !asks(&["--jsonx"]) && !asks(&[]));
    }

    #[test]
    fn the_text_is_taken_apart() {
        let error = crate::args::Args::try_parse_from(["e", "cache", "gc", "--older-than", "x"]).unwrap_err();
        let Failure::CommandLine { message, help } = failure(&error.render().to_string()) else { panic!() };
        assert!(message.starts_with("invalid value 'x' for '--older-than <DAYS>'"), "{message}");
        assert!(help.contains("--help"), "{help}");
        let Failure::CommandLine { message, .. } = failure("error: unexpected argument '--api-key=abc'") else {
            panic!()
        };
        assert!(!message.contains("abc"), "{message}");
    }
}
