//! Runs a program to hear its version.

use std::path::Path;
use std::time::Duration;

use exec::{CommandSpec, Env, Exit};

use crate::version::Version;

/// The longest a program may take to tell its version.
const DEADLINE: Duration = Duration::from_secs(10);
/// The longest line that is kept.
const LONGEST: usize = 200;
/// How many lines are looked through for a version.
const MOST_LINES: usize = 10;

/// What came of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The first line it printed that holds a version, otherwise its first line.
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
        Exit::Code(0) => match telling_line(&output.stdout).or_else(|| telling_line(&output.stderr)) {
            Some(line) => Answer::Line(line),
            None => Answer::Silent("it printed nothing".into()),
        },
        // What shells and version managers' stand-ins (pyenv, asdf) answer for a program that is not installed.
        Exit::Code(126 | 127) => Answer::Broken(format!("`{question}` gave {}", output.exit)),
        exit => Answer::Silent(format!("`{question}` gave {exit}")),
    }
}

/// The first line that holds a version, or else the first that is not blank; without control characters. Most programs
/// tell their version in the first line; nvcc does in its fourth, and wrappers print warnings before it.
fn telling_line(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(MOST_LINES).map(plain);
    let first = lines.next()?;
    let telling = std::iter::once(first.clone()).chain(lines).find(|line| Version::in_line(line).is_some());
    Some(telling.unwrap_or(first))
}

fn plain(line: &str) -> String {
    line.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_tells() {
        assert_eq!(telling_line(b"\n  git version 2.39.5\nmore 3.0\n"), Some("git version 2.39.5".into()));
        assert_eq!(telling_line(b"\x1b[1mninja\x1b[0m 1.12\xff"), Some("[1mninja[0m 1.12\u{fffd}".into()));
        assert_eq!(telling_line(b"no version\nhere\n"), Some("no version".into()));
        assert_eq!(telling_line(b" \n\n"), None);
        assert_eq!(telling_line(&[b'x'; 5000]).map(|line| line.len()), Some(LONGEST));
        let nvcc = b"nvcc: NVIDIA (R) Cuda compiler driver\nCopyright (c) 2005-2025 NVIDIA Corporation\nBuilt on \
            Wed_Apr__9_19:24:57_PDT_2025\nCuda compilation tools, release 12.9, V12.9.41\n";
        assert_eq!(telling_line(nvcc), Some("Cuda compilation tools, release 12.9, V12.9.41".into()));
    }
}
