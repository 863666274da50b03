//! What a finished program is asked before it is trusted to be the engine: its version, its devices, its help.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use exec::{CommandSpec, Exit};
use serde::{Deserialize, Serialize};

use crate::engine::command_line::LIBRARY_PATH;
use crate::execute::work::Work;
use crate::plan::{Action, Command, ExecutedAction, literal};
use crate::{FinishedError, Result};

/// A server answers at once; one that loads CUDA libraries from a cold disk takes seconds.
const DEADLINE: Duration = Duration::from_mins(1);

/// The engine reads configuration files of its user, which are no part of what it is.
const NO_CONFIG: &str = "/nonexistent";

/// Lines of a program's output that an error shows.
const SHOWN: usize = 10;

/// In this order.
const QUESTIONS: [&str; 3] = ["--version", "--list-devices", "--help"];

/// What a program answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Answers {
    /// After `version:`.
    pub(crate) version: String,
    /// The whole help text; empty where it printed none.
    pub(crate) help: String,
}

/// The command that asks a program one question. `driver` is the folder of the driver's libraries, where the loader needs
/// to be told of it: the program is asked as it will be started.
fn question(program: &Path, word: &str, driver: Option<&Path>) -> CommandSpec {
    let spec = CommandSpec::new(program, DEADLINE)
        .arg(word)
        .env("PATH", "/usr/bin:/bin")
        .env("XDG_CONFIG_HOME", NO_CONFIG)
        .env("HOME", NO_CONFIG);
    match driver {
        Some(folder) => spec.env(LIBRARY_PATH, folder),
        None => spec,
    }
}

/// What is asked of an engine for this accelerator.
fn questions(cuda: bool) -> impl Iterator<Item = &'static str> {
    QUESTIONS.into_iter().filter(move |word| cuda || *word != "--list-devices")
}

/// The questions as a plan has them; the program's path may hold placeholders.
pub(crate) fn planned(program: &str, cuda: bool, driver: Option<&Path>) -> Vec<Action> {
    let driver = driver.map(|folder| PathBuf::from(literal(&folder.to_string_lossy())));
    questions(cuda).map(|word| Action::Run(command(program, word, driver.as_deref()))).collect()
}

fn command(program: &str, word: &str, driver: Option<&Path>) -> Command {
    let mut command = Command::concrete(&question(Path::new("/"), word, driver));
    if let Some(first) = command.argv.first_mut() {
        program.clone_into(first);
    }
    command
}

/// Asks them all; what ran is added to `actions`. `shown` is what messages call the program.
pub(crate) fn ask(
    shown: &str,
    path: &Path,
    cuda: bool,
    driver: Option<&Path>,
    work: &Work<'_>,
    actions: &mut Vec<ExecutedAction>,
) -> Result<Answers> {
    let mut answers = Answers::default();
    for word in questions(cuda) {
        let began = Instant::now();
        let spec = question(path, word, driver).cancel(work.cancel.clone());
        let fails =
            |what: String, said: String| FinishedError::NoAnswer { program: shown.into(), question: word, what, said };
        let output = exec::run(&spec).map_err(|error| fails("was not run".into(), error.to_string()))?;
        let ran = Action::Run(command(&path.display().to_string(), word, driver));
        let mut action = ExecutedAction::of(ran, began.elapsed().as_secs_f64());
        action.exit = Some(output.exit.to_string());
        actions.push(action);
        work.check()?;
        // Both streams: releases differ in which one they print to.
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let tail = || {
            let lines: Vec<&str> = said.trim().lines().collect();
            let tail = lines.get(lines.len().saturating_sub(SHOWN)..).unwrap_or_default();
            spec.redactor().text(&tail.join("\n")).chars().take(2000).collect::<String>()
        };
        match word {
            // What it prints for its help is good to have and proves nothing.
            "--help" => answers.help = if output.exit == Exit::Code(0) { said } else { String::new() },
            _ if output.exit != Exit::Code(0) => {
                return Err(fails(format!("ended with {}", output.exit), tail()).into());
            }
            "--version" => answers.version = version(&said).ok_or_else(|| fails("prints no version".into(), tail()))?,
            _ if !lists_cuda(&said) => {
                return Err(FinishedError::NoDevice { program: shown.into(), said: tail() }.into());
            }
            _ => {}
        }
    }
    Ok(answers)
}

/// The version that llama-server prints: the rest of its line `version: 6673 (7039193)`.
fn version(said: &str) -> Option<String> {
    let line = said.lines().find_map(|line| line.strip_prefix("version:"))?.trim();
    (!line.is_empty() && line.len() < 200).then(|| line.to_owned())
}

/// The commit in a version such as `6673 (7039193)`, or `0.5.0-dev (build 1, commit de3ff81)` since v0.5.0.
pub(crate) fn commit(version: &str) -> Option<String> {
    let inside = version.rsplit_once('(')?.1.strip_suffix(')')?;
    let inside = inside.rsplit_once("commit ").map_or(inside, |(_, commit)| commit);
    (inside.len() >= 7 && inside.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| inside.to_owned())
}

/// Whether a list of devices names an NVIDIA GPU: a line of its own, not a word in a log line.
fn lists_cuda(said: &str) -> bool {
    let is_device = |line: &str| {
        let rest = line.trim_start().strip_prefix("CUDA")?;
        let (number, name) = rest.split_once(':')?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        Some(line.starts_with(' ') && is_number && !name.is_empty())
    };
    said.lines().any(|line| is_device(line) == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EP-15: what llama.cpp's releases print.
    #[test]
    fn versions_commits_and_devices_are_read() {
        let said = "load_backend: loaded CPU backend from /x\nversion: 6673 (7039193)\nbuilt with cc for x86_64\n";
        assert_eq!(version(said).as_deref(), Some("6673 (7039193)"));
        assert_eq!(commit("6673 (7039193)").as_deref(), Some("7039193"));
        assert_eq!(commit("0.5.0-dev (build 1, commit de3ff81)").as_deref(), Some("de3ff81"));
        assert_eq!((version("usage: x"), version("version: \n"), commit("0.9 (beta)")), (None, None, None));
        assert!(lists_cuda("Available devices:\n  CUDA0: NVIDIA H100 80GB HBM3 (81089 MiB, 80000 MiB free)\n"));
        let without = ["Available devices:\n", "ggml_cuda_init: found 0 CUDA devices:\n", "CUDA0: x\n", "  CUDA: no\n"];
        for said in without.into_iter().chain(["  Vulkan0: x\n"]) {
            assert!(!lists_cuda(said), "{said:?}");
        }
    }
}
