//! Runs a program to hear its version.

use std::path::Path;
use std::time::Duration;

use exec::{CommandSpec, Env, Exit};

/// The longest a program may take to tell its version.
const DEADLINE: Duration = Duration::from_secs(10);
/// The longest line that is kept.
const LONGEST: usize = 200;

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The first line it printed.
    Line(String),
    /// It runs, but does not know the question.
    Silent(String),
    /// It does not run.
    Broken(String),
}

/// Asks `program` with the argument `question`. Only `PATH` and `HOME` are passed on: wrappers need them.
pub(crate) fn ask(program: &Path, question: &str, env: &Env) -> Answer {
    let spec = CommandSpec::new(program, DEADLINE).arg(question).inherit(env, &["PATH", "HOME"]);
    let output = match exec::run(&spec) {
        Ok(output) => output,
        Err(error) => return Answer::Broken(error.to_string()),
    };
    match output.exit {
        Exit::Code(0) => match first_line(&output.stdout).or_else(|| first_line(&output.stderr)) {
            Some(line) => Answer::Line(line),
            None => Answer::Silent("it printed nothing".into()),
        },
        // What shells and version managers' stand-ins (pyenv, asdf) answer for a program that is not installed.
        Exit::Code(126 | 127) => Answer::Broken(format!("`{question}` gave {}", output.exit)),
        exit => Answer::Silent(format!("`{question}` gave {exit}")),
    }
}

/// The first line that is not blank, without control characters.
fn first_line(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(line.chars().filter(|c| !c.is_control()).take(LONGEST).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line() {
        assert_eq!(first_line(b"\n  git version 2.39.5\nmore\n"), Some("git version 2.39.5".into()));
        assert_eq!(first_line(b"\x1b[1mninja\x1b[0m 1.12\xff"), Some("[1mninja[0m 1.12\u{fffd}".into()));
        assert_eq!(first_line(b" \n\n"), None);
        assert_eq!(first_line(&[b'x'; 5000]).map(|line| line.len()), Some(LONGEST));
    }
}
