//! Runs a program to hear its version.

use std::path::Path;
use std::time::Duration;

use exec::{CommandSpec, Env, ExecError, Exit, Limit, ProbeCache, Program};

use super::version::Version;
use crate::error::PreflightError;

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
    /// No program runs here: a limit is reached.
    Limited(Limit),
}

/// What `program` prints for the argument `question`, or printed when it was last asked. Only `PATH` and `HOME` are passed
/// on: wrappers need them. Only a line is remembered: what failed may be repaired without a change to its own file.
pub(crate) fn ask(program: &Program, question: &str, env: &Env, cache: &ProbeCache) -> Answer {
    let spec = CommandSpec::new(&program.path, DEADLINE).arg(question).inherit(env, &["PATH", "HOME"]);
    if let Some(line) = cache.recall_found(program, &spec) {
        return Answer::Line(line);
    }
    let output = match exec::run(&spec) {
        Ok(output) => output,
        Err(ExecError::Limit { limit, .. }) => return Answer::Limited(limit),
        Err(error) => return Answer::Broken(error.to_string()),
    };
    match output.exit {
        Exit::Code(0) => match telling_line(&output.stdout, &output.stderr) {
            Some(line) => {
                cache.keep(&spec, &line);
                Answer::Line(line)
            }
            None => Answer::Silent("it printed nothing".into()),
        },
        // What shells and version managers' stand-ins (pyenv, asdf) answer for a program that is not installed.
        Exit::Code(126 | 127) => Answer::Broken(format!("`{question}` gave {}", output.exit)),
        exit => Answer::Silent(format!("`{question}` gave {exit}")),
    }
}

/// Writes `memo` to the file that [`Memo::load`](crate::Memo::load) reads, if it learned something since.
pub fn save_memo(memo: &ProbeCache, path: &Path) -> Result<(), PreflightError> {
    memo.save_if_changed(path).map_err(|source| PreflightError::MemoNotSaved { path: path.into(), source })
}

/// The first line that holds a version, or else the first that is not blank; of what it printed and, after that, of what it
/// complained of. Most programs tell their version in the first line; nvcc does in its fourth, and wrappers print warnings
/// before it.
fn telling_line(said: &[u8], complained: &[u8]) -> Option<String> {
    let lines: Vec<String> = [said, complained].iter().flat_map(|bytes| lines(bytes)).collect();
    let telling = lines.iter().find(|line| Version::in_line(line).is_some());
    telling.or(lines.first()).cloned()
}

fn lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.lines().map(plain).filter(|line| !line.is_empty()).take(MOST_LINES).collect()
}

/// Without colours and other control sequences.
fn plain(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let begin = parts.next().unwrap_or_default();
    let text: String = parts.fold(begin.to_owned(), |text, part| {
        text + part.trim_start_matches(|c: char| c.is_ascii_digit() || ";?".contains(c)).get(1..).unwrap_or_default()
    });
    text.trim().chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_tells() {
        let told = |said: &[u8]| telling_line(said, b"");
        assert_eq!(told(b"\n  git version 2.39.5\nmore 3.0\n"), Some("git version 2.39.5".into()));
        assert_eq!(told(b"\x1b[1mninja\x1b[0m \x1b[32;2m1.12\x1b[0m\xff"), Some("ninja 1.12\u{fffd}".into()));
        assert_eq!(told(b"no version\nhere\x1b[\n"), Some("no version".into()));
        assert_eq!(told(b" \n\x1b[0m\n\x1b[\xc3\xa4\n"), None);
        assert_eq!(told(&[b'x'; 5000]).map(|line| line.len()), Some(LONGEST));
        let warned = b"WARNING: conda 4.10.3 is out of date\ncmake version 3.22.1\n";
        assert_eq!(told(warned), Some("cmake version 3.22.1".into()));
        let docker = b"Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg.\n";
        assert_eq!(telling_line(docker, b"podman version 4.6.1\n"), Some("podman version 4.6.1".into()));
        assert_eq!(telling_line(b"dev\n", b"warning: since 3.1\n"), Some("dev".into()));
        let nvcc = b"nvcc: NVIDIA (R) Cuda compiler driver\nCopyright (c) 2005-2025 NVIDIA Corporation\nBuilt on \
            Wed_Apr__9_19:24:57_PDT_2025\nCuda compilation tools, release 12.9, V12.9.41\n";
        assert_eq!(told(nvcc), Some("Cuda compilation tools, release 12.9, V12.9.41".into()));
    }
}
